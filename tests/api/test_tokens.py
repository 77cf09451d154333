"""Tokens: what is taken, what is refused, and in which words."""

import asyncio
import json
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

import settings
from engines.jwks import KeySource, KeysUnavailable
from engines.tokens import Claims, TokenExpired, TokenInvalid, TokenVerifier
from ops.issuer import DevelopmentIssuer, IssuerRefused
from policy.terms import Role
from tests.api.door import MEMBER
from tests.api.signing import NOW, claims, issuing, now, publish, sign, sign_raw, verifier_of


@pytest.fixture
def issuer(tmp_path: Path) -> DevelopmentIssuer:
    return DevelopmentIssuer(tmp_path, now=now)


@pytest.fixture
def verifier(issuer: DevelopmentIssuer) -> TokenVerifier:
    return verifier_of(str(issuer.jwks_file))


@pytest.fixture
def key(tmp_path: Path) -> ECKey:
    return ECKey.generate_key("P-256", {"kid": "k1"})


@pytest.fixture
def by_key(tmp_path: Path, key: ECKey) -> TokenVerifier:
    return verifier_of(publish(tmp_path / "jwks.json", key))


async def test_gives_the_claims_of_a_good_token(issuer: DevelopmentIssuer, verifier: TokenVerifier) -> None:
    token = issuer.token(Role.PATIENT, "p1", member=MEMBER, name="示例参保人01", ttl=timedelta(minutes=5))

    found = await verifier.verify(token)

    assert found == Claims("p1", Role.PATIENT, MEMBER, None, None, "示例参保人01", NOW + timedelta(minutes=5))


async def test_takes_rsa_and_audiences_in_a_list(tmp_path: Path) -> None:
    key = RSAKey.generate_key(2048, {"kid": "r1"})
    verifier = verifier_of(publish(tmp_path / "jwks.json", key))
    token = sign(key, claims(aud=["other", settings.OIDC_AUDIENCE]), alg="RS256", kid="r1")

    assert (await verifier.verify(token)).role is Role.HOSPITAL


async def test_allows_for_clocks_that_differ_by_half_a_minute(by_key: TokenVerifier, key: ECKey) -> None:
    late = sign(key, claims(exp=int(NOW.timestamp()) - 29))
    early = sign(key, claims(nbf=int(NOW.timestamp()) + 30))

    assert (await by_key.verify(late)).expires_at < NOW
    assert await by_key.verify(early)


async def test_says_when_a_token_expired(by_key: TokenVerifier, key: ECKey) -> None:
    token = sign(key, claims(exp=int(NOW.timestamp()) - 30))

    with pytest.raises(TokenExpired, match="2026-03-16 09:29:30"):
        await by_key.verify(token)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"exp": None}, "exp"),
        ({"exp": "soon"}, "exp"),
        ({"exp": True}, "exp"),
        ({"exp": 10**18}, "exp"),
        ({"exp": float("nan")}, "exp"),
        ({"nbf": None}, "nbf"),
        ({"nbf": int(NOW.timestamp()) + 31}, "nbf"),
        ({"iss": None}, "iss"),
        ({"iss": "https://elsewhere.example"}, "iss"),
        ({"iss": ["https://elsewhere.example"]}, "iss"),
        ({"aud": None}, "aud"),
        ({"aud": "other"}, "aud"),
        ({"aud": []}, "aud"),
        ({"aud": {"yaolu": 1}}, "aud"),
        ({"sub": None}, "sub"),
        ({"sub": 7}, "sub"),
        ({"sub": ""}, "sub"),
        ({"role": None}, "role"),
        ({"role": "KING"}, "role"),
        ({"role": ["HOSPITAL"]}, "role"),
        ({"institution": None}, "institution"),
        ({"institution": 5}, "institution"),
        ({"institution": ""}, "institution"),
        ({"name": {"a": 1}}, "name"),
        ({"role": "PATIENT"}, "member"),
        ({"role": "AGENCY"}, "area"),
    ],
)
async def test_refuses_claims_that_do_not_fit(
    by_key: TokenVerifier, key: ECKey, changes: dict[str, Any], words: str
) -> None:
    token = sign(key, claims(**changes))

    with pytest.raises(TokenInvalid, match=words):
        await by_key.verify(token)


