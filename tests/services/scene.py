"""A house with one prescription and one fill (场景), made ready for whatever is to be done next."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from models import Fill, PrescriberQuery, Settlement
from ops import road_documents as documents
from ops.client import Json
from ops.road import Road
from ops.world import cast
from policy.terms import ClaimState, FillState
from tests.access.payments import a_payment
from tests.house import House
from tests.money.claims import claimed
from tests.services.stage import set_state

CANCEL = "mutation C($input: CancelFillInput!) { cancelFill(input: $input) { ... on Fill { id } } }"
SHOW = """mutation S($input: ShowPickupCodeInput!) {
  showPickupCode(input: $input) { ... on PickupCode { code } }
}"""


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
