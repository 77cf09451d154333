"""Every mutation: the same key twice gives the same result and has one effect."""

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import (
    AccumulatorImport,
    AuditEntry,
    Case,
    ClearingClaim,
    ClearingItem,
    Device,
    Event,
    FaceEnrolment,
    FamilyGrant,
    FamilyInvitation,
    FeeListSignature,
    Fill,
    IdempotencyRecord,
    IdentityCheck,
    Job,
    JournalEntry,
    OpeningHours,
    PrescriberQuery,
    Prescription,
    Reversal,
    Settlement,
    StockBatch,
    StockMovement,
)
from ops import road_documents as documents
from ops.client import Client, Json
from ops.road import Road
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CaseKind, ClaimState, FillState, Role
from services.movements import record_movements
from tests.access.payments import a_payment
from tests.cards import card_numbers
from tests.family.people import Relative, give
from tests.house import House, one_schema
from tests.money.claims import claimed
from tests.services.stage import error_of, png, set_state, walkers
from tests.stock.counter import COUNTER, purchase

Prepare = Callable[["Scene"], Awaitable[Json]]


class Scene:
    """A house with one prescription and one fill for the mutation at hand (场景)."""

    def __init__(self, house: House, way: Road, prescription: Json, fill: Json) -> None:
        self.house, self.way, self.prescription, self.fill = house, way, prescription, fill

    async def fill_in(self, state: FillState, **more: Any) -> Json:
        """The fill's id, with the fill in this state."""
        await set_state(self.fill["id"], state)
        await Fill.filter(id=UUID(self.fill["id"])).update(delivery_address="示例路 1 号")
        return {"fillId": self.fill["id"], **more}

    async def cancelled(self) -> Json:
        """The prescription, with its lines open again."""
        await self.way.patient.do(CANCEL, fillId=self.fill["id"])
        return {"prescriptionId": self.prescription["id"]}

    async def query(self) -> Json:
        """A query to answer."""
        await set_state(self.fill["id"], FillState.QUERIED)
        row = await PrescriberQuery.create(
            fill_id=UUID(self.fill["id"]), question="?", asked_at=self.house.now()
        )
        return {"queryId": str(row.id), "answer": "剂量无误", "upholds": True}

    async def ready(self) -> Json:
        """A fill that may be settled."""
        await self.way.approve(self.fill["id"])
        await self.way.make_ready(self.fill["id"])
        await self.way.sign(self.fill)
        await self.way.verify_manually(self.fill["id"])
        return {"fillId": self.fill["id"], "tender": {"credential": "ELECTRONIC"}}

    async def settled(self) -> Json:
        """A settlement to take back."""
        fill = await self.ready()
        data = await self.way.pharmacy.do(documents.SETTLE, **fill)
        return {"settlementId": data["id"], "goods": "RETURNED", "reason": "患者退药"}

    async def cash(self) -> Json:
        """A fill whose own share is to be paid online."""
        return await self.ready() | {"tender": {"credential": "ELECTRONIC", "useAccount": False}}

    async def payment(self) -> Json:
        """A payment to cancel."""
        return {"paymentId": await a_payment(self.house, self.fill["id"])}

    async def invoice(self) -> Json:
        """An invoice to record."""
        key = (await self.settled())["settlementId"]
        row = await Settlement.get(id=key)
        issued = {"issuedAt": self.house.now().isoformat(), "amount": str(row.total)}
        return {"settlementId": key, "number": f"{uuid4().int % 10**20:020d}", **issued}

    async def month(self) -> Json:
        """A month that is over, of a settlement with a time in it."""
        settlement = await self.settled()
        row = await Settlement.get(id=settlement["settlementId"])
        past = {name: getattr(row, name) for name in Settlement._meta.db_fields}
        past |= {"id": uuid4(), "number": uuid4().hex[:30], "settled_at": row.settled_at - timedelta(days=60)}
        other = await self.way.request((await self.way.upload())["id"])
        await Settlement.create(**past | {"fill_id": UUID(other["id"])})
        return {"month": "2026-01-01", "area": cast.FUJIAN_AREA}

    async def claim(self) -> Json:
        """A claim to review."""
        row = await claimed(cast.FUJIAN_PHARMACY, cast.FUJIAN_AREA, self.house.now())
        return {"claimId": str(row.id), "note": "已核"}

    async def reviewed_claim(self) -> Json:
        """A claim to pay."""
        now = self.house.now()
        row = await claimed(cast.FUJIAN_PHARMACY, cast.FUJIAN_AREA, now, ClaimState.REVIEWED)
        return {"claimId": str(row.id), "paymentReference": "ZF-1"}

    async def code(self) -> Json:
        """A shown pick-up code."""
        await self.cancelled()
        given = {"input": {"prescriptionId": self.prescription["id"]}}
        data = await self.way.patient.execute(SHOW, given)
        return {"code": data["showPickupCode"]["code"]}


