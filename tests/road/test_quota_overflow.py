"""Costs beyond a special disease's quota are paid and counted as common outpatient care (SX-25)."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

from models import Accumulator, Prescription, SpecialDiseaseRecord
from ops.road import SHANXI
from ops.world import cast
from ops.world.ids import member_id
from policy.calendar import quarter_start, shanghai_day
from policy.terms import Role
from services.quotas import QuotaUse, quota_use
from tests.house import House
from tests.road import words
from tests.road.walk import Walk

HYPERTENSION = "M03900"
LIMIT = Decimal("3600.00")
"""Taiyuan's yearly limit for hypertension (示例参数)."""

LEFT = Decimal("1.00")


async def hypertensive(house: House, left: Decimal = LEFT) -> None:
    """The region's patient, confirmed to have hypertension, with so much of the year's limit left."""
    await SpecialDiseaseRecord.create(
        id=uuid4(),
        member_id=member_id(SHANXI.patient),
        disease_code=HYPERTENSION,
        disease_name="高血压",
        since=date(2024, 1, 1),
    )
    used = {"benefit": "SPECIAL_DISEASE", "diseaseCode": HYPERTENSION, "fundUsed": str(LIMIT - left)}
    entry = {"reference": "A1", "psnNo": SHANXI.patient, "year": 2026, "deductibleUsed": "0.00", **used}
    await house.client(Role.AGENCY, cast.SHANXI_AREA).do(words.IMPORT, entries=[entry])


async def test_what_is_beyond_the_quota_counts_as_outpatient_care(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    await hypertensive(own_house)
    line = {"drugCode": cast.AMLODIPINE, "quantity": "60", "dose": "60", "timesPerDay": "1", "days": 28}
    prescription = await walk.upload(benefit="SPECIAL_DISEASE", diseaseCode=HYPERTENSION, lines=[line])

    settled = (await walk.settle(await walk.prepare(prescription)))["statement"]

    pooled, deductible = Decimal(settled["pooledFund"]), Decimal(settled["deductible"])
    pots = {row.bucket: row for row in await Accumulator.filter(member_id=member_id(SHANXI.patient))}
    own, common = pots[f"SPECIAL_DISEASE:{HYPERTENSION}"], pots["OUTPATIENT"]
    assert (own.fund_used, own.deductible_used) == (LIMIT, Decimal(0))
    assert pooled > LEFT
    assert (common.fund_used, common.deductible_used) == (pooled - LEFT, deductible)
    used = await quota_use(await Prescription.get(id=prescription["id"]), shanghai_day(own_house.now()))
    assert used == QuotaUse(month=LEFT, quarter=LEFT), "only what the disease's own benefit paid"


def test_a_quarter_begins_in_its_first_month() -> None:
    days = [date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 1), date(2026, 12, 31)]

    assert [quarter_start(day) for day in days] == [
        date(2026, 1, 1),
        date(2026, 1, 1),
        date(2026, 4, 1),
        date(2026, 10, 1),
    ]
