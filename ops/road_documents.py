"""The documents that the demo sends: what the three kinds of clients would send."""

REFUSAL = "... on Refusal { violations { code rule basis message lineId limit actual } }"


def mutation(field: str, kind: str, wanted: str) -> str:
    """A mutation that asks these things of what it gives, and every reason against it (变更文档)."""
    name = f"{field[0].upper()}{field[1:]}"
    answer = f"... on {kind} {{ {wanted} }} {REFUSAL}"
    return f"mutation {name}($input: {name}Input!) {{ {field}(input: $input) {{ {answer} }} }}"


EVENT = "id cursor sequence kind occurredAt prescriptionId fillId"

UPLOAD = f"""
mutation Upload($input: UploadPrescriptionInput!) {{
  uploadPrescription(input: $input) {{
    ... on Prescription {{
      id rxNo state expiresAt diseaseName
      lines {{ id number quantity drug {{ genericName }} }}
    }}
    {REFUSAL}
  }}
}}"""

PATIENT_EVENTS = f"""
subscription PatientEvents($after: String) {{
  patientEvents(after: $after) {{ {EVENT} }}
}}"""

PHARMACY_EVENTS = f"""
subscription PharmacyEvents($after: String) {{
  pharmacyEvents(after: $after) {{
    {EVENT}
    identityCheck {{ id verdict distance reason advice engine bandsVersion }}
  }}
}}"""

HOSPITAL_EVENTS = f"""
subscription HospitalEvents($after: String) {{
  hospitalEvents(after: $after) {{ {EVENT} query {{ id question }} }}
}}"""

NEARBY = """
query Nearby($location: LocationInput!, $prescription: UUID!, $order: PharmacyOrder!) {
  nearbyPharmacies(
    location: $location, prescriptionId: $prescription, radius: 5000, order: $order, first: 5
  ) {
    edges { node {
      distance isOpen pharmacistOnDuty fillsAll total
      estimate { fundTotal personalTotal account cash restsOnUnverified }
      pharmacy { code name }
      offers { drugCode suffices price movedAt }
    } }
  }
}"""

REQUEST_FILL = f"""
mutation RequestFill($input: RequestFillInput!) {{
  requestFill(input: $input) {{ ... on Fill {{ id state expiresAt feeListSha256 }} {REFUSAL} }}
}}"""

QUERY_PRESCRIBER = f"""
mutation QueryPrescriber($input: QueryPrescriberInput!) {{
  queryPrescriber(input: $input) {{ ... on PrescriberQuery {{ id question }} {REFUSAL} }}
}}"""

ANSWER_QUERY = f"""
mutation AnswerQuery($input: AnswerQueryInput!) {{
  answerQuery(input: $input) {{ ... on PrescriberQuery {{ id answer upholds }} {REFUSAL} }}
}}"""

REVIEW = f"""
mutation Review($input: ReviewFillInput!) {{
  reviewFill(input: $input) {{ ... on Fill {{ id state advice }} {REFUSAL} }}
}}"""

MARK_READY = f"""
mutation MarkReady($input: MarkReadyInput!) {{
  markReady(input: $input) {{ ... on Fill {{ id state }} {REFUSAL} }}
}}"""

FILL_LINES = (
    "query FillLines($id: UUID!) { fill(id: $id) { lines { id quantity drug { code genericName } } } }"
)

CHECK_FACE = f"""
mutation CheckFace($input: SubmitIdentityCheckInput!) {{
  submitIdentityCheck(input: $input) {{ ... on IdentityCheck {{ id verdict }} {REFUSAL} }}
}}"""

VERIFY_MANUALLY = f"""
mutation VerifyManually($input: VerifyManuallyInput!) {{
  verifyManually(input: $input) {{ ... on IdentityCheck {{ id method verdict }} {REFUSAL} }}
}}"""

SIGN = f"""
mutation Sign($input: SignFeeListInput!) {{
  signFeeList(input: $input) {{ ... on FeeListSignature {{ id signedAt }} {REFUSAL} }}
}}"""

STATEMENT = """
total fullSelfPay overLimitSelfPay advanceSelfPay eligible deductible ratio pooledFund fundTotal personalTotal
account familyAccount cash limitLeft restsOnUnverified
explanation { number text amount rule basis verified }"""

PREVIEW = f"""
query Preview($input: PreviewSettlementInput!) {{
  previewSettlement(input: $input) {{
    ... on SettlementPreview {{
      digest
      obstacles {{ code rule message }}
      statement {{ {STATEMENT} }}
    }}
    {REFUSAL}
  }}
}}"""

SETTLE = f"""
mutation Settle($input: SettleFillInput!) {{
  settleFill(input: $input) {{
    ... on Settlement {{ id number settledAt statement {{ {STATEMENT} }} }}
    {REFUSAL}
  }}
}}"""

HAND_OVER = f"""
mutation HandOver($input: HandOverInput!) {{
  handOver(input: $input) {{ ... on Fill {{ id state }} {REFUSAL} }}
}}"""

FATE = """
query Fate($id: UUID!) {
  prescription(id: $id) {
    state
    lines { number state drug { genericName } fate { pharmacyName state isReviewed isDispensed isSettled } }
  }
}"""

BALANCE = """
query Balance {
  benefitBalance {
    accountBalance
    uses { bucket deductibleUsed fundUsed deductibleLeft limitLeft }
  }
}
"""
