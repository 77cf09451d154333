"""Documents that only tests send; those of the main road stand in `ops.road_documents`."""

from ops.road_documents import REFUSAL

CLAIM = f"""
mutation Claim($input: ClaimPrescriptionInput!) {{
  claimPrescription(input: $input) {{
    ... on Fill {{ id state expiresAt feeListSha256 isProxy buyer {{ id }} }} {REFUSAL}
  }}
}}"""

SHOW_CODE = f"""
mutation Show($input: ShowPickupCodeInput!) {{
  showPickupCode(input: $input) {{ ... on PickupCode {{ code expiresAt }} {REFUSAL} }}
}}"""

CANCEL = f"""
mutation Cancel($input: CancelFillInput!) {{
  cancelFill(input: $input) {{ ... on Fill {{ id state endReason }} {REFUSAL} }}
}}"""

DECLINE = f"""
mutation Decline($input: DeclineFillInput!) {{
  declineFill(input: $input) {{ ... on Fill {{ id state endReason }} {REFUSAL} }}
}}"""

REVOKE = f"""
mutation Revoke($input: RevokePrescriptionInput!) {{
  revokePrescription(input: $input) {{
    ... on Prescription {{ id state lines {{ number state closedReason }} }} {REFUSAL}
  }}
}}"""

DISPENSE_IN_HOSPITAL = f"""
mutation InHospital($input: RecordHospitalDispenseInput!) {{
  recordHospitalDispense(input: $input) {{
    ... on Prescription {{ id state lines {{ number state closedReason }} }} {REFUSAL}
  }}
}}"""

DISPATCH = f"""
mutation Dispatch($input: DispatchDeliveryInput!) {{
  dispatchDelivery(input: $input) {{ ... on Fill {{ id state courier deliveryAddress }} {REFUSAL} }}
}}"""

CONFIRM = f"""
mutation Confirm($input: ConfirmDeliveryInput!) {{
  confirmDelivery(input: $input) {{ ... on Fill {{ id state }} {REFUSAL} }}
}}"""

IMPORT = f"""
mutation Import($input: ImportAccumulatorsInput!) {{
  importAccumulators(input: $input) {{ ... on ImportedAccumulators {{ lastImportId }} {REFUSAL} }}
}}"""

SETTLE = f"""
mutation Settle($input: SettleFillInput!) {{
  settleFill(input: $input) {{
    ... on Settlement {{
      id number settledAt
      statement {{
        total eligible deductible deductibleLeft limitLeft pooledFund fundTotal personalTotal
        account familyAccount cash unpaidReasons {{ code rule basis }}
      }}
      lines {{ number drugCode quantity price total traceCodes }}
    }}
    {REFUSAL}
  }}
}}"""

PREVIEW = f"""
query Preview($input: PreviewSettlementInput!) {{
  previewSettlement(input: $input) {{
    ... on SettlementPreview {{
      digest
      obstacles {{ code rule basis message actual limit }}
      statement {{
        total eligible deductible deductibleLeft limitLeft pooledFund fundTotal personalTotal
        account familyAccount cash unpaidReasons {{ code rule basis }}
      }}
    }}
    {REFUSAL}
  }}
}}"""

OUTCOME = "query Outcome($key: String!) { mutationResult(key: $key) { mutation resultId doneAt } }"
