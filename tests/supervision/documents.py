"""What agencies, pharmacies and patients send about cases."""

from ops.road_documents import mutation

CASE = """id kind state text openedBy answer decision complaint evidence reference
  pharmacy { code } drug { code } fill { id }"""

DECLINE = mutation("declineFill", "Fill", "id state endReason declineReason")
COMPLAIN = mutation("fileComplaint", "Case", CASE)
ANSWER = mutation("answerCase", "Case", CASE)
DECIDE = mutation("decideCase", "Case", CASE)

CASES = f"""
query Cases($filter: CaseFilterInput, $first: Int! = 100, $after: String) {{
  cases(filter: $filter, first: $first, after: $after) {{
    edges {{ node {{ {CASE} }} }} pageInfo {{ hasNextPage endCursor }}
  }}
}}"""

ONE_CASE = f"query One($id: UUID!) {{ case(id: $id) {{ {CASE} }} }}"

BALANCE = """
query Balance($pharmacy: String, $since: Date, $until: Date, $off: Boolean! = false, $after: String) {
  stockBalance(pharmacyCode: $pharmacy, since: $since, until: $until) {
    since until supply expected actual difference ratio limit basis method isMismatch
    drugs(first: 100, after: $after, onlyDifferences: $off) {
      pageInfo { hasNextPage endCursor } edges { node {
      drug { code } price opening purchased returned transferred adjusted sold recordedInsured settled
      closing expected actual difference differenceValue
    } } }
  }
}"""

ALERTS = """
query Alerts($pharmacy: String, $after: String) {
  priceAlerts(pharmacyCode: $pharmacy, first: 100, after: $after) {
    pageInfo { hasNextPage endCursor } edges { node {
    drug { code } kind price ceiling lastDay rule basis
  } } }
}"""
