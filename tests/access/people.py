"""What of a person each role sees in each state: the one table, and every type of the schema sorted by it.

A row is a field, or with `*` all the plain fields of its type that have no row of their own. Its three
words are the states of a fill: open (REQUESTED to READY), sold (SETTLED and after), unsold (ended without a
sale). Their marks are the callers who find the fill at all:

    P patient, family, watcher      R its pharmacy and pharmacist       H its hospital
    A agency                        S supervisor                        E service

V the value, m masked, s all stars, - null, empty or not there.
"""

from tests.house import one_schema

ROLES = {
    "P": ("patient", "family", "watcher"),
    "R": ("pharmacy", "pharmacist"),
    "H": ("hospital",),
    "A": ("agency",),
    "S": ("supervisor",),
    "E": ("service",),
}
NOT_FOUND = ("stranger", "other pharmacy", "other pharmacist", "other hospital", "other agency")
"""Callers who never find the fill, in whatever state."""

#                                          PRHASE   PRHASE   PRHASE
#                                          open     sold     unsold
TABLE = {
    "fill.*": "VVVVVV VVVVVV VVVVVV",
    "fill.deliveryAddress": "VV---- VV---- V-----",
    "fill.member.*": "VVVVVV VVVVVV VVVVVV",
    "fill.member.name": "VVVmmm VVVmmm VmVmmm",
    "fill.member.idNumberMasked": "mmmmmm mmmmmm msmmmm",
    "fill.buyer.*": "VVVVVV VVVVVV VVVVVV",
    "fill.buyer.name": "VVmmmm VVmmmm Vmmmmm",
    "fill.buyer.idNumberMasked": "mmsmmm mmsmmm mssmmm",
    "fill.lines.*": "VVVVVV VVVVVV VVVVVV",
    "fill.queries.*": "VVVVVV VVVVVV V-VVVV",
    "fill.identityChecks.*": "VV-VVV VV-VVV V--VVV",
    "fill.identityChecks.findings.*": "VV-VVV VV-VVV V--VVV",
    "fill.identityChecks.cards.*": "VV-VVV VV-VVV V--VVV",
    "fill.prescription.*": "VVVVVV VVVVVV V-VVVV",
    "fill.prescription.doctor.*": "VVVVVV VVVVVV V-VVVV",
    "fill.prescription.lines.*": "VVVVVV VVVVVV V-VVVV",
    "fill.prescription.lines.fate.*": "VVVVVV VVVVVV V-VVVV",
    "fill.settlement.*": "------ VVVVVV ------",
    "fill.settlement.lines.*": "------ VVVVVV ------",
    "fill.settlement.explanation.*": "------ VV-VVV ------",
    "fill.settlement.statement.*": "------ VV-VVV ------",
    "fill.settlement.statement.lines.*": "------ VV-VVV ------",
    "fill.settlement.statement.unpaidReasons.*": "------ VV-VVV ------",
}

VOLATILE = {"fill.prescription.secondsLeft"}
"""Fields that differ from one question to the next."""

ONLY_THE_PATIENT = {
    "BenefitBalance": "patients and who may see for them: row `benefitBalance` of the grid",
    "BenefitUse": "as BenefitBalance",
    "FamilyAccount": "as BenefitBalance",
    "DataAccess": "the patient alone: row `whoSawMyData` of the grid",
    "PickupCode": "who shows it: row `showPickupCode` of the grid",
    "SettlementPreview": "row `previewSettlement` of the grid; its statement is that of a settlement",
    "FeeListSignature": "who signed: row `signFeeList` of the grid",
    "Event": "ids and kinds; what hangs on it is found as anywhere else",
    "MutationOutcome": "ids of the caller's own calls: row `mutationResult` of the grid",
    "Precheck": "rules that a hospital's own draft breaks",
    "Case": "who finds it: row `case` of the grid; who reads the complaint: test_who_reads_a_complaint",
    "Device": "the patient's own: row `devices` of the grid and tests/sessions/test_wechat.py",
    "Session": "who showed the device's code or token: tests/sessions/test_wechat.py",
    "LinkCode": "who gives it out in person: row `issueLinkCode` of the grid",
    "FaceEnrolment": "the patient and the area's agency: row `faceEnrolment` of the grid",
    "FamilyGrant": "its two sides: tests/family/test_invitations.py, test_who_sees_a_familys_grants",
    "FamilyInvitation": "as FamilyGrant; names are masked until both have accepted",
    "PayLimits": "as FamilyGrant",
    "Reversal": "row `reverseSettlement` of the grid; sums: test_no_hospital_sees_what_was_given_back",
    "ReversedLine": "as Reversal",
    "Refund": "as Reversal",
    "ReversalEffect": "as Reversal; which settlements: tests/money/test_reversal_late.py",
    "ReversalPreview": "row `previewReversal` of the grid",
    "AccountMovement": "row `accountMovements` of the grid",
    "AccountStatement": "row `accountStatement` of the grid",
    "ClearingItem": "a pharmacy and its agency: row `clearingItems` of the grid",
    "ReconciledLine": "a pharmacy and its agency: row `reconcileDetails` of the grid",
    "DetailsReconciliation": "as ReconciledLine",
    "ReconciledAmounts": "as ReconciledLine",
    "FamilyCode": "who shows it: row `showFamilyCode` of the grid",
    "Payment": "who pays, who is paid, who watches: row `payment` of the grid",
    "PaymentRefund": "as Payment; of a reversal as Refund",
    "PaymentStep": "as Payment",
    "Receipt": "as BenefitStatement, no hospital: tests/payments/test_receipts.py",
    "ReceiptCheck": "whoever holds the code, with a masked name: tests/payments/test_receipts.py",
    "Invoice": "as BenefitStatement, no hospital: tests/payments/test_invoices.py",
}
"""Types that say something of a person and come from fields of their own, each tested where the words say."""

IMPERSONAL = {
    "ClearingClaim",
    "ReconciliationDay",
    "CreditedAccounts",
    "Doctor",
    "Drug",
    "DrugAvailability",
    "Hospital",
    "HospitalYear",
    "ImportedAccumulators",
    "ManualVerifications",
    "NearbyHospital",
    "NearbyPharmacy",
    "Offer",
    "OpeningSpan",
    "PageInfo",
    "Pharmacy",
    "Position",
    "PriceAlert",
    "ReconciledTotals",
    "Refusal",
    "SplitProposal",
    "SplitPart",
    "StockBalance",
    "StockBatch",
    "StockChange",
    "StockFlow",
    "StockItem",
    "StockUpload",
    "Substitute",
    "TotalsReconciliation",
    "Violation",
}
"""Types about things and institutions; a doctor's name and telephone stand on every prescription (FJ-5.4)."""

SCHEMA = one_schema()._schema
