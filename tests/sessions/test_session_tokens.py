"""The tokens of a session: what they prove, how they follow each other, when they end."""

import asyncio
import json
from base64 import b64encode
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

import settings
from engines.session_tokens import ISSUER, SessionKeyBroken, SessionTokens, load_or_create
from ops.client import Client, Json
from tests.house import House
from tests.sessions import words
from tests.sessions.phone import Phone, linked, patient, refused

ME = "query { member { id } }"


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

    # a key's id that is a list, in a header that joserfc would not write
    odd = ".".join((b64encode(b'{"alg":"ES256","kid":["x"]}').decode().rstrip("="), "e30", "AAAA"))

    for token in (supervisor, forged, from_issuer, odd):
        client = Client(phone.house.url, token, phone.house.http)
        answer: httpx.Response = await client.http.post(
            f"{client.url}/graphql", json={"query": ME}, headers=client.headers
        )
        assert answer.status_code == 401


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
