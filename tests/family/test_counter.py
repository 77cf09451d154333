"""The family code at the counter: what it stands for, and everything for which it does not."""

from decimal import Decimal
from uuid import UUID

import pytest

from models import FamilyCode, FamilyGrant
from ops.client import Json, Refused, RequestFailed
from ops.road import FUJIAN, SHANXI
from ops.world import cast
from ops.world.ids import member_id
from tests.family import words
from tests.family.people import Relative
from tests.house import House
from tests.road.family import claimed_by_family, obstacles
from tests.road.walk import Walk

FATHER = FUJIAN.patient
DAUGHTER = cast.FUJIAN_PATIENT_FAMILY
SIGNED_BY = "query F($id: UUID!) { fill(id: $id) { feeListSignature { signedBy { id name } } } }"


def people(house: House) -> tuple[Relative, Relative]:
    """The father, and the daughter who buys for him."""
    return Relative(house, FATHER), Relative(house, DAUGHTER)


async def take(walk: Walk, fill: Json, code: str, pharmacy: str | None = None) -> Json:
    """The code, scanned at the counter."""
    return await walk.counter(pharmacy).do(words.SUBMIT, fillId=fill["id"], code=code)


async def refused(walk: Walk, fill: Json, code: str, pharmacy: str | None = None) -> list[str]:
    """Why the code does not do."""
    with pytest.raises(Refused) as refusal:
        await take(walk, fill, code, pharmacy)
    assert all("请" in one["message"] for one in refusal.value.violations)
    return refusal.value.codes


async def test_in_fujian_the_code_does_for_cards_and_credential_and_the_proxy_signs(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, daughter.client)
    before = await obstacles(walk, fill)

    check = await take(walk, fill, await daughter.show(father, fill["id"]))

    assert before == ["IDENTITY_REQUIRED", "PROXY_DOCUMENTS_MISSING", "GOODS_NOT_RECORDED"]
    assert (check["method"], check["verdict"]) == ("FAMILY_CODE", "MATCH")
    settled = await walk.settle(fill, tender={})
    assert Decimal(settled["statement"]["fundTotal"]) > 0
    signed = (await walk.counter().execute(SIGNED_BY, {"id": fill["id"]}))["fill"]["feeListSignature"]
    assert signed["signedBy"] == {"id": daughter.id, "name": await daughter.name()}


async def test_without_the_code_a_proxy_without_cards_or_credential_settles_nothing(house: House) -> None:
    walk = Walk(house, FUJIAN)
    _, daughter = people(house)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, daughter.client)
    await walk.verify_manually(fill)

    with pytest.raises(Refused) as refusal:
        await walk.settle(fill, tender={})

    assert refusal.value.codes == ["PROXY_DOCUMENTS_MISSING", "CREDENTIAL_MISSING"]


async def test_a_code_is_used_once_and_not_beyond_its_two_minutes(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    fill = await claimed_by_family(walk)
    replaced, late = await daughter.show(father), await daughter.show(father)

    gone = await refused(walk, fill, replaced)
    house.later(minutes=2)
    expired = await refused(walk, fill, late)
    fresh = await daughter.show(father)
    await take(walk, fill, " ".join((fresh[:12], fresh[12:])))

    assert gone == expired == ["FAMILY_CODE_EXPIRED"]
    assert await refused(walk, fill, fresh) == ["FAMILY_CODE_USED"]
    assert not await FamilyCode.filter(code_hash=fresh).exists(), "only its keyed hash is kept"


async def test_a_code_does_for_its_own_fill_owner_and_proxy_only(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    fill, other = await claimed_by_family(walk), await claimed_by_family(walk)
    own = await walk.request(await walk.upload())
    for_other = await daughter.show(father, other["id"])

    found = [await refused(walk, one, for_other) for one in (fill, own)]

    assert found == [["FAMILY_CODE_OTHER"]] * 2
    assert (await take(walk, other, for_other))["verdict"] == "MATCH"


async def test_a_code_whose_row_was_bent_is_none(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    fill, other = await claimed_by_family(walk), await claimed_by_family(walk)
    code = await daughter.show(father, other["id"])

    await FamilyCode.filter(fill_id=UUID(other["id"])).update(fill_id=UUID(fill["id"]))

    assert await refused(walk, fill, code) == ["FAMILY_CODE_WRONG"]


async def test_who_guesses_codes_is_locked_out(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    fill = await claimed_by_family(walk)
    house.later(minutes=11)

    wrong = [await refused(walk, fill, f"{number:024d}") for number in range(10)]
    right = await refused(walk, fill, await daughter.show(father))
    house.later(minutes=11)

    assert wrong == [["FAMILY_CODE_WRONG"]] * 10
    assert right == ["FAMILY_TRIES_LOCKED"]
    assert (await take(walk, fill, await daughter.show(father)))["verdict"] == "MATCH"


async def test_a_revoked_grant_ends_the_code_and_what_it_had_opened(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    first, second = await claimed_by_family(walk), await claimed_by_family(walk)
    await walk.sign(first, daughter.client)
    await take(walk, first, await daughter.show(father))
    code = await daughter.show(father)
    grants = FamilyGrant.filter(owner_id=member_id(FATHER), proxy_id=member_id(DAUGHTER))
    (grant,) = [one for one in await father.grants() if one["owner"]["id"] == father.id]

    await father.revoke(grant["id"])

    assert await refused(walk, second, code) == ["FAMILY_GRANT_MISSING"]
    assert await obstacles(walk, first) == ["IDENTITY_REQUIRED", "PROXY_DOCUMENTS_MISSING"]
    with pytest.raises(RequestFailed) as failed:
        await daughter.show(father)
    assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
    await grants.update(revoked_at=None)


async def test_a_pharmacy_that_does_not_take_the_code_asks_for_the_cards(house: House) -> None:
    walk = Walk(house, FUJIAN)
    father, daughter = people(house)
    fill = await claimed_by_family(walk, cast.FUJIAN_PHARMACY_NIGHT)

    with pytest.raises(Refused) as at_home:
        await daughter.show(father, fill["id"])
    at_counter = await refused(walk, fill, await daughter.show(father), cast.FUJIAN_PHARMACY_NIGHT)

    assert at_home.value.codes == at_counter == ["FAMILY_CODE_NOT_ACCEPTED"]


async def test_in_shanxi_the_code_does_not_do(house: House) -> None:
    walk = Walk(house, SHANXI)
    father, daughter = Relative(house, SHANXI.patient), Relative(house, cast.SHANXI_PATIENT_FAMILY)
    fill = await claimed_by_family(walk)

    with pytest.raises(Refused) as at_home:
        await daughter.show(father)
    at_counter = await refused(walk, fill, "0" * 24)

    assert at_home.value.codes == at_counter == ["FAMILY_CODE_NOT_ACCEPTED"]
    assert [one["rule"] for one in at_home.value.violations] == ["SX-12"]


async def test_who_may_only_see_shows_no_code(house: House) -> None:
    father, stranger = Relative(house, FATHER), Relative(house, cast.FUJIAN_RESIDENT)
    invitation = await father.invite("SEE", named=stranger)
    await stranger.accept(invitationId=invitation["id"])

    with pytest.raises(RequestFailed) as failed:
        await stranger.show(father)

    assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