CANCEL = "mutation C($input: CancelFillInput!) { cancelFill(input: $input) { ... on Fill { id } } }"
SHOW = """mutation S($input: ShowPickupCodeInput!) {
  showPickupCode(input: $input) { ... on PickupCode { code } }
}"""


def values(**given: Any) -> Prepare:
    """Values that need no preparation."""

    async def prepare(scene: Scene) -> Json:
        return given

    return prepare


def at(state: FillState, **given: Any) -> Prepare:
    """The fill in a state, with these values."""
    return lambda scene: scene.fill_in(state, **given)


async def new_prescription(scene: Scene) -> Json:
    """A prescription to upload."""
    return {"prescription": scene.way.prescription()}


async def for_revocation(scene: Scene) -> Json:
    """The prescription to revoke."""
    return {"prescriptionId": scene.prescription["id"], "reason": "改方"}


async def for_request(scene: Scene) -> Json:
    """The prescription, free to be filled."""
    return await scene.cancelled() | {"pharmacyCode": cast.FUJIAN_PHARMACY}


async def for_hospital(scene: Scene) -> Json:
    """The lines, free to be bought at the hospital."""
    return await scene.cancelled() | {"lineIds": [scene.prescription["lines"][0]["id"]]}


async def for_signature(scene: Scene) -> Json:
    """The fee list."""
    return {"fillId": scene.fill["id"], "feeListSha256": scene.fill["feeListSha256"], "signature": "x"}


async def for_invitation(scene: Scene) -> Json:
    """An invitation by a code."""
    return {"ownIdTail": await patient(scene).tail(), "relation": "CHILD", "scopes": ["SEE"]}


async def for_acceptance(scene: Scene) -> Json:
    """An invitation whose code somebody else gave out."""
    code = (await daughter(scene).invite("SEE"))["code"]
    return {"ownIdTail": await patient(scene).tail(), "code": code}


async def for_declining(scene: Scene) -> Json:
    """An invitation to take back."""
    return {"invitationId": (await patient(scene).invite("SEE"))["id"]}


async def for_revoking(scene: Scene) -> Json:
    """A grant to take back."""
    stranger = Relative(scene.house, cast.FUJIAN_RESIDENT)
    return {"grantId": (await give(patient(scene), stranger, "SEE"))["id"]}


async def for_family_code(scene: Scene) -> Json:
    """A shown family code, and the fill it is for."""
    await Fill.filter(id=UUID(scene.fill["id"])).update(buyer_id=daughter(scene).id)
    return {"fillId": scene.fill["id"], "code": await daughter(scene).show(patient(scene))}


async def for_signing_out(scene: Scene) -> Json:
    """A device of the patient's."""
    device = await Device.create(
        openid_hash=uuid4().hex,
        member_id=patient(scene).id,
        name="手机",
        signed_in_at=scene.house.now(),
        refreshed_at=scene.house.now(),
        expires_at=scene.house.now() + timedelta(days=1),
    )
    return {"deviceId": str(device.id)}


def patient(scene: Scene) -> Relative:
    """The patient of the scene."""
    return Relative(scene.house, cast.FUJIAN_PATIENT)


def daughter(scene: Scene) -> Relative:
    """Who may buy for the patient."""
    return Relative(scene.house, cast.FUJIAN_PATIENT_FAMILY)


