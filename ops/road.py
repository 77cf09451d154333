"""The main road (主路), walked as its three kinds of clients would: hospital, patient, pharmacy."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import uuid4

from httpx import AsyncClient

from engines.clock import Clock
from engines.outside import outside
from ops import road_documents as documents
from ops.client import Client, Json, Listener
from ops.issuer import DevelopmentIssuer
from ops.tokens import token_for
from ops.world import cast, catalogue
from ops.world.cast import DemoLine
from ops.world.world import World
from policy.calendar import SHANGHAI
from policy.geography import Point
from policy.terms import Role

ELECTRONIC: Mapping[str, Any] = {"credential": "ELECTRONIC"}


@dataclass(frozen=True, slots=True)
class Region:
    """Who plays the road in a province (角色)."""

    name: str
    hospital: str
    doctor: str
    patient: str
    pharmacy: str
    pharmacist: str
    home: Point
    benefit: str
    disease: str | None
    diagnosis: str
    lines: Sequence[DemoLine]
    long_supply_reason: str
    live_portrait: str
    asks_prescriber: bool


FUJIAN = Region(
    "福建",
    cast.FUJIAN_HOSPITAL,
    cast.FUJIAN_DOCTOR,
    cast.FUJIAN_PATIENT,
    cast.FUJIAN_PHARMACY,
    cast.FUJIAN_PHARMACIST,
    cast.FUJIAN_HOME,
    "SPECIAL_DISEASE",
    cast.FUJIAN_DISEASE,
    "高血压病",
    cast.FUJIAN_LINES,
    cast.FUJIAN_LONG_SUPPLY_REASON,
    "obama2",
    asks_prescriber=True,
)

SHANXI = Region(
    "山西",
    cast.SHANXI_HOSPITAL,
    cast.SHANXI_DOCTOR,
    cast.SHANXI_PATIENT,
    cast.SHANXI_PHARMACY,
    cast.SHANXI_PHARMACIST,
    cast.SHANXI_HOME,
    "OUTPATIENT",
    None,
    "冠状动脉粥样硬化性心脏病;2型糖尿病",
    cast.SHANXI_LINES,
    "",
    "obama",
    asks_prescriber=False,
)


@dataclass(frozen=True, slots=True)
class Road:
    """The callers and their open subscriptions (主路参与者)."""

    region: Region
    clock: Clock
    hospital: Client
    patient: Client
    pharmacy: Client
    pharmacist: Client
    patient_events: Listener
    pharmacy_events: Listener
    hospital_events: Listener

    async def upload(self) -> Json:
        """The hospital uploads a prescription (处方上传)."""
        return await self.hospital.do(documents.UPLOAD, prescription=self.prescription())

    def prescription(self, **changes: Any) -> Json:
        """A prescription of the region as an integrator sends it."""
        return prescription_input(self.region, self.clock.now()) | changes

    async def nearby(self, prescription_id: str, order: str = "DISTANCE") -> list[Json]:
        """The patient looks for pharmacies (附近药店)."""
        place = {"longitude": self.region.home.longitude, "latitude": self.region.home.latitude}
        variables = {"location": place, "prescription": prescription_id, "order": order}
        data = await self.patient.execute(documents.NEARBY, variables)
        return [edge["node"] for edge in data["nearbyPharmacies"]["edges"]]

    async def request(self, prescription_id: str) -> Json:
        """The patient picks the pharmacy (申请配药)."""
        return await self.patient.do(
            documents.REQUEST_FILL, prescriptionId=prescription_id, pharmacyCode=self.region.pharmacy
        )

    async def approve(self, fill_id: str) -> Json:
        """The pharmacist approves (审方通过)."""
        advice = "每日一次,饭后服用;如有头晕、下肢水肿请及时就诊。"
        return await self.pharmacist.do(documents.REVIEW, fillId=fill_id, decision="APPROVE", advice=advice)

    async def make_ready(self, fill_id: str) -> Json:
        """The pharmacy prepares, scanning a trace code per box (备药完成)."""
        lines = (await self.pharmacy.execute(documents.FILL_LINES, {"id": fill_id}))["fill"]["lines"]
        scanned = [
            {"fillLineId": line["id"], "traceCodes": trace_codes(line["drug"]["code"], int(line["quantity"]))}
            for line in lines
        ]
        return await self.pharmacy.do(documents.MARK_READY, fillId=fill_id, scanned=scanned)

    async def check_face(self, fill_id: str, live: bytes) -> Json:
        """The pharmacy sends the picture of the person present and waits for the verdict (人脸核验)."""
        await self.pharmacy.upload(documents.CHECK_FACE, {"live": live}, fillId=fill_id)
        event = await self.pharmacy_events.until("IDENTITY_DECIDED")
        check: Json = event["identityCheck"]
        return check

    async def verify_manually(self, fill_id: str) -> Json:
        """A person at the counter checks two documents (特殊登记)."""
        return await self.pharmacy.do(
            documents.VERIFY_MANUALLY,
            fillId=fill_id,
            documents=["身份证", "社会保障卡"],
            reason="人脸比对不一致,凭两种证件核验",
        )

    async def sign(self, fill: Json) -> Json:
        """The patient signs the fee list (费用清单签字)."""
        return await self.patient.do(
            documents.SIGN,
            fillId=fill["id"],
            feeListSha256=fill["feeListSha256"],
            signature="c2lnbmF0dXJl",
        )

    async def preview(self, fill_id: str, tender: Mapping[str, Any] = ELECTRONIC) -> Json:
        """What the settlement would be (预结算)."""
        given = {"fillId": fill_id, "tender": tender}
        data = await self.pharmacy.execute(documents.PREVIEW, {"input": given})
        preview: Json = data["previewSettlement"]
        return preview

    async def settle(
        self,
        fill_id: str,
        digest: str,
        key: str | None = None,
        *,
        tender: Mapping[str, Any] = ELECTRONIC,
        payment_id: str | None = None,
    ) -> Json:
        """Settle (结算); with a payment's id the cash share is paid by it."""
        return await self.pharmacy.do(
            documents.SETTLE,
            idempotencyKey=key or str(uuid4()),
            fillId=fill_id,
            tender=tender,
            statementDigest=digest,
            paymentId=payment_id,
        )


