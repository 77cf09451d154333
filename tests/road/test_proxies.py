"""Another buys for the patient, and the family pays."""

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
from tests.road import words
from tests.road.walk import ELECTRONIC, Walk

FAMILY = {FUJIAN.name: cast.FUJIAN_PATIENT_FAMILY, SHANXI.name: cast.SHANXI_PATIENT_FAMILY}
BOTH = pytest.mark.parametrize("region", [FUJIAN, SHANXI], ids=["福建", "山西"])
NO_FAMILY_CODE = cast.FUJIAN_PHARMACY_NIGHT


async def claimed_by_family(walk: Walk, pharmacy: str | None = None) -> Json:
    """A fill for which the family showed the code at the counter, approved and prepared."""
    prescription = await walk.upload()
    code = await walk.show_code(prescription, walk.person(FAMILY[walk.region.name]))
    fill = await walk.counter(pharmacy).do(words.CLAIM, code=code)
    await walk.approve(fill, pharmacy)
    await walk.mark_ready(fill, pharmacy)
    return fill


async def obstacles(walk: Walk, fill: Json, pharmacy: str | None = None) -> list[str]:
    """What still forbids the settlement."""
    preview = await walk.preview(fill, pharmacy)
    return [one["code"] for one in preview["obstacles"]]


@BOTH
async def test_who_holds_a_grant_shows_the_code_and_is_the_buyer(house: House, region: Region) -> None:
    walk = Walk(house, region)
    prescription = await walk.upload()
    family = FAMILY[region.name]

    code = await walk.show_code(prescription, walk.person(family))
    fill = await walk.counter().do(words.CLAIM, code=code)

    assert fill["isProxy"]
    assert fill["buyer"]["id"] == str(member_id(family))


async def test_in_fujian_the_family_code_stands_for_the_two_identity_cards(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(cast.FUJIAN_PATIENT_FAMILY))
    before = await obstacles(walk, fill)

    await walk.match_face(fill, None, "card")

    assert before == ["IDENTITY_REQUIRED", "GOODS_NOT_RECORDED"]
    assert await obstacles(walk, fill) == []
    settled = await walk.settle(fill)
    assert Decimal(settled["statement"]["fundTotal"]) > 0


async def test_a_pharmacy_without_the_family_code_asks_for_both_identity_cards(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await claimed_by_family(walk, NO_FAMILY_CODE)
    await walk.sign(fill, walk.person(cast.FUJIAN_PATIENT_FAMILY))
    await walk.match_face(fill, NO_FAMILY_CODE, "card")
    one_card = await obstacles(walk, fill, NO_FAMILY_CODE)

    await walk.match_face(fill, NO_FAMILY_CODE, "card", "memberCard")

    assert one_card == ["PROXY_DOCUMENTS_MISSING"]
    assert await obstacles(walk, fill, NO_FAMILY_CODE) == []


async def test_in_shanxi_both_identity_cards_are_registered_and_the_proxy_signs(house: House) -> None:
    walk = Walk(house, SHANXI)
    fill = await claimed_by_family(walk)
    at_first = await walk.preview(fill)
    await walk.match_face(fill, None, "card")
    one_card = await obstacles(walk, fill)
    with pytest.raises(Refused) as refused:
        await walk.settle(fill)
    await walk.match_face(fill, None, "card", "memberCard")
    unsigned = await obstacles(walk, fill)

    await walk.sign(fill, walk.person(cast.SHANXI_PATIENT_FAMILY))

    assert {"PROXY_DOCUMENTS_MISSING", "IDENTITY_REQUIRED"} <= {one["code"] for one in at_first["obstacles"]}
    proxies = [one for one in at_first["obstacles"] if one["code"] == "PROXY_DOCUMENTS_MISSING"]
    assert [one["rule"] for one in proxies] == ["SX-12"]
    assert one_card == ["PROXY_DOCUMENTS_MISSING", "FEE_LIST_NOT_SIGNED"] == refused.value.codes
    assert unsigned == ["FEE_LIST_NOT_SIGNED"]
    await walk.settle(fill)


@BOTH
async def test_two_documents_checked_by_hand_do_for_a_proxy_too(house: House, region: Region) -> None:
    walk = Walk(house, region)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(FAMILY[region.name]))

    await walk.verify_manually(fill)

    assert await obstacles(walk, fill) == []


async def test_the_patient_does_not_sign_for_a_proxy(house: House) -> None:
    walk = Walk(house, SHANXI)
    fill = await claimed_by_family(walk)

    with pytest.raises(RequestFailed) as failed:
        await walk.sign(fill)

    assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"


async def test_without_a_grant_nobody_sees_shows_or_buys(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    stranger = walk.person(cast.FUJIAN_RESIDENT)

    codes = []
    for attempt in (walk.show_code(prescription, stranger), walk.request(prescription, by=stranger)):
        with pytest.raises(RequestFailed) as failed:
            await attempt
        codes += [error["extensions"]["code"] for error in failed.value.errors]

    assert codes == ["NOT_FOUND", "NOT_FOUND"]


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


async def test_a_grant_taken_back_before_the_settlement_ends_the_family_code(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(cast.FUJIAN_PATIENT_FAMILY))
    await walk.match_face(fill, None, "card")
    await FamilyGrant.filter(owner_id=member_id(FUJIAN.patient)).update(revoked_at=own_house.now())

    found = await obstacles(walk, fill)

    assert found == ["PROXY_DOCUMENTS_MISSING"]


# the family account


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


async def test_an_account_that_nobody_granted_pays_nothing(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload())
    stranger = paid_by(member_id(cast.FUJIAN_NO_DISEASE))

    refusals = []
    for attempt in (walk.preview(fill, tender=stranger), walk.settle(fill, tender=stranger)):
        with pytest.raises(Refused) as refused:
            await attempt
        refusals += refused.value.codes

    assert refusals == ["FAMILY_GRANT_MISSING"] * 2


async def test_a_grant_to_buy_is_no_grant_to_pay(house: House) -> None:
    walk = Walk(house, SHANXI)
    fill = await claimed_by_family(walk)

    with pytest.raises(Refused) as refused:
        await walk.preview(fill, tender=paid_by(member_id(cast.SHANXI_RETIRED)))

    assert refused.value.codes == ["FAMILY_GRANT_MISSING"]
