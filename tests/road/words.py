"""Documents that only tests send; those of the main road stand in `ops.road_documents`."""

from ops.road_documents import REFUSAL, mutation

CLAIM = mutation("claimPrescription", "Fill", "id state expiresAt feeListSha256 isProxy buyer { id }")
SHOW_CODE = mutation("showPickupCode", "PickupCode", "code expiresAt")
CANCEL = mutation("cancelFill", "Fill", "id state endReason")
DECLINE = mutation("declineFill", "Fill", "id state endReason")
REVOKE = mutation("revokePrescription", "Prescription", "id state lines { number state closedReason }")
DISPENSE_IN_HOSPITAL = mutation(
    "recordHospitalDispense", "Prescription", "id state lines { number state closedReason }"
)
DISPATCH = mutation("dispatchDelivery", "Fill", "id state courier deliveryAddress")
CONFIRM = mutation("confirmDelivery", "Fill", "id state")
IMPORT = mutation("importAccumulators", "ImportedAccumulators", "lastImportId")

STATEMENT = """statement {
  total eligible deductible deductibleLeft limitLeft pooledFund fundTotal personalTotal
  account familyAccount cash unpaidReasons { code rule basis }
}"""
SETTLE = mutation(
    "settleFill",
    "Settlement",
    f"id number settledAt {STATEMENT} lines {{ number drugCode quantity price total traceCodes }}",
)

PREVIEW = f"""
query Preview($input: PreviewSettlementInput!) {{
  previewSettlement(input: $input) {{
    ... on SettlementPreview {{ digest obstacles {{ code rule basis message actual limit }} {STATEMENT} }}
    {REFUSAL}
  }}
}}"""

OUTCOME = "query Outcome($key: String!) { mutationResult(key: $key) { mutation resultId doneAt } }"
