"""The family's grants: what they let another pay, and what ends with them.

Grants and balances are changed here, so each test has a house of its own.
"""

from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from tortoise.transactions import in_transaction

from models import Account, FamilyGrant, Member
from models.account import AccountKind
from ops.client import Json, Refused, RequestFailed
from ops.road import FUJIAN, SHANXI, Region
from ops.world import cast
from ops.world.ids import member_id
from services.ledger import Leg, book
from services.use_case import Work
from tests.house import House
from tests.road.family import BOTH, FAMILY
from tests.road.walk import ELECTRONIC, Walk


async def spend_down_to(house: House, psn_no: str, left: Decimal) -> None:
    """Leave so much in a member's account, by a balanced entry."""
    member = await Member.get(psn_no=psn_no)
    account = await Account.get(kind=AccountKind.MEMBER_ACCOUNT, owner=str(member.id))
    assert account.balance is not None
    spent = account.balance - left
    legs = [
        Leg(AccountKind.MEMBER_ACCOUNT, str(member.id), debit=spent),
        Leg(AccountKind.CONTRIBUTIONS, member.area, credit=spent),
    ]
    async with in_transaction():
        await book(Work(house.call()), "TEST", str(uuid4()), "账户消费", legs)


async def balance(psn_no: str) -> Decimal:
    """What a member's account holds."""
    row = await Account.get(kind=AccountKind.MEMBER_ACCOUNT, owner=str(member_id(psn_no)))
    assert row.balance is not None
    return row.balance


def paid_by(payer: UUID) -> Json:
    """A tender with a family account behind the own one."""
    return ELECTRONIC | {"familyPayerId": str(payer)}


@BOTH
async def test_the_family_account_pays_what_the_own_lacks_within_its_limit(
    own_house: House, region: Region
) -> None:
    walk = Walk(own_house, region)
    family = FAMILY[region.name]
    await spend_down_to(own_house, region.patient, Decimal("2.00"))
    await FamilyGrant.filter(proxy_id=member_id(region.patient)).update(pay_limit=Decimal("5.00"))
    had = await balance(family)
    fill = await walk.prepare(await walk.upload())
    tender = paid_by(member_id(family))

    preview = await walk.preview(fill, tender=tender)
    settled = (await walk.settle(fill, tender=tender, digest=preview["digest"]))["statement"]

    assert settled == preview["statement"]
    assert (settled["account"], settled["familyAccount"]) == ("2.00", "5.00")
    assert Decimal(settled["cash"]) == Decimal(settled["personalTotal"]) - 7 > 0
    assert await balance(region.patient) == 0
    assert await balance(family) == had - 5


async def test_a_family_account_with_enough_leaves_nothing_to_pay_in_cash(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    await spend_down_to(own_house, SHANXI.patient, Decimal("0.00"))
    fill = await walk.prepare(await walk.upload())

    settled = await walk.settle(fill, tender=paid_by(member_id(cast.SHANXI_PATIENT_FAMILY)))

    statement = settled["statement"]
    assert statement["familyAccount"] == statement["personalTotal"]
    assert statement["cash"] == "0.00"


async def test_an_account_that_nobody_granted_pays_nothing(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    fill = await walk.prepare(await walk.upload())
    # the daughter may buy for him; that he may draw on her account is another grant
    await FamilyGrant.filter(proxy_id=member_id(FUJIAN.patient)).update(revoked_at=own_house.now())
    daughter = paid_by(member_id(cast.FUJIAN_PATIENT_FAMILY))

    refusals = []
    for attempt in (walk.preview(fill, tender=daughter), walk.settle(fill, tender=daughter)):
        with pytest.raises(Refused) as refused:
            await attempt
        refusals += refused.value.codes

    assert refusals == ["FAMILY_GRANT_MISSING"] * 2


async def test_who_may_only_see_does_not_buy(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    prescription = await walk.upload()
    family = walk.person(cast.FUJIAN_PATIENT_FAMILY)
    await FamilyGrant.filter(owner_id=member_id(FUJIAN.patient)).update(scopes=["SEE"])

    with pytest.raises(Refused) as refused:
        await walk.request(prescription, by=family)
    with pytest.raises(RequestFailed) as failed:
        await walk.show_code(prescription, family)

    assert refused.value.codes == ["FAMILY_GRANT_MISSING"]
    assert failed.value.errors[0]["extensions"]["code"] == "FORBIDDEN"
