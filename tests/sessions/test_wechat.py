"""Signing in from a mini-program: the exchange, the link, the rotating tokens, the end."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

import settings
from engines.session_tokens import ISSUER, SessionKeyBroken, SessionTokens, load_or_create
from models import AccountLink, AuditEntry, Device, Event, IdempotencyRecord, LinkCode
from ops.client import Client, Json, Refused, RequestFailed
from ops.embedded import EngineUrls
from ops.road import FUJIAN
from ops.world import cast
from policy.terms import EventKind, Role
from services.topics import member_topic
from tests.family.people import Relative
from tests.house import House, open_house
from tests.road.walk import Walk
from tests.sessions import words
from tests.sessions.phone import Phone
from tests.sessions.wechat import Wechat, wechat

PATIENT = FUJIAN.patient
ME = "query { member { id } }"


@pytest.fixture(scope="module")
async def stand_in() -> AsyncIterator[Wechat]:
    """What speaks as WeChat does."""
    async with wechat() as found:
        yield found


@pytest.fixture(scope="module")
async def home(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory, stand_in: Wechat
) -> AsyncIterator[House]:
    """A house whose mini-program asks the stand-in."""
    folder: Path = tmp_path_factory.mktemp("home")
    async with open_house(module_database, engines.redis_url, folder, stand_in.url) as opened:
        yield opened


@pytest.fixture
def phone(home: House, stand_in: Wechat) -> Phone:
    """A phone that was never seen before."""
    stand_in.misbehaves = ""
    home.later(minutes=11)
    return Phone(home, stand_in)


def patient(phone: Phone) -> Relative:
    """The member whose phone it is."""
    return Relative(phone.house, PATIENT)


async def link_code(phone: Phone, psn_no: str = PATIENT) -> str:
    """What the agency's clerk gives out to a member who is present."""
    clerk = phone.house.client(Role.AGENCY, cast.FUJIAN_AREA)
    return str((await clerk.do(words.LINK_CODE, psnNo=psn_no))["code"])


async def linked(phone: Phone) -> Phone:
    """A phone that belongs to the patient."""
    await phone.sign_in()
    await phone.link(patient(phone), await link_code(phone))
    return phone


async def refused(attempt: object) -> list[str]:
    """The codes with which an attempt is refused."""
    with pytest.raises(Refused) as refusal:
        await attempt  # type: ignore[misc]  # an awaitable
    return refusal.value.codes


async def failed(attempt: object) -> str:
    """The code with which an attempt fails."""
    with pytest.raises(RequestFailed) as failure:
        await attempt  # type: ignore[misc]  # an awaitable
    code: str = failure.value.errors[0]["extensions"]["code"]
    return code


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


async def test_another_agency_gives_out_no_code(phone: Phone) -> None:
    clerk = phone.house.client(Role.AGENCY, cast.SHANXI_AREA)

    assert await failed(clerk.do(words.LINK_CODE, psnNo=PATIENT)) == "NOT_FOUND"


async def test_an_answer_that_was_lost_is_given_again_and_a_copied_token_ends_the_device(
    phone: Phone,
) -> None:
    await linked(phone)
    first = phone.session["refreshToken"]

    second = await phone.refresh(first)
    again = await phone.refresh(first)
    third = await phone.refresh(second["refreshToken"])
    copied = await refused(phone.refresh(first))
    after = await refused(phone.refresh(third["refreshToken"]))

    assert again["refreshToken"] == second["refreshToken"] != first
    assert copied == after == ["SESSION_ENDED"]


async def test_a_token_used_before_and_shown_late_ends_the_device(phone: Phone) -> None:
    await linked(phone)
    first = phone.session["refreshToken"]
    second = await phone.refresh(first)
    phone.house.later(seconds=31)

    copied = await refused(phone.refresh(first))

    assert copied == ["SESSION_ENDED"]
    assert await refused(phone.refresh(second["refreshToken"])) == ["SESSION_ENDED"]


async def test_two_refreshes_at_once_give_one_next_token(phone: Phone) -> None:
    await linked(phone)

    found = await asyncio.gather(*(phone.refresh() for _ in range(6)))

    assert len({one["refreshToken"] for one in found}) == 1


