"""What others do between two blocks of a guide: each function is named by a `meanwhile` order."""

import io
from collections.abc import Awaitable, Callable
from functools import cache
from uuid import UUID

from PIL import Image

from models import Job
from models.job import JobKind
from ops import road_documents as documents
from ops.client import Json
from ops.road import FUJIAN, Road
from ops.world import cast
from policy.terms import Role
from tests.docs.guide import Kept
from tests.family.people import Relative
from tests.house import House
from tests.money.claims import claimed
from tests.supervision.documents import COMPLAIN, DECLINE
from workers.faces.pool import FacePool
from workers.faces.selftest import drawn_face
from workers.jobs import Bench, run_job
from workers.main import RUNNERS

Meanwhile = Callable[[House, Kept], Awaitable[None]]


@cache
def portrait(side: int = 320) -> bytes:
    """A picture of a drawn face, which is nobody's (绘制人像)."""
    file = io.BytesIO()
    Image.fromarray(drawn_face(side)).save(file, "PNG")
    return file.getvalue()


async def a_prescription_is_uploaded(house: House, kept: Kept) -> None:
    """The hospital uploads a prescription for the Fujian patient."""
    async with house.road(FUJIAN) as way:
        kept.values["prescription"] = (await way.upload())["id"]


async def the_patient_asks_a_pharmacy(house: House, kept: Kept) -> None:
    """The patient requests a fill of what is still open."""
    async with house.road(FUJIAN) as way:
        await asked(way, kept)


async def the_pharmacist_asks_the_prescriber(house: House, kept: Kept) -> None:
    """The patient requests a fill, and the pharmacist has a question."""
    async with house.road(FUJIAN) as way:
        fill = await asked(way, kept)
        question = "三种降压药联用,是否监测血钾?"
        await way.pharmacist.do(documents.QUERY_PRESCRIBER, fillId=fill["id"], question=question)


async def the_prescriber_answers(house: House, kept: Kept) -> None:
    """The hospital upholds its prescription."""
    async with house.road(FUJIAN) as way:
        await way.hospital.do(
            documents.ANSWER_QUERY, queryId=kept.values["query"], answer="坚持原方。", upholds=True
        )


async def the_patient_shows_a_code(house: House, kept: Kept) -> None:
    """A prescription is uploaded, and its patient shows a pick-up code."""
    await a_prescription_is_uploaded(house, kept)
    patient = house.client(Role.PATIENT, FUJIAN.patient)
    data = await patient.execute(SHOW_CODE, {"input": {"prescriptionId": kept.values["prescription"]}})
    kept.values["code"] = data["showPickupCode"]["code"]


async def the_face_is_compared(house: House, kept: Kept) -> None:
    """A worker does the job that waits."""
    pool = FacePool()
    await pool.start()
    try:
        check = UUID(str(kept.values["check"]))
        job = await Job.get(subject_id=check, kind=JobKind.IDENTITY_CHECK)
        await run_job(Bench(house.tools, pool, house.now), job.id, RUNNERS)
    finally:
        await pool.stop()


async def the_pharmacy_prepares(house: House, kept: Kept) -> None:
    """The pharmacy approves, prepares, and checks the patient's documents."""
    async with house.road(FUJIAN) as way:
        await prepared(way, str(kept.values["fill"]))


async def the_pharmacy_settles_and_sends(house: House, kept: Kept) -> None:
    """The pharmacy settles the signed fill and sends the drugs."""
    async with house.road(FUJIAN) as way:
        await settled(way, str(kept.values["fill"]))
        await way.pharmacy.do(DISPATCH, fillId=kept.values["fill"], courier="示例配送 000001")


async def another_order_waits(house: House, kept: Kept) -> None:
    """One more prescription, one more fill."""
    await a_prescription_is_uploaded(house, kept)
    await the_patient_asks_a_pharmacy(house, kept)


