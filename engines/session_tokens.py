"""Tokens of our own (本系统令牌), for members who signed in from a mini-program."""

import json
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Self

from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from engines.keys import publish_secret
from engines.tokens import ALGORITHMS, TOKEN_BYTES_MAX, Claims, TokenInvalid, TokenVerifier
from policy.terms import Role

ISSUER = "yaolu:session"
LIFE = timedelta(minutes=10)


class SessionKeyBroken(Exception):
    """The key of our own tokens can't be read; the sentence says what to mend, never the key."""


class SessionTokens:
    """Sign and check short-lived tokens of members (访问令牌). The first key signs, every key checks.

    They are for patients alone: a token of ours that names another role is none.
    """

    def __init__(self, keys: Sequence[ECKey], *, audience: str, now: Callable[[], datetime]) -> None:
        if not keys:
            raise SessionKeyBroken("SESSION_KEY holds no key.")
        self._signing = keys[0]
        self._keys = {str(key.kid): key for key in keys}
        self._audience, self._now = audience, now
        self._verifier = TokenVerifier(self, issuer=ISSUER, audience=audience, now=now)

    @classmethod
    def read(cls, source: str, *, audience: str, now: Callable[[], datetime]) -> Self:
        """Those of a setting: a JWK or a set of them, as JSON or the path of its file."""
        try:
            text = source if source.lstrip().startswith("{") else Path(source).read_text(encoding="utf-8")
            document = json.loads(text)
            entries = document.get("keys", [document])
            keys = [ECKey.import_key(entry) for entry in entries]
        except (OSError, ValueError, TypeError, AttributeError, JoseError) as error:
            raise SessionKeyBroken(f"SESSION_KEY can't be read: {type(error).__name__}.") from None
        if any(key.curve_name != "P-256" or not key.is_private for key in keys):
            raise SessionKeyBroken("SESSION_KEY must hold private P-256 keys.")
        for key in keys:
            key.ensure_kid()
        return cls(keys, audience=audience, now=now)

    async def find(self, key_id: str, algorithm: str) -> ECKey | None:
        """The key of that id, when it is one of ours."""
        return self._keys.get(key_id) if algorithm == "ES256" else None

    def is_ours(self, token: str) -> bool:
        """Whether the token says that one of our keys has signed it."""
        if len(token) > TOKEN_BYTES_MAX:
            return False
        try:
            header = jws.extract_compact(token.encode()).headers()
        except (JoseError, ValueError, TypeError, RecursionError):
            return False
        key_id = header.get("kid")
        return isinstance(key_id, str) and key_id in self._keys

    def access_token(self, member_id: str) -> tuple[str, datetime]:
        """A token for a member, and when it ends."""
        now = self._now()
        ends = now + LIFE
        claims = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": member_id,
            "role": Role.PATIENT.value,
            "member": member_id,
            "iat": int(now.timestamp()),
            "nbf": int(now.timestamp()),
            "exp": int(ends.timestamp()),
        }
        header = {"alg": ALGORITHMS[0], "kid": self._signing.kid}
        return jwt.encode(header, claims, self._signing), ends

    async def verify(self, token: str) -> Claims:
        """The claims of a token of ours; raise TokenInvalid."""
        claims = await self._verifier.verify(token)
        if claims.role is not Role.PATIENT:
            raise TokenInvalid("令牌的角色不正确。")
        return claims


class EitherVerifier:
    """Check a token by whoever signed it: our own keys, or the issuer's (双签发校验)."""

    def __init__(self, own: SessionTokens, issuer: TokenVerifier) -> None:
        self._own, self._issuer = own, issuer

    async def verify(self, token: str) -> Claims:
        """Give the claims of a good token; raise TokenInvalid or KeysUnavailable."""
        verifier = self._own if self._own.is_ours(token) else self._issuer
        return await verifier.verify(token)


def load_or_create(path: Path) -> str:
    """The file of a key made on first use (首次生成), for development; who is late takes the first one's."""
    if not path.exists():
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        publish_secret(path, json.dumps(key.as_dict(private=True)))
    return str(path)