@pytest.mark.parametrize("token", ["", "x", "0" * 104, "令" * 104], ids=["空", "短", "假", "汉字"])
async def test_a_made_up_refresh_token_ends_nothing(phone: Phone, token: str) -> None:
    await linked(phone)

    made_up = await refused(phone.send(words.REFRESH, refreshToken=token))
    bent = await refused(phone.send(words.REFRESH, refreshToken=phone.session["refreshToken"][:-1] + "g"))

    assert made_up == bent == ["SESSION_ENDED"]
    assert (await phone.refresh())["isLinked"]


async def test_a_device_that_is_not_used_for_a_month_is_signed_out(phone: Phone) -> None:
    await linked(phone)
    phone.house.later(days=29)
    await phone.refresh()
    session = await phone.refresh()
    phone.house.later(days=31)

    assert await refused(phone.refresh(session["refreshToken"])) == ["SESSION_ENDED"]


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


async def test_an_access_token_ends_after_ten_minutes(phone: Phone) -> None:
    await linked(phone)
    await phone.client.execute(ME)

    phone.house.later(minutes=11)
    answer = await phone.house.http.post(
        f"{phone.house.url}/graphql", json={"query": ME}, headers=phone.client.headers
    )

    assert answer.status_code == 401


async def test_a_token_of_ours_for_another_role_or_by_another_key_is_none(
    phone: Phone, tmp_path: Path
) -> None:
    tokens = phone.house.tools.sessions.tokens  # type: ignore[union-attr]  # the house's own
    key = tokens._signing
    now = int(phone.house.now().timestamp())
    claims = {"iss": ISSUER, "aud": settings.OIDC_AUDIENCE, "sub": "x", "nbf": now, "exp": now + 60}
    supervisor = jwt.encode({"alg": "ES256", "kid": key.kid}, claims | {"role": "SUPERVISOR"}, key)
    foreign = ECKey.import_key(fresh_key(tmp_path / "other.json"))
    member = {"role": "PATIENT", "member": patient(phone).id}
    forged = jwt.encode({"alg": "ES256", "kid": key.kid}, claims | member, foreign)
    from_issuer = jwt.encode({"alg": "ES256", "kid": key.kid}, claims | member | {"iss": "other"}, key)

    for token in (supervisor, forged, from_issuer):
        client = Client(phone.house.url, token, phone.house.http)
        answer: httpx.Response = await client.http.post(
            f"{client.url}/graphql", json={"query": ME}, headers=client.headers
        )
        assert answer.status_code == 401


async def test_neither_openid_nor_tokens_nor_numbers_are_kept(phone: Phone) -> None:
    await linked(phone)
    await phone.refresh()

    tables = (Device, AccountLink, LinkCode, IdempotencyRecord, AuditEntry, Event)
    kept = "".join([str(row) for table in tables for row in await table.all().values()])

    secrets = [phone.openid, phone.session["refreshToken"], await patient(phone).number()]
    assert [secret for secret in secrets if secret in kept] == []


@pytest.mark.parametrize("text", ["{", "[]", '{"kty": "oct", "k": "AAAA"}', '{"keys": []}', "/nowhere"])
def test_a_broken_session_key_stops_the_program_without_showing_it(text: str, home: House) -> None:
    with pytest.raises(SessionKeyBroken):
        SessionTokens.read(text, audience="yaolu", now=home.now)


def fresh_key(path: Path) -> Json:
    """A key as its file holds it."""
    key: Json = json.loads(Path(load_or_create(path)).read_text())
    return key


async def test_a_second_key_checks_what_it_signed_before(home: House, tmp_path: Path) -> None:
    old, new = fresh_key(tmp_path / "a"), fresh_key(tmp_path / "b")
    before = SessionTokens.read(json.dumps(old), audience="yaolu", now=home.now)
    after = SessionTokens.read(json.dumps({"keys": [new, old]}), audience="yaolu", now=home.now)
    member = str(uuid4())

    token, _ = before.access_token(member)

    assert (await after.verify(token)).member == member
    assert after.is_ours(token)
    assert not before.is_ours(after.access_token(member)[0])
