"""What a family account pays: up to the owner's limits of the purchase, the month and the year."""

import asyncio
from datetime import datetime
from decimal import Decimal
from uuid import UUID

import pytest

from models import FamilyGrant, Settlement
from ops.client import Json, Refused
from ops.road import SHANXI
from ops.world import cast
from policy.calendar import SHANGHAI
from policy.family import Paid, PayLimits, check_limits, payable
from services.family_money import paid_by
from tests.family.people import Relative, give
from tests.house import House
from tests.money.words import reverse
from tests.road.test_family_account import balance, spend_down_to
from tests.road.test_family_account import paid_by as tender_of
from tests.road.walk import Walk

WIFE, HUSBAND = cast.SHANXI_PATIENT_FAMILY, SHANXI.patient
"""She lets him draw on her account."""


@pytest.mark.parametrize(
    ("limits", "paid", "expected"),
    [
        (PayLimits(), Paid(), "80.00"),
        (PayLimits(purchase=Decimal(30)), Paid(month=Decimal(90)), "30"),
        (PayLimits(month=Decimal(100)), Paid(month=Decimal("99.99")), "0.01"),
        (PayLimits(month=Decimal(100)), Paid(month=Decimal(100)), "0"),
        (PayLimits(month=Decimal(100)), Paid(month=Decimal(101)), "0"),
        (PayLimits(Decimal(50), Decimal(60), Decimal(70)), Paid(Decimal(20), Decimal(40)), "30"),
    ],
    ids=["不设上限", "单笔", "差一分用完", "恰好用完", "已超过", "取最小的"],
)
def test_an_account_pays_no_more_than_every_limit_leaves(
    limits: PayLimits, paid: Paid, expected: str
) -> None:
    assert payable(Decimal("80.00"), limits, paid) == Decimal(expected)


def test_a_limit_used_up_names_itself_and_what_is_left() -> None:
    limits = PayLimits(month=Decimal(100), year=Decimal(500))

    used_up = check_limits(limits, Paid(month=Decimal("100.00"), year=Decimal(500)))

    assert [(one.code, one.limit, one.actual) for one in used_up] == [
        ("FAMILY_LIMIT_REACHED", "100.00 元", "100.00 元"),
        ("FAMILY_LIMIT_REACHED", "500.00 元", "500.00 元"),
    ]
    assert "本月" in used_up[0].message
    assert "剩余 0.00 元" in used_up[0].message
    assert check_limits(limits, Paid(month=Decimal("99.99"))) == []


async def prepared(walk: Walk) -> Json:
    """A fill that may be settled."""
    return await walk.prepare(await walk.upload())


async def test_the_month_is_used_up_and_begins_anew(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    wife, husband = Relative(own_house, WIFE), Relative(own_house, HUSBAND)
    await spend_down_to(own_house, HUSBAND, Decimal(0))
    grant = await give(wife, husband, "PAY", payLimitMonth="5.00", payLimitYear="8.00")
    tender = tender_of(UUID(wife.id))
    had = await balance(WIFE)

    first = await walk.settle(await prepared(walk), tender=tender)
    second = await prepared(walk)
    with pytest.raises(Refused) as preview:
        await walk.preview(second, tender=tender)
    with pytest.raises(Refused) as settle:
        await walk.settle(second, tender=tender)
    (shown,) = [one for one in await wife.grants() if one["id"] == grant["id"]]

    assert first["statement"]["familyAccount"] == "5.00"
    assert preview.value.codes == settle.value.codes == ["FAMILY_LIMIT_REACHED"]
    assert [(one["limit"], one["actual"]) for one in settle.value.violations] == [("5.00 元", "5.00 元")]
    assert (shown["monthLeft"], shown["yearLeft"]) == ("0.00", "3.00")
    assert await balance(WIFE) == had - 5
    april = datetime(2026, 4, 1, tzinfo=SHANGHAI)
    assert await paid_by(UUID(wife.id), UUID(husband.id), april) == Paid(Decimal(0), Decimal(5))
    new_year = datetime(2027, 1, 1, tzinfo=SHANGHAI)
    assert await paid_by(UUID(wife.id), UUID(husband.id), new_year) == Paid(Decimal(0), Decimal(0))


async def test_what_is_given_back_may_be_paid_again(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    wife, husband = Relative(own_house, WIFE), Relative(own_house, HUSBAND)
    await spend_down_to(own_house, HUSBAND, Decimal(0))
    grant = await give(wife, husband, "PAY", payLimitMonth="5.00")
    tender = tender_of(UUID(wife.id))
    settlement = await walk.settle(await prepared(walk), tender=tender)

    await reverse(walk.counter(), settlement)
    (shown,) = [one for one in await wife.grants() if one["id"] == grant["id"]]
    again = await walk.settle(await prepared(walk), tender=tender)

    assert shown["monthLeft"] == "5.00"
    assert again["statement"]["familyAccount"] == "5.00"


async def test_two_settlements_at_once_do_not_pay_beyond_the_month(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    wife, husband = Relative(own_house, WIFE), Relative(own_house, HUSBAND)
    await spend_down_to(own_house, HUSBAND, Decimal(0))
    await give(wife, husband, "PAY", payLimitMonth="5.00")
    fills = [await prepared(walk) for _ in range(2)]
    tender = tender_of(UUID(wife.id))

    done = await asyncio.gather(*(walk.settle(fill, tender=tender) for fill in fills), return_exceptions=True)

    refusals = [one.codes for one in done if isinstance(one, Refused)]
    assert refusals == [["FAMILY_LIMIT_REACHED"]]
    assert sum(row.family_account for row in await Settlement.filter(payer_id=wife.id)) == 5


async def test_a_revocation_and_a_settlement_at_once_leave_one_of_two_worlds(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    wife, husband = Relative(own_house, WIFE), Relative(own_house, HUSBAND)
    await spend_down_to(own_house, HUSBAND, Decimal(0))
    grant = await give(wife, husband, "PAY")
    fill = await prepared(walk)

    settled, revoked = await asyncio.gather(
        walk.settle(fill, tender=tender_of(UUID(wife.id))), wife.revoke(grant["id"]), return_exceptions=True
    )

    row = await FamilyGrant.get(id=UUID(grant["id"]))
    assert not isinstance(revoked, BaseException)
    assert row.revoked_at is not None
    if isinstance(settled, Refused):
        assert settled.codes == ["FAMILY_GRANT_MISSING"]
        assert not await Settlement.filter(fill_id=UUID(fill["id"])).exists()
    else:
        assert not isinstance(settled, BaseException)
        assert Decimal(settled["statement"]["familyAccount"]) > 0
