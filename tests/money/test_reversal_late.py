"""Reversals after a while: the pharmacy's term, another year, a dead prescription, another's account.

Clocks and balances are changed here, so each test has a house of its own.
"""

from decimal import Decimal

import pytest

from models import Accumulator, Event, FamilyGrant, Prescription
from ops.client import Refused, RequestFailed
from ops.road import FUJIAN, SHANXI, Region
from ops.world import cast
from ops.world.ids import member_id
from policy.calendar import shanghai_day
from policy.terms import EventKind, Role
from services.quotas import quota_use
from tests.house import House
from tests.money.words import check_books, figures, lines, preview, reverse
from tests.road.family import BOTH, FAMILY
from tests.road.test_family_account import paid_by, spend_down_to
from tests.road.test_quota_overflow import HYPERTENSION, LEFT, hypertensive
from tests.road.walk import Walk, line_states, prescription_state

AGENCY = {FUJIAN.name: cast.FUJIAN_AREA, SHANXI.name: cast.SHANXI_AREA}


@BOTH
async def test_a_pharmacy_has_thirty_days_and_the_agency_longer(own_house: House, region: Region) -> None:
    walk = Walk(own_house, region)
    before = await figures(region.patient, region.pharmacy)
    settlement = await walk.settle(await walk.prepare(await walk.upload()))
    last = own_house.now().replace(hour=15, minute=59, second=59, microsecond=0)
    own_house.clock.offset += last - own_house.now()
    own_house.later(days=30)

    in_time = await preview(walk.counter(), settlement)
    own_house.later(seconds=1)
    late = await preview(walk.counter(), settlement)
    with pytest.raises(Refused) as refused:
        await reverse(walk.counter(), settlement)
    await reverse(own_house.client(Role.AGENCY, AGENCY[region.name]), settlement)

    assert in_time["obstacles"] == []
    assert [one["code"] for one in late["obstacles"]] == ["REVERSAL_TERM_OVER"] == refused.value.codes
    after = await figures(region.patient, region.pharmacy)
    assert {name: after[name] for name in ("account", "pots", "visits", "payable")} == {
        name: before[name] for name in ("account", "pots", "visits", "payable")
    }


async def test_a_reversal_in_the_next_year_gives_back_to_the_old_one(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    before = await figures(SHANXI.patient, SHANXI.pharmacy)
    prescription = await walk.upload()
    settlement = await walk.settle(await walk.prepare(prescription))
    own_house.later(days=300)

    reversal = await reverse(own_house.client(Role.AGENCY, cast.SHANXI_AREA), settlement)

    assert shanghai_day(own_house.now()).year == 2027
    assert reversal["isWhole"]
    assert (await figures(SHANXI.patient, SHANXI.pharmacy))["pots"] == before["pots"]
    assert not await Accumulator.filter(member_id=member_id(SHANXI.patient), year=2027).exists()
    assert set(await line_states(prescription)) == {"CLOSED"}
    assert await prescription_state(prescription) == "EXPIRED"
    await check_books()


async def test_lines_of_a_revoked_prescription_stay_closed(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    settlement = await walk.settle(await walk.prepare(prescription))
    await Prescription.filter(id=prescription["id"]).update(revoked_at=own_house.now())

    await reverse(walk.counter(), settlement)

    assert set(await line_states(prescription)) == {"CLOSED"}
    assert await prescription_state(prescription) == "REVOKED"


@BOTH
async def test_who_paid_gets_it_back_cash_first_and_the_own_account_last(
    own_house: House, region: Region
) -> None:
    walk = Walk(own_house, region)
    await spend_down_to(own_house, region.patient, Decimal("2.00"))
    await FamilyGrant.filter(proxy_id=member_id(region.patient)).update(pay_limit=Decimal("5.00"))
    family = FAMILY[region.name]
    had = [await figures(who, region.pharmacy) for who in (region.patient, family)]
    fill = await walk.prepare(await walk.upload())
    settlement = await walk.settle(fill, tender=paid_by(member_id(family)))
    assert Decimal(settlement["statement"]["cash"]) > 0

    part = (await reverse(walk.counter(), settlement, lines=lines(1)))["refund"]
    rest = (await reverse(walk.counter(), settlement))["refund"]

    personal = Decimal(part["personalTotal"])
    cash = min(personal, Decimal(settlement["statement"]["cash"]))
    assert Decimal(part["cash"]) == cash
    assert Decimal(part["familyAccount"]) == min(personal - cash, Decimal("5.00"))
    assert Decimal(part["familyAccount"]) + Decimal(rest["familyAccount"]) == Decimal("5.00")
    assert Decimal(part["account"]) + Decimal(rest["account"]) == Decimal("2.00")
    now = [await figures(who, region.pharmacy) for who in (region.patient, family)]
    assert [one["account"] for one in now] == [one["account"] for one in had]
    assert await Event.filter(
        kind=EventKind.FAMILY_ACCOUNT_REFUNDED, topic=f"member:{member_id(family)}"
    ).exists()
    await check_books()


async def test_a_quota_is_open_again_after_a_reversal(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    await hypertensive(own_house)
    line = {"drugCode": cast.AMLODIPINE, "quantity": "60", "dose": "60", "timesPerDay": "1", "days": 28}
    drugs = {"benefit": "SPECIAL_DISEASE", "diseaseCode": HYPERTENSION}
    before = await figures(SHANXI.patient, SHANXI.pharmacy)
    prescription = await walk.upload(**drugs, lines=[line])
    settlement = await walk.settle(await walk.prepare(prescription))
    row = await Prescription.get(id=prescription["id"])
    used = await quota_use(row, shanghai_day(own_house.now()))

    await reverse(walk.counter(), settlement)

    left = await quota_use(row, shanghai_day(own_house.now()))
    assert (used.month, left.month, left.quarter) == (LEFT, Decimal(0), Decimal(0))
    assert (await figures(SHANXI.patient, SHANXI.pharmacy))["pots"] == before["pots"]


async def test_an_agency_does_not_touch_what_another_areas_fund_paid(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    settlement = await walk.settle(await walk.prepare(await walk.upload()))
    stranger = own_house.client(Role.AGENCY, cast.FUJIAN_AREA)

    with pytest.raises(RequestFailed) as failed:
        await reverse(stranger, settlement)

    assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
