"""Walking the road step by step, as whoever it takes: what the tests here share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from typing import Any
from uuid import UUID, uuid4

from PIL import Image

from models import Fill, Prescription, PrescriptionLine, StockItem
from ops import road_documents as documents
from ops.client import Client, Json, result_of
from ops.road import Region, prescription_input, trace_codes
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import LineState, Role, Verdict
from services.actor import Actor, Call
from services.card_reading import Read, record_card_reading, unread_cards
from services.identity import Found, decide_identity_check
from tests.cards import card_numbers
from tests.house import House
from tests.road import words

ELECTRONIC = {"credential": "ELECTRONIC"}
DAY_AND_NIGHT = (cast.FUJIAN_PHARMACY_NIGHT, cast.SHANXI_PHARMACY_NIGHT)
ADVICE = "每日一次,饭后服用。"
SERVICE = Actor(role=Role.SERVICE, subject="test")


@dataclass(frozen=True)
class Walk:
    """The road in a region of a running house (主路), each step over HTTP."""

    house: House
    region: Region

    @property
    def patient(self) -> Client:
        """The region's patient."""
        return self.house.client(Role.PATIENT, self.region.patient)

    @property
    def hospital(self) -> Client:
        """The region's hospital."""
        return self.house.client(Role.HOSPITAL, self.region.hospital)

    def person(self, psn_no: str) -> Client:
        """Another insured person."""
        return self.house.client(Role.PATIENT, psn_no)

    def counter(self, pharmacy: str | None = None) -> Client:
        """The counter of a pharmacy; the region's unless another is named."""
        return self.house.client(Role.PHARMACY, pharmacy or self.region.pharmacy)

    def pharmacist(self, pharmacy: str | None = None) -> Client:
        """The pharmacist of a pharmacy's morning: the second of those open day and night."""
        code = pharmacy or self.region.pharmacy
        return self.house.client(Role.PHARMACIST, f"HY{code[1:]}{2 if code in DAY_AND_NIGHT else 1}")

    def draft(self, **changes: Any) -> Json:
        """A prescription of the region as its hospital sends it."""
        return prescription_input(self.region, self.house.now()) | changes

    async def upload(self, **changes: Any) -> Json:
        """A prescription, uploaded."""
        return await self.hospital.do(documents.UPLOAD, prescription=self.draft(**changes))

    async def request(
        self, prescription: Json, pharmacy: str | None = None, by: Client | None = None, **more: Any
    ) -> Json:
        """Lines of a prescription, asked for at a pharmacy."""
        return await (by or self.patient).do(
            documents.REQUEST_FILL,
            prescriptionId=prescription["id"],
            pharmacyCode=pharmacy or self.region.pharmacy,
            **more,
        )

    async def show_code(self, prescription: Json, by: Client | None = None) -> str:
        """The pick-up code on somebody's phone."""
        given = {"input": {"prescriptionId": prescription["id"]}}
        shown = result_of(await (by or self.patient).execute(words.SHOW_CODE, given))
        return str(shown["code"])

    async def approve(self, fill: Json, pharmacy: str | None = None) -> Json:
        """A fill, approved by the pharmacy's own pharmacist."""
        return await self.pharmacist(pharmacy).do(
            documents.REVIEW, fillId=fill["id"], decision="APPROVE", advice=ADVICE
        )

    async def mark_ready(self, fill: Json, pharmacy: str | None = None) -> Json:
        """A fill, prepared with a trace code for every box."""
        counter = self.counter(pharmacy)
        lines = (await counter.execute(documents.FILL_LINES, {"id": fill["id"]}))["fill"]["lines"]
        scanned = [
            {"fillLineId": line["id"], "traceCodes": trace_codes(line["drug"]["code"], int(line["quantity"]))}
            for line in lines
        ]
        return await counter.do(documents.MARK_READY, fillId=fill["id"], scanned=scanned)

    async def sign(self, fill: Json, by: Client | None = None) -> Json:
        """The fee list, signed by the buyer."""
        return await (by or self.patient).do(
            documents.SIGN, fillId=fill["id"], feeListSha256=fill["feeListSha256"], signature="c2ln"
        )

    async def verify_manually(
        self, fill: Json, pharmacy: str | None = None, shown: Sequence[str] = ("身份证", "社会保障卡")
    ) -> Json:
        """The buyer's identity, checked by two documents."""
        return await self.counter(pharmacy).do(
            documents.VERIFY_MANUALLY,
            fillId=fill["id"],
            documents=list(shown),
            reason="患者不愿刷脸",
        )

    async def match_face(self, fill: Json, pharmacy: str | None = None, *cards: str) -> None:
        """The buyer's face, found to match, with cards whose numbers the counter's reader gave."""
        pictures = dict.fromkeys(("live", *cards), picture())
        numbers = await card_numbers(fill["id"])
        given = {"fillId": fill["id"], **numbers}
        check = await self.counter(pharmacy).upload(documents.CHECK_FACE, pictures, **given)
        await self.decide_face(check["id"])
        for image in await unread_cards(UUID(check["id"])):
            await record_card_reading(self.house.call(SERVICE), image_id=image.id, read=Read())

    async def decide_face(self, check_id: str) -> None:
        """A face, found to match."""
        found = Found(Verdict.MATCH, "", "", None, "test", "test")
        await decide_identity_check(self.house.call(SERVICE), check_id=UUID(check_id), found=found)

    async def prepare(
        self, prescription: Json, pharmacy: str | None = None, by: Client | None = None, **more: Any
    ) -> Json:
        """A fill with everything done that comes before its settlement."""
        fill = await self.request(prescription, pharmacy, by, **more)
        await self.make_settleable(fill, pharmacy, by)
        return fill

    async def make_settleable(
        self, fill: Json, pharmacy: str | None = None, by: Client | None = None
    ) -> None:
        """Everything that comes between the request and the settlement."""
        await self.approve(fill, pharmacy)
        await self.mark_ready(fill, pharmacy)
        await self.sign(fill, by)
        await self.verify_manually(fill, pharmacy)

    async def preview(
        self, fill: Json, pharmacy: str | None = None, tender: Mapping[str, Any] = ELECTRONIC
    ) -> Json:
        """What the settlement would be."""
        given = {"input": {"fillId": fill["id"], "tender": tender}}
        return result_of(await self.counter(pharmacy).execute(words.PREVIEW, given))

    async def settle(
        self,
        fill: Json,
        pharmacy: str | None = None,
        tender: Mapping[str, Any] = ELECTRONIC,
        digest: str | None = None,
        key: str | None = None,
    ) -> Json:
        """The settlement."""
        return await self.counter(pharmacy).do(
            words.SETTLE,
            idempotencyKey=key or str(uuid4()),
            fillId=fill["id"],
            tender=tender,
            statementDigest=digest,
        )

    def call_at(self, moment: datetime, role: Role, subject: str, **who: Any) -> Call:
        """A call past the API at an exact moment."""
        if role == Role.PATIENT:
            who = {"member_id": member_id(subject), **who}
        elif role in (Role.PHARMACY, Role.HOSPITAL):
            who = {"institution": subject, **who}
        return Call(Actor(role=role, subject=subject, **who), moment, self.house.tools, str(uuid4()))


def picture() -> bytes:
    """A picture that passes the door."""
    file = BytesIO()
    Image.new("RGB", (160, 160), "grey").save(file, "JPEG")
    return file.getvalue()


def line_ids(prescription: Json, *numbers: int) -> list[str]:
    """The ids of a prescription's lines by their numbers."""
    return [line["id"] for line in prescription["lines"] if line["number"] in numbers]


async def fill_state(fill: Json) -> str:
    """A fill's state as it is kept."""
    return str((await Fill.get(id=fill["id"])).state)


async def prescription_state(prescription: Json) -> str:
    """A prescription's state as it is kept."""
    return str((await Prescription.get(id=prescription["id"])).state)


async def line_states(prescription: Json) -> Sequence[LineState]:
    """The states of a prescription's lines in their order."""
    rows = await PrescriptionLine.filter(prescription_id=prescription["id"]).order_by("number")
    return [row.state for row in rows]


async def stock_of(pharmacy: str) -> dict[str, tuple[Any, Any]]:
    """What a pharmacy has and holds, by drug."""
    rows = await StockItem.filter(pharmacy_id=pharmacy)
    return {row.drug_id: (row.on_hand, row.held) for row in rows}