async def an_order_is_settled_for_delivery(house: House, kept: Kept) -> None:
    """A fill with an address is settled and waits to be sent."""
    await a_prescription_is_uploaded(house, kept)
    async with house.road(FUJIAN) as way:
        fill = await asked(way, kept, deliveryAddress="福州市鼓楼区示例路 1 号")
        await prepared(way, fill["id"])
        await way.sign(fill)
        await settled(way, fill["id"])


async def an_order_is_ready(house: House, kept: Kept) -> None:
    """A fill is prepared, and its fee list signed."""
    await a_prescription_is_uploaded(house, kept)
    async with house.road(FUJIAN) as way:
        fill = await asked(way, kept)
        await prepared(way, fill["id"])
        await way.sign(fill)
        kept.values["ready"] = fill["id"]


async def the_family_looks_at_its_cards(house: House, kept: Kept) -> None:
    """Father and daughter read their own ID numbers, and she knows his name."""
    for name, psn_no in (("father", FUJIAN.patient), ("daughter", cast.FUJIAN_PATIENT_FAMILY)):
        one = Relative(house, psn_no)
        kept.values |= {f"{name}Tail": await one.tail(), f"{name}Number": await one.number()}
        kept.values[f"{name}Name"] = await one.name()


async def a_month_is_claimed(house: House, kept: Kept) -> None:
    """The pharmacy claims a month that is over."""
    await claimed(FUJIAN.pharmacy, cast.FUJIAN_AREA, house.now())


async def a_pharmacy_has_not_what_it_showed(house: House, kept: Kept) -> None:
    """The patient requests a fill, and the pharmacy declines it as not in stock."""
    await a_prescription_is_uploaded(house, kept)
    async with house.road(FUJIAN) as way:
        fill = await asked(way, kept)
        await way.pharmacy.do(DECLINE, fillId=fill["id"], reason="货架上没有", kind="NOT_IN_STOCK")


async def a_patient_complains(house: House, kept: Kept) -> None:
    """The patient complains about the pharmacy."""
    patient = house.client(Role.PATIENT, FUJIAN.patient)
    await patient.do(COMPLAIN, kind="SERVICE", text="等了一小时", pharmacyCode=FUJIAN.pharmacy)


async def asked(way: Road, kept: Kept, **more: str) -> Json:
    """A fill requested by the patient."""
    fill = await way.patient.do(
        documents.REQUEST_FILL,
        prescriptionId=kept.values["prescription"],
        pharmacyCode=way.region.pharmacy,
        **more,
    )
    kept.values["fill"] = fill["id"]
    return fill


async def prepared(way: Road, fill_id: str) -> None:
    """A fill approved and ready, its buyer checked."""
    await way.approve(fill_id)
    await way.make_ready(fill_id)
    await way.verify_manually(fill_id)


async def settled(way: Road, fill_id: str) -> None:
    """A fill settled."""
    await way.settle(fill_id, (await way.preview(fill_id))["digest"])


SHOW_CODE = """
mutation ($input: ShowPickupCodeInput!) {
  showPickupCode(input: $input) { ... on PickupCode { code } }
}"""

DISPATCH = f"""
mutation ($input: DispatchDeliveryInput!) {{
  dispatchDelivery(input: $input) {{ ... on Fill {{ id state }} {documents.REFUSAL} }}
}}"""

MEANWHILE: dict[str, Meanwhile] = {
    function.__name__.replace("_", " "): function
    for function in (
        a_prescription_is_uploaded,
        the_patient_asks_a_pharmacy,
        the_pharmacist_asks_the_prescriber,
        the_prescriber_answers,
        the_patient_shows_a_code,
        the_face_is_compared,
        the_pharmacy_prepares,
        the_pharmacy_settles_and_sends,
        another_order_waits,
        the_family_looks_at_its_cards,
        an_order_is_settled_for_delivery,
        an_order_is_ready,
        a_month_is_claimed,
        a_pharmacy_has_not_what_it_showed,
        a_patient_complains,
    )
}
