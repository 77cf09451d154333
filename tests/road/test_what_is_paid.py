"""What the insurance pays: deductibles, limits, arrears, and figures that change in between.

Balances and accumulators are changed here, so each test has a house of its own.
"""

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from models import Accumulator, Member, Settlement, VisitDeductible
from ops.client import Json, Refused
from ops.road import FUJIAN, SHANXI, prescription_input
from ops.world import cast
from ops.world.ids import member_id
from ops.world.world import World
from policy.terms import InsuredState, Role
from tests.house import House
from tests.road import words
from tests.road.walk import Walk, fill_state

DEDUCTIBLE = Decimal("80.00")
"""Taiyuan's, per visit at a level 3 hospital (示例参数)."""

LIMIT = Decimal("6000.00")
"""Fuzhou's annual limit for hypertension of employees (示例参数)."""


def statement(settled: Json) -> dict[str, Any]:
    """The amounts of a statement."""
    amounts = ("deductible", "pooledFund", "fundTotal", "personalTotal", "total", "eligible", "limitLeft")
    return {name: Decimal(settled["statement"][name] or 0) for name in amounts}


async def take_over(house: House, area: str, psn_no: str, **used: Any) -> Json:
    """The agency imports what a member used elsewhere."""
    entry = {"psnNo": psn_no, "year": 2026, "deductibleUsed": "0.00", "fundUsed": "0.00", **used}
    return await house.client(Role.AGENCY, area).do(words.IMPORT, entries=[entry])


