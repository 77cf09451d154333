"""Every mutation once (全部变更): who sends it, what it gives, and what must be there before."""

from ops import road_documents as documents
from ops.client import Client, Json
from ops.world import cast
from policy.terms import FillState
from tests.cards import card_numbers
from tests.services import preparing
from tests.services.preparing import Prepare, at, batch, some_case, values
from tests.services.scene import Scene
from tests.services.stage import png

SHIFT = {
    "pharmacistCode": cast.FUJIAN_PHARMACIST,
    "startsAt": "2026-04-20T01:00:00Z",
    "endsAt": "2026-04-20T09:00:00Z",
}
PURCHASE = {
    "drugCode": cast.AMLODIPINE,
    "quantity": "7",
    "batchNumber": "B1",
    "madeOn": "2026-01-01",
    "expiresOn": "2028-12-31",
    "approvalNumber": "国药准字H99990001",
    "supplier": "示例医药配送甲公司",
    "unitCost": "9.87",
}
CREDIT = {"reference": "credit-1", "psnNo": cast.FUJIAN_PATIENT, "amount": "12.00"}
ENTRY = {"drugCode": cast.AMLODIPINE, "kind": "PURCHASE", "quantity": "7"}
HOURS = [{"weekday": day, "opens": 0, "closes": 1440} for day in range(7)]
ACCUMULATOR = {
    "reference": "elsewhere-1",
    "psnNo": cast.FUJIAN_PATIENT,
    "year": 2026,
    "benefit": "OUTPATIENT",
    "deductibleUsed": "10.00",
    "fundUsed": "20.00",
}