def prescription_input(region: Region, now: datetime) -> Json:
    """A prescription of the region as an integrator sends it."""
    moment = now.astimezone(SHANGHAI).isoformat()
    number = uuid4().hex[:20].upper()
    return {
        "hospitalRxNo": number,
        "visitNo": f"V{number}",
        "visitKind": "PHYSICAL",
        "doctorCode": region.doctor,
        "idNumber": id_number(region.patient),
        "benefit": region.benefit,
        "diseaseCode": region.disease,
        "diagnosis": region.diagnosis,
        "issuedAt": moment,
        "consentedAt": moment,
        "longSupplyReason": region.long_supply_reason,
        "lines": [
            {
                "drugCode": line.drug_code,
                "quantity": str(line.quantity),
                "dose": str(line.dose),
                "timesPerDay": str(line.times_per_day),
                "days": line.days,
            }
            for line in region.lines
        ],
    }


@cache
def id_number(psn_no: str) -> str:
    """The sample identity number of one of the cast (示例身份证号)."""
    return World().member(psn_no).id_number


def trace_codes(drug_code: str, many: int) -> list[str]:
    """Fresh sample trace codes (药品追溯码) of a drug: its seven digits, and thirteen for the box."""
    return [f"{trace_prefix(drug_code)}{uuid4().int % 10**13:013d}" for _ in range(many)]


def trace_prefix(drug_code: str) -> str:
    """The seven digits that a sample drug's trace codes begin with (追溯码标识码)."""
    return next(drug.trace_prefix for drug in catalogue.drugs() if drug.code == drug_code)


@asynccontextmanager
async def road(
    url: str,
    region: Region,
    clock: Clock,
    makes: DevelopmentIssuer | None = None,
    http: AsyncClient | None = None,
) -> AsyncIterator[Road]:
    """Everybody of a region signed in and listening; they ask by `http`, or a client of their own."""
    callers = (
        (Role.HOSPITAL, region.hospital),
        (Role.PATIENT, region.patient),
        (Role.PHARMACY, region.pharmacy),
        (Role.PHARMACIST, region.pharmacist),
    )
    async with AsyncExitStack() as stack:
        asks = await stack.enter_async_context(outside(60)) if http is None else http
        hospital, patient, pharmacy, pharmacist = (
            Client(url, token_for(role, subject, clock=clock, makes=makes), asks) for role, subject in callers
        )
        listen = stack.enter_async_context
        patient_events = await listen(patient.listen(documents.PATIENT_EVENTS))
        pharmacy_events = await listen(pharmacy.listen(documents.PHARMACY_EVENTS))
        hospital_events = await listen(hospital.listen(documents.HOSPITAL_EVENTS))
        yield Road(
            region,
            clock,
            hospital,
            patient,
            pharmacy,
            pharmacist,
            patient_events,
            pharmacy_events,
            hospital_events,
        )