SHIFT = {
    "pharmacistCode": cast.FUJIAN_PHARMACIST,
    "startsAt": "2026-04-20T01:00:00Z",
    "endsAt": "2026-04-20T09:00:00Z",
}


def batch(drug: str = cast.AMLODIPINE, **more: Any) -> Prepare:
    """One line about a batch that the pharmacy has."""

    async def prepare(scene: Scene) -> Json:
        known = await StockBatch.filter(
            item__pharmacy_id=cast.FUJIAN_PHARMACY, item__drug_id=drug, on_hand__gt=1
        ).first()
        assert known is not None
        return {"lines": [{"drugCode": drug, "quantity": "1", "batchNumber": known.batch_number, **more}]}

    return prepare


async def recall(scene: Scene) -> Json:
    """A batch to take off sale."""
    (line,) = (await batch(cast.ORLISTAT)(scene))["lines"]
    return {"drugCode": line["drugCode"], "batchNumber": line["batchNumber"], "reason": "抽检不合格"}


def some_case(**given: Any) -> Prepare:
    """A case against the pharmacy, still open."""

    async def prepare(scene: Scene) -> Json:
        row = await Case.create(
            key=str(uuid4()),
            kind=CaseKind.OTHER_COMPLAINT,
            pharmacy_id=cast.FUJIAN_PHARMACY,
            opened_at=scene.house.now(),
            opened_by="参保人投诉",
        )
        return {"caseId": str(row.id), **given}

    return prepare


async def enrolled(scene: Scene) -> Json:
    """A face to withdraw."""
    await FaceEnrolment.create(
        member_id=member_id(cast.FUJIAN_PATIENT), image_key="", consented_at=scene.house.now()
    )
    return {}


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
    "uploadPrescription": ("hospital", "Prescription { id }", new_prescription),
    "revokePrescription": ("hospital", "Prescription { id }", for_revocation),
    "recordHospitalDispense": ("hospital", "Prescription { id }", for_hospital),
    "answerQuery": ("hospital", "PrescriberQuery { id }", Scene.query),
    "requestFill": ("patient", "Fill { id }", for_request),
    "cancelFill": ("patient", "Fill { id }", at(FillState.REQUESTED)),
    "signFeeList": ("patient", "FeeListSignature { id }", for_signature),
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
    "withdrawFace": ("patient", "FaceEnrolment { id }", enrolled),
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
    "recallBatch": ("pharmacy", "Drug { code }", recall),
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
    "inviteFamily": ("patient", "FamilyInvitation { id }", for_invitation),
    "acceptFamily": ("patient", "FamilyInvitation { id }", for_acceptance),
    "declineFamily": ("patient", "FamilyInvitation { id }", for_declining),
    "revokeFamily": ("patient", "FamilyGrant { id }", for_revoking),
    "submitFamilyCode": ("pharmacy", "IdentityCheck { id }", for_family_code),
    "issueLinkCode": ("agency", "LinkCode { id }", values(psnNo=cast.FUJIAN_PATIENT)),
    "signOutDevice": ("patient", "Device { id }", for_signing_out),
    # last: afterwards nobody is on duty here
    "setDutyRoster": ("pharmacy", "Pharmacy { code }", values(shifts=[SHIFT])),
}

COUNTED = (
    AccumulatorImport,
    ClearingClaim,
    ClearingItem,
    Case,
    Event,
    FamilyGrant,
    FamilyInvitation,
    FeeListSignature,
    Fill,
    IdempotencyRecord,
    IdentityCheck,
    Job,
    JournalEntry,
    OpeningHours,
    PrescriberQuery,
    Prescription,
    Reversal,
    Settlement,
    StockMovement,
    AuditEntry,
)


async def footprint() -> dict[str, int]:
    """How many rows of each kind there are."""
    return {table.__name__: await table.all().count() for table in COUNTED}


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


@pytest.fixture(scope="module", autouse=True)
async def enough(house: House) -> None:
    """Boxes for an order per mutation."""
    lines = [
        purchase(500, "ENOUGH", date(2028, 12, 31), drug_code=line.drug_code) for line in cast.FUJIAN_LINES
    ]
    await record_movements(house.call(COUNTER), entries=lines)


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