async def test_refuses_keys_and_algorithms_of_its_own_choice(by_key: TokenVerifier, key: ECKey) -> None:
    secret = OctKey.import_key(json.dumps(key.as_dict(private=False)) * 2)
    stranger = ECKey.generate_key("P-256", {"kid": "k1"})
    signed = sign(key, claims())
    bad = {
        "none": "eyJhbGciOiJub25lIiwia2lkIjoiazEifQ." + signed.split(".")[1] + ".",
        "hmac": jwt.encode({"alg": "HS256", "kid": "k1"}, claims(), secret, algorithms=["HS256"]),
        "stranger": sign(stranger, claims()),
        "no kid": jwt.encode({"alg": "ES256"}, claims(), key),
        "unknown kid": sign(key, claims(), kid="k2"),
        "a part too many": signed.replace(".", "..", 1),
        "cut": signed[:-2],
        "empty": "",
        "dots": "..",
        "text": "hello",
        "other letters": "é.é.é",
        "long": "x" * 10_000,
        "payload a list": sign_raw(key, b"[1]"),
        "payload no JSON": sign_raw(key, b"{"),
    }

    refused: list[str] = []
    for name, token in bad.items():
        with suppress(TokenInvalid):
            await by_key.verify(token)
            continue
        refused.append(name)

    assert refused == list(bad)


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_passes_over_keys_that_may_not_sign(tmp_path: Path, key: ECKey) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    other = ECKey.generate_key("P-384", {"kid": "other"})
    sealing = ECKey.generate_key("P-256", {"kid": "sealing", "use": "enc"})
    verifier = verifier_of(publish(tmp_path / "jwks.json", weak, other, sealing, key))

    with pytest.raises(TokenInvalid, match="kid"):
        await verifier.verify(sign(weak, claims(), alg="RS256", kid="weak"))
    with pytest.raises(TokenInvalid, match="kid"):
        await verifier.verify(sign(key, claims(), kid="sealing"))
    assert await verifier.verify(sign(key, claims()))


async def test_a_signature_that_was_proved_does_not_outlive_its_token(tmp_path: Path, key: ECKey) -> None:
    clock = [NOW]
    verifier = verifier_of(publish(tmp_path / "jwks.json", key), lambda: clock[0])
    token = sign(key, claims())
    first = await verifier.verify(token)
    again = await verifier.verify(token)
    clock[0] += timedelta(minutes=5)

    with pytest.raises(TokenExpired):
        await verifier.verify(token)
    assert first == again


async def test_a_signature_that_was_proved_does_not_outlive_its_key(tmp_path: Path, key: ECKey) -> None:
    verifier = verifier_of(publish(tmp_path / "jwks.json", key), again_after=0)
    token = sign(key, claims())
    await verifier.verify(token)
    impostor = ECKey.generate_key("P-256", {"kid": "k1"})
    publish(tmp_path / "jwks.json", impostor)
    with pytest.raises(TokenInvalid):
        await verifier.verify(sign(key, claims(), kid="makes it read again"))

    with pytest.raises(TokenInvalid, match="签名"):
        await verifier.verify(token)


async def test_reads_new_keys_when_it_meets_an_unknown_one(tmp_path: Path, key: ECKey) -> None:
    verifier = verifier_of(publish(tmp_path / "jwks.json", key), again_after=0)
    await verifier.verify(sign(key, claims()))
    newer = ECKey.generate_key("P-256", {"kid": "k2"})
    publish(tmp_path / "jwks.json", key, newer)

    assert await verifier.verify(sign(newer, claims(), kid="k2"))


async def test_reads_keys_seldom_however_many_unknown_ones_come(key: ECKey) -> None:
    async with issuing([key]) as (address, visits):
        verifier = verifier_of(address)
        await verifier.verify(sign(key, claims()))
        for number in range(20):
            with pytest.raises(TokenInvalid):
                await verifier.verify(sign(key, claims(), kid=f"made-up-{number}"))

        assert visits == [1]


async def test_reads_keys_once_for_many_callers(key: ECKey) -> None:
    async with issuing([key]) as (address, visits):
        verifier = verifier_of(address)
        await asyncio.gather(*(verifier.verify(sign(key, claims())) for _ in range(20)))

        assert visits == [1]


@pytest.mark.parametrize("document", [b"", b"{", b"[]", b'{"keys":[]}', b'{"keys":{}}', b'{"keys":[1,{}]}'])
async def test_says_that_keys_cannot_be_read(tmp_path: Path, key: ECKey, document: bytes) -> None:
    (tmp_path / "jwks.json").write_bytes(document)
    verifier = verifier_of(str(tmp_path / "jwks.json"))

    with pytest.raises(KeysUnavailable):
        await verifier.verify(sign(key, claims()))


async def test_keeps_good_keys_while_the_issuer_is_away(tmp_path: Path, key: ECKey) -> None:
    verifier = verifier_of(publish(tmp_path / "jwks.json", key), again_after=0)
    await verifier.verify(sign(key, claims()))
    (tmp_path / "jwks.json").unlink()

    with pytest.raises(TokenInvalid):
        await verifier.verify(sign(key, claims(), kid="k2"))
    assert await verifier.verify(sign(key, claims()))


def test_verifies_for_somebody_only(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="OIDC_ISSUER"):
        TokenVerifier(KeySource(""), issuer="", audience="yaolu", now=now)


def test_the_development_issuer_keeps_its_key_to_itself(tmp_path: Path, issuer: DevelopmentIssuer) -> None:
    again = DevelopmentIssuer(tmp_path, now=now)

    assert (issuer.jwks_file.parent / "key.json").stat().st_mode & 0o777 == 0o600
    assert issuer.jwks_file.stat().st_mode & 0o777 == 0o600
    assert '"d"' not in issuer.jwks_file.read_text()
    assert again.jwks_file.read_text() == issuer.jwks_file.read_text()


def test_the_development_issuer_refuses_production(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YAOLU_ENV", "production")

    with pytest.raises(IssuerRefused, match="production"):
        DevelopmentIssuer(tmp_path, now=now)
    assert not list(tmp_path.iterdir())