TABLE: dict[str, tuple[str, str, Prepare]] = {
    "uploadPrescription": ("hospital", "Prescription { id }", preparing.new_prescription),
    "revokePrescription": ("hospital", "Prescription { id }", preparing.for_revocation),
    "recordHospitalDispense": ("hospital", "Prescription { id }", preparing.for_hospital),
    "answerQuery": ("hospital", "PrescriberQuery { id }", Scene.query),
    "requestFill": ("patient", "Fill { id }", preparing.for_request),
    "cancelFill": ("patient", "Fill { id }", at(FillState.REQUESTED)),
    "signFeeList": ("patient", "FeeListSignature { id }", preparing.for_signature),
    "confirmDelivery": ("patient", "Fill { id }", at(FillState.DELIVERING)),
    "claimPrescription": ("pharmacy", "Fill { id }", Scene.code),
    "declineFill": ("pharmacy", "Fill { id }", at(FillState.REQUESTED, reason="缺货")),
    "markReady": ("pharmacy", "Fill { id }", at(FillState.APPROVED)),
    "verifyManually": (
        "pharmacy",
        "IdentityCheck { id }",
        at(FillState.READY, documents=["身份证", "护照"], reason="弱光"),
    ),
    "submitIdentityCheck": ("pharmacy", "IdentityCheck { id }", at(FillState.READY)),
    "enrolFace": ("patient", "FaceEnrolment { id }", values(consentVersion="2026-01")),
    "withdrawFace": ("patient", "FaceEnrolment { id }", preparing.enrolled),
    "startPayment": ("patient", "Payment { id }", Scene.cash),
    "cancelPayment": ("patient", "Payment { id }", Scene.payment),
    "recordInvoice": ("pharmacy", "Invoice { id }", Scene.invoice),
    "settleFill": ("pharmacy", "Settlement { id }", Scene.ready),
    "reverseSettlement": ("pharmacy", "Reversal { id }", Scene.settled),
    "handOver": ("pharmacy", "Fill { id }", at(FillState.SETTLED)),
    "dispatchDelivery": ("pharmacy", "Fill { id }", at(FillState.SETTLED, courier="示例快递 1")),
    "recordPurchases": ("pharmacy", "Pharmacy { code }", values(lines=[PURCHASE])),
    "recordPurchaseReturns": (
        "pharmacy",
        "Pharmacy { code }",
        batch(supplier="示例医药配送甲公司", invoiceNumber="FP-1"),
    ),
    "recordAdjustments": ("pharmacy", "Pharmacy { code }", batch(memo="报溢")),
    "recordTransfers": ("pharmacy", "Pharmacy { code }", batch(counterparty="示例二店")),
    "recordStockTake": ("pharmacy", "Pharmacy { code }", batch(quantity="200")),
    "uploadStock": ("pharmacy", "StockUpload { pharmacy { code } }", values(kind="STOCK_TAKE")),
    "recallBatch": ("pharmacy", "Drug { code }", preparing.recall),
    "heartbeat": ("pharmacy", "Pharmacy { code }", values()),
    "recordStock": ("pharmacy", "Pharmacy { code }", values(entries=[ENTRY])),
    "setPrices": (
        "pharmacy",
        "Pharmacy { code }",
        values(prices=[{"drugCode": cast.ORLISTAT, "price": "10.00"}]),
    ),
    "setOpeningHours": ("pharmacy", "Pharmacy { code }", values(spans=HOURS)),
    "reviewFill": (
        "pharmacist",
        "Fill { id }",
        at(FillState.REQUESTED, decision="APPROVE", advice="饭后服"),
    ),
    "queryPrescriber": ("pharmacist", "PrescriberQuery { id }", at(FillState.REQUESTED, question="剂量?")),
    "creditAccounts": ("agency", "CreditedAccounts { lastEntryId }", values(entries=[CREDIT])),
    "submitClearingClaim": ("pharmacy", "ClearingClaim { id }", Scene.month),
    "reviewClearingClaim": ("agency", "ClearingClaim { id }", Scene.claim),
    "payClearingClaim": ("agency", "ClearingClaim { id }", Scene.reviewed_claim),
    "fileComplaint": (
        "patient",
        "Case { id }",
        values(kind="SERVICE", text="态度恶劣", pharmacyCode=cast.FUJIAN_PHARMACY),
    ),
    "answerCase": ("pharmacy", "Case { id }", some_case(text="已更正")),
    "decideCase": ("agency", "Case { id }", some_case(outcome="PROVEN", reason="现场核查")),
    "importAccumulators": ("agency", "ImportedAccumulators { lastImportId }", values(entries=[ACCUMULATOR])),
    "inviteFamily": ("patient", "FamilyInvitation { id }", preparing.for_invitation),
    "acceptFamily": ("patient", "FamilyInvitation { id }", preparing.for_acceptance),
    "declineFamily": ("patient", "FamilyInvitation { id }", preparing.for_declining),
    "revokeFamily": ("patient", "FamilyGrant { id }", preparing.for_revoking),
    "submitFamilyCode": ("pharmacy", "IdentityCheck { id }", preparing.for_family_code),
    "issueLinkCode": ("agency", "LinkCode { id }", values(psnNo=cast.FUJIAN_PATIENT)),
    "signOutDevice": ("patient", "Device { id }", preparing.for_signing_out),
    # last: afterwards nobody is on duty here
    "setDutyRoster": ("pharmacy", "Pharmacy { code }", values(shifts=[SHIFT])),
}


async def call(client: Client, mutation: str, wanted: str, given: Json) -> Json:
    """Run a mutation; gives its result."""
    kind = f"{mutation[0].upper()}{mutation[1:]}Input!"
    result = f"{{ ... on {wanted} {documents.REFUSAL} }}"
    query = f"mutation M($input: {kind}) {{ {mutation}(input: $input) {result} }}"
    if mutation == "submitIdentityCheck":
        pictures = {"live": png(400, 300), "card": png(401, 300)}
        return await client.upload(query, pictures, **(await card_numbers(given["fillId"]) | given))
    if mutation == "uploadStock":
        counted = f"医保编码,数量,批号\n{cast.AMLODIPINE},200,ENOUGH\n"
        return await client.upload(query, {"file": counted.encode("gbk")}, **given)
    if mutation == "enrolFace":
        return await client.upload(query, {"picture": png(400, 300)}, **given)
    return await client.do(query, **given)