async def test_within_one_visit_the_deductible_is_taken_once(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    visit = "V20260316001"
    first, second = [await walk.upload(visitNo=visit) for _ in range(2)]
    other = await walk.upload(visitNo="V20260316002")

    bills = [statement(await walk.settle(await walk.prepare(one))) for one in (first, second, other)]

    assert min(bill["eligible"] for bill in bills) > DEDUCTIBLE
    assert [bill["deductible"] for bill in bills] == [DEDUCTIBLE, 0, DEDUCTIBLE]
    assert bills[1]["pooledFund"] == bills[0]["pooledFund"] + DEDUCTIBLE / 2
    kept = await VisitDeductible.get(visit_no=visit)
    assert (kept.taken_at_hospital, kept.taken_at_pharmacies) == (Decimal(0), DEDUCTIBLE)


@pytest.mark.parametrize(
    ("taken", "due"),
    [("0.00", "80.00"), ("30.00", "50.00"), ("80.00", "0.00"), ("95.00", "0.00")],
    ids=["医院未收", "医院收了一部分", "医院已收足", "医院多收"],
)
async def test_what_the_hospital_took_of_the_visits_deductible_counts(
    own_house: House, taken: str, due: str
) -> None:
    walk = Walk(own_house, SHANXI)
    prescription = await walk.upload(deductibleTaken=taken)

    bill = statement(await walk.settle(await walk.prepare(prescription)))

    assert bill["deductible"] == Decimal(due)


async def test_two_bills_of_one_visit_settled_at_once_take_the_deductible_once(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    prescriptions = [await walk.upload(visitNo="V20260316003") for _ in range(4)]
    fills = [await walk.prepare(one) for one in prescriptions]

    settled = await asyncio.gather(*(walk.settle(fill) for fill in fills))

    deductibles = sorted(statement(one)["deductible"] for one in settled)
    assert deductibles == [0, 0, 0, DEDUCTIBLE]


async def test_the_annual_limit_ends_what_the_fund_pays(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    bucket = f"SPECIAL_DISEASE:{FUJIAN.disease}"
    member = member_id(FUJIAN.patient)
    used = await Accumulator.get(member_id=member, bucket=bucket)
    elsewhere = LIMIT - used.fund_used - 5
    fills = [await walk.prepare(await walk.upload()) for _ in range(2)]
    paid_before = statement(await walk.preview(fills[0]))["fundTotal"]
    await take_over(
        own_house,
        "350100",
        FUJIAN.patient,
        reference="异地 2026-001",
        benefit="SPECIAL_DISEASE",
        diseaseCode=FUJIAN.disease,
        fundUsed=f"{elsewhere:f}",
    )

    last, over = [statement(await walk.settle(fill)) for fill in fills]

    assert paid_before > 5
    assert (last["fundTotal"], last["limitLeft"]) == (5, 0)
    assert (over["fundTotal"], over["personalTotal"]) == (0, over["total"])
    await used.refresh_from_db()
    assert used.fund_used == LIMIT


async def test_a_deductible_paid_elsewhere_this_year_is_not_paid_again(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    member = member_id(FUJIAN.patient)
    bucket = f"SPECIAL_DISEASE:{FUJIAN.disease}"
    await Accumulator.filter(member_id=member, bucket=bucket).update(deductible_used=0)
    fill = await walk.prepare(await walk.upload())
    before = statement(await walk.preview(fill))
    await take_over(
        own_house,
        "350100",
        FUJIAN.patient,
        reference="异地 2026-002",
        benefit="SPECIAL_DISEASE",
        diseaseCode=FUJIAN.disease,
        deductibleUsed="500.00",
    )

    after = statement(await walk.settle(fill))

    assert before["deductible"] > 0
    assert after["deductible"] == 0
    assert after["fundTotal"] > before["fundTotal"]


async def test_figures_that_changed_after_the_preview_are_not_settled(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    fill = await walk.prepare(await walk.upload())
    shown = await walk.preview(fill)
    await take_over(
        own_house,
        "350100",
        FUJIAN.patient,
        reference="异地 2026-003",
        benefit="SPECIAL_DISEASE",
        diseaseCode=FUJIAN.disease,
        fundUsed="4700.00",
    )

    with pytest.raises(Refused) as refused:
        await walk.settle(fill, digest=shown["digest"])
    nothing = await fill_state(fill), await Settlement.all().count()
    fresh = await walk.preview(fill)
    settled = await walk.settle(fill, digest=fresh["digest"])

    (changed,) = refused.value.violations
    assert (changed["code"], changed["actual"]) == (
        "STATEMENT_CHANGED",
        fresh["statement"]["personalTotal"],
    )
    assert nothing == ("READY", 0)
    assert settled["statement"] == fresh["statement"] != shown["statement"]


async def test_another_tender_than_was_previewed_is_not_settled(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    fill = await walk.prepare(await walk.upload())
    shown = await walk.preview(fill)

    with pytest.raises(Refused) as refused:
        await walk.settle(
            fill, digest=shown["digest"], tender={"credential": "ELECTRONIC", "useAccount": False}
        )

    assert refused.value.codes == ["STATEMENT_CHANGED"]


@pytest.mark.parametrize(
    ("region", "psn_no", "rule"),
    [
        pytest.param(FUJIAN, cast.FUJIAN_ARREARS, "FJ-7.1", id="福建"),
        pytest.param(SHANXI, cast.SHANXI_ARREARS, "SX-26.5", id="山西"),
    ],
)
async def test_a_prescription_for_a_member_in_arrears_is_refused(
    own_house: House, region: Any, psn_no: str, rule: str
) -> None:
    walk = Walk(own_house, region)
    given = prescription_input(region, own_house.now())

    with pytest.raises(Refused) as refused:
        await walk.upload(**given | {"idNumber": World().member(psn_no).id_number})

    assert [(one["code"], one["rule"]) for one in refused.value.violations] == [("MEMBER_IN_ARREARS", rule)]


@pytest.mark.parametrize(
    ("region", "rule"),
    [pytest.param(FUJIAN, "FJ-7.1", id="福建"), pytest.param(SHANXI, "SX-26.5", id="山西")],
)
async def test_who_falls_into_arrears_before_the_settlement_pays_all_and_is_told_why(
    own_house: House, region: Any, rule: str
) -> None:
    walk = Walk(own_house, region)
    fill = await walk.prepare(await walk.upload())
    shown = await walk.preview(fill)
    await Member.filter(psn_no=region.patient).update(insured=InsuredState.ARREARS)

    with pytest.raises(Refused) as refused:
        await walk.settle(fill, digest=shown["digest"])
    settled = await walk.settle(fill)

    assert refused.value.codes == ["STATEMENT_CHANGED"]
    bill = statement(settled)
    assert (bill["fundTotal"], bill["deductible"], bill["personalTotal"]) == (0, 0, bill["total"])
    reasons = [(one["code"], one["rule"]) for one in settled["statement"]["unpaidReasons"]]
    assert reasons == [("MEMBER_IN_ARREARS", rule)]
