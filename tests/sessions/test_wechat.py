"""Signing in from a mini-program: the exchange, the link, the rotating tokens, the end."""

import asyncio
import json
import ssl
from datetime import date
from uuid import UUID

import pytest

from engines.wechat import AT_ONCE, WechatCodes
from models import (
    AccountLink,
    AuditEntry,
    Device,
    Event,
    IdempotencyRecord,
    IdentityCheck,
    IdentityImage,
    LinkCode,
)
from ops.client import RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from policy.terms import CardReading, EventKind, IdentityMethod, Role
from services.topics import member_topic
from tests.family.people import Relative
from tests.house import WECHAT_APP
from tests.road.walk import Walk
from tests.sessions import words
from tests.sessions.phone import PATIENT, Phone, failed, link_code, linked, patient, refused
from tests.sessions.wechat import wechat

ME = "query { member { id } }"


async def test_a_new_account_is_linked_in_person_and_signs_in_by_itself_from_then_on(phone: Phone) -> None:
    first = await phone.sign_in()

    session = await phone.link(patient(phone), await link_code(phone))
    again = await phone.sign_in()

    assert (first["isLinked"], first["accessToken"]) == (False, None)
    assert session["isLinked"]
    assert again["isLinked"]
    me = await phone.client.execute(ME)
    assert me["member"]["id"] == patient(phone).id
    told = await Event.filter(topic=member_topic(UUID(patient(phone).id))).order_by("-sequence").first()
    assert told is not None
    assert told.kind == EventKind.DEVICE_LINKED


async def test_two_accounts_that_differ_by_a_capital_are_two(phone: Phone) -> None:
    await linked(phone)
    other = Phone(phone.house, phone.wechat, phone.openid.swapcase())

    assert not (await other.sign_in())["isLinked"]


async def test_a_code_is_used_once_and_a_made_up_one_is_refused(phone: Phone) -> None:
    code = phone.code()
    await phone.sign_in(code)

    assert await refused(phone.sign_in(code)) == ["SIGN_IN_CODE_WRONG"]
    assert await failed(phone.sign_in("码")) == "BAD_USER_INPUT"
    for _ in range(9):
        assert await refused(phone.sign_in("made-up")) == ["SIGN_IN_CODE_WRONG"]
    assert await refused(phone.sign_in()) == ["SIGN_IN_LOCKED"]