def test_the_table_knows_every_mutation() -> None:
    mutations = one_schema()._schema.mutation_type
    assert mutations is not None

    keyless = {"showPickupCode", "showFamilyCode", "signInWithWechat", "linkMember"}
    keyless |= {"refreshSession", "signOut"}
    assert set(TABLE) | keyless == set(mutations.fields), "a new mutation needs a row here"


@pytest.mark.parametrize("mutation", TABLE)
async def test_a_mutation_sent_twice_is_done_once(house: House, way: Road, mutation: str) -> None:
    who, wanted, prepare = TABLE[mutation]
    client = house.client(Role.AGENCY, cast.FUJIAN_AREA) if who == "agency" else getattr(way, who)
    prescription = await way.upload()
    fill = await way.request(prescription["id"])
    given = await prepare(Scene(house, way, prescription, fill)) | {"idempotencyKey": str(uuid4())}

    first = await call(client, mutation, wanted, given)
    after_first = await footprint()
    second = await call(client, mutation, wanted, given)
    after_second = await footprint()

    (key,) = first.values()
    if isinstance(key, dict):
        (key,) = key.values()
    assert first == second
    assert after_first == after_second
    data = await client.execute(
        "query R($key: String!) { mutationResult(key: $key) { resultId } }",
        {"key": given["idempotencyKey"]},
    )
    assert data["mutationResult"]["resultId"] == key


async def test_another_request_under_the_key_is_refused(way: Road) -> None:
    key = str(uuid4())
    given = {"idempotencyKey": key, "entries": [ENTRY]}
    await call(way.pharmacy, "recordStock", "Pharmacy { code }", given)
    other = {"idempotencyKey": key, "entries": [ENTRY | {"quantity": "8"}]}
    query = "mutation R($input: RecordStockInput!) { recordStock(input: $input) { __typename } }"

    error = await error_of(way.pharmacy, query, {"input": other})

    assert error["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert key in error["message"]
    assert "请换新键" in error["message"]


async def test_a_refused_request_may_be_sent_again_with_its_key(house: House, way: Road) -> None:
    prescription = await way.upload()
    given = {
        "idempotencyKey": str(uuid4()),
        "prescriptionId": prescription["id"],
        "pharmacyCode": cast.FUJIAN_PHARMACY_NO_PHARMACIST,
    }
    refused = AuditEntry.filter(verb="requestFill", outcome="PHARMACIST_NOT_ON_DUTY")
    refused_before = await refused.count()
    query = """mutation R($input: RequestFillInput!) { requestFill(input: $input) { __typename
      ... on Refusal { violations { code } } } }"""

    before = (await way.patient.execute(query, {"input": given}))["requestFill"]
    house.later(hours=5)  # the pharmacist comes at 14:00
    after = (await way.patient.execute(query, {"input": given}))["requestFill"]

    assert [one["code"] for one in before["violations"]] == ["PHARMACIST_NOT_ON_DUTY"]
    assert after["__typename"] == "Fill"
    assert await refused.count() == refused_before + 1


async def test_two_callers_may_use_the_same_key(house: House, way: Road) -> None:
    key = str(uuid4())
    other = house.client(Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER)
    given = {"idempotencyKey": key, "entries": [ENTRY]}

    mine = await call(way.pharmacy, "recordStock", "Pharmacy { code }", given)
    theirs = await call(other, "recordStock", "Pharmacy { code }", given)

    assert (mine["code"], theirs["code"]) == (cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACY_OTHER)


async def test_somebody_elses_key_tells_nothing(house: House, way: Road) -> None:
    given = {"idempotencyKey": str(uuid4()), "entries": [ENTRY]}
    await call(way.pharmacy, "recordStock", "Pharmacy { code }", given)
    other = house.client(Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER)

    data = await other.execute(
        "query R($key: String!) { mutationResult(key: $key) { resultId } }",
        {"key": given["idempotencyKey"]},
    )

    assert data["mutationResult"] is None
