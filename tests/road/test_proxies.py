"""Another buys for the patient."""

import pytest

from ops.client import Refused, RequestFailed
from ops.road import FUJIAN, SHANXI, Region
from ops.road_documents import CHECK_FACE
from ops.world import cast
from ops.world.ids import member_id
from tests.cards import card_numbers
from tests.house import House
from tests.road import words
from tests.road.family import BOTH, FAMILY, claimed_by_family, obstacles
from tests.road.walk import Walk, picture

NO_FAMILY_CODE = cast.FUJIAN_PHARMACY_NIGHT


@BOTH
async def test_who_holds_a_grant_shows_the_code_and_is_the_buyer(house: House, region: Region) -> None:
    walk = Walk(house, region)
    prescription = await walk.upload()
    family = FAMILY[region.name]

    code = await walk.show_code(prescription, walk.person(family))
    fill = await walk.counter().do(words.CLAIM, code=code)

    assert fill["isProxy"]
    assert fill["buyer"]["id"] == str(member_id(family))


async def test_a_grant_alone_does_not_stand_for_the_two_identity_cards(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(cast.FUJIAN_PATIENT_FAMILY))

    await walk.match_face(fill, None, "card")

    assert await obstacles(walk, fill) == ["PROXY_DOCUMENTS_MISSING"]


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
async def test_both_identity_cards_checked_by_hand_do_for_a_proxy_too(house: House, region: Region) -> None:
    walk = Walk(house, region)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(FAMILY[region.name]))

    await walk.verify_manually(fill, shown=["身份证", "参保人身份证"])

    assert await obstacles(walk, fill) == []


async def test_two_documents_of_the_proxy_alone_do_not_do_in_shanxi(house: House) -> None:
    walk = Walk(house, SHANXI)
    fill = await claimed_by_family(walk)
    await walk.sign(fill, walk.person(cast.SHANXI_PATIENT_FAMILY))

    await walk.verify_manually(fill)

    assert await obstacles(walk, fill) == ["PROXY_DOCUMENTS_MISSING"]


async def test_a_card_of_somebody_else_is_refused(house: House) -> None:
    walk = Walk(house, SHANXI)
    fill = await claimed_by_family(walk)
    numbers = await card_numbers(fill["id"])
    given = {"fillId": fill["id"], "cardNumber": numbers["memberCardNumber"]}

    with pytest.raises(Refused) as refused:
        await walk.counter().upload(CHECK_FACE, dict.fromkeys(("live", "card"), picture()), **given)

    assert refused.value.codes == ["IDENTITY_NO_MATCH"]


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