async def test_signing_in_reads_no_certificates(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(*_: object, **__: object) -> None:
        pytest.fail("it holds up everybody for a tenth of a second")

    monkeypatch.setattr(ssl, "create_default_context", read)

    assert (await phone.sign_in())["refreshToken"]


async def test_many_who_sign_in_at_once_take_turns() -> None:
    async with wechat() as asked:
        asked.codes = {str(number): "openid" for number in range(2 * AT_ONCE)}
        asked.together = asyncio.Barrier(AT_ONCE)
        codes = WechatCodes(asked.url, *WECHAT_APP)

        found = await asyncio.gather(*(codes.openid(code) for code in list(asked.codes)))

    assert found == ["openid"] * (2 * AT_ONCE)
    assert asked.most_at_once == AT_ONCE


@pytest.mark.parametrize("how", ["is busy", "breaks", "talks nonsense", "hangs up"])
async def test_when_wechat_does_not_answer_the_caller_may_try_again(
    phone: Phone, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    phone.wechat.misbehaves = how

    with pytest.raises(RequestFailed) as failure:
        await phone.sign_in()

    (error,) = failure.value.errors
    assert (error["extensions"]["code"], error["extensions"]["retry"]) == ("SERVICE_UNAVAILABLE", "backoff")
    said = "".join(capsys.readouterr()) + json.dumps(error)
    assert "test-secret-value" not in said
    assert phone.openid not in said


async def test_all_three_must_agree_before_an_account_is_linked(phone: Phone) -> None:
    await phone.sign_in()
    code = await link_code(phone)
    other = Relative(phone.house, cast.FUJIAN_RESIDENT)

    found = [
        await refused(phone.link(patient(phone), code, name="另一个人")),
        await refused(phone.link(patient(phone), code, idNumber=await other.number())),
        await refused(phone.link(patient(phone), "0000000000")),
        await refused(phone.link(other, code)),
    ]
    fresh = await link_code(phone)
    stale = await refused(phone.link(patient(phone), code))
    phone.house.later(minutes=29)
    await phone.sign_in()
    await phone.link(patient(phone), fresh)
    second = Phone(phone.house, phone.wechat)
    await second.sign_in()

    assert found == [["LINK_REFUSED"]] * 4
    assert stale == ["LINK_REFUSED"], "a later code ends the earlier"
    assert await refused(second.link(patient(phone), fresh)) == ["LINK_REFUSED"], "a code is used once"


async def test_who_guesses_link_codes_is_locked_out_by_account(phone: Phone) -> None:
    await phone.sign_in()
    for number in range(10):
        assert await refused(phone.link(patient(phone), f"{number:010d}")) == ["LINK_REFUSED"]

    assert await refused(phone.link(patient(phone), await link_code(phone))) == ["SIGN_IN_LOCKED"]


async def test_a_counter_gives_out_a_code_after_a_check_that_matched(phone: Phone) -> None:
    walk = Walk(phone.house, FUJIAN)
    fill = await walk.request(await walk.upload())
    check = await walk.verify_manually(fill)
    await phone.sign_in()

    given = await walk.counter().do(words.LINK_CODE, checkId=check["id"])
    foreign = await failed(walk.counter(cast.FUJIAN_PHARMACY_OTHER).do(words.LINK_CODE, checkId=check["id"]))

    assert (await phone.link(patient(phone), given["code"]))["isLinked"]
    assert foreign == "NOT_FOUND"
    phone.house.later(minutes=31)
    assert await failed(walk.counter().do(words.LINK_CODE, checkId=check["id"])) == "NOT_FOUND"


@pytest.mark.parametrize(
    ("reading", "has_number", "expected"),
    [
        (CardReading.READ_MATCH, False, ""),
        (CardReading.UNREAD, True, ""),
        (CardReading.UNREAD, False, "NOT_FOUND"),
        (CardReading.DIFFERS, True, "NOT_FOUND"),
        (None, False, "NOT_FOUND"),
    ],
    ids=["本人证件", "读卡器号码", "未识读", "他人证件", "尚未识读"],
)
async def test_a_face_that_is_like_a_cards_gives_a_code_only_if_the_card_is_the_members(
    phone: Phone, reading: CardReading | None, has_number: bool, expected: str
) -> None:
    walk = Walk(phone.house, FUJIAN)
    manual = await walk.verify_manually(await walk.request(await walk.upload()))
    await IdentityCheck.filter(id=manual["id"]).update(method=IdentityMethod.FACE, by_card=True)
    await IdentityImage.create(
        check_row_id=manual["id"],
        kind="CARD",
        image_key="00/none",
        sha256="",
        kept_until=date(2027, 1, 1),
        reading=reading,
        has_number=has_number,
    )

    asked = walk.counter().do(words.LINK_CODE, checkId=manual["id"])

    if expected:
        assert await failed(asked) == expected
    else:
        assert len((await asked)["code"]) == 10


async def test_another_agency_gives_out_no_code(phone: Phone) -> None:
    clerk = phone.house.client(Role.AGENCY, cast.SHANXI_AREA)

    assert await failed(clerk.do(words.LINK_CODE, psnNo=PATIENT)) == "NOT_FOUND"


async def test_devices_are_listed_and_signed_out_by_their_own_member(phone: Phone) -> None:
    mine, other = await linked(phone), Phone(phone.house, phone.wechat, phone.openid)
    await other.sign_in()
    device = other.session["device"]["id"]
    stranger = phone.house.client(Role.PATIENT, cast.FUJIAN_RESIDENT)

    foreign = await failed(stranger.do(words.SIGN_OUT_DEVICE, deviceId=device))
    ended = await mine.client.do(words.SIGN_OUT_DEVICE, deviceId=device)
    listed = (await mine.client.execute(words.DEVICES))["devices"]["edges"]
    out = await mine.send(words.SIGN_OUT, refreshToken=mine.session["refreshToken"])

    assert foreign == "NOT_FOUND"
    assert ended["endedAt"] is not None
    assert {one["node"]["id"]: one["node"]["endedAt"] is None for one in listed[:2]} == {
        device: False,
        mine.session["device"]["id"]: True,
    }
    assert out["endedAt"] is not None
    assert await refused(mine.refresh()) == await refused(other.refresh()) == ["SESSION_ENDED"]
    assert (await stranger.execute(words.DEVICES))["devices"]["edges"] == []


async def test_neither_openid_nor_tokens_nor_numbers_are_kept(phone: Phone) -> None:
    await linked(phone)
    await phone.refresh()

    tables = (Device, AccountLink, LinkCode, IdempotencyRecord, AuditEntry, Event)
    kept = "".join([str(row) for table in tables for row in await table.all().values()])

    secrets = [phone.openid, phone.session["refreshToken"], await patient(phone).number()]
    assert [secret for secret in secrets if secret in kept] == []
