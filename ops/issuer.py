"""The development issuer (开发用令牌签发): signs tokens with a key of its own, never in production."""

import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import NamedTemporaryFile

from joserfc import jwt
from joserfc.jwk import ECKey

import settings
from policy.terms import Role

TTL = timedelta(hours=12)


class IssuerRefused(Exception):
    """The development issuer was asked to work in production."""


class DevelopmentIssuer:
    """Issue tokens for any role from a key under the home folder (开发令牌).

    Times come from `now`, the clock that verifies them.
    """

    def __init__(
        self,
        home: Path,
        *,
        now: Callable[[], datetime],
        issuer: str = settings.OIDC_ISSUER,
        audience: str = settings.OIDC_AUDIENCE,
    ) -> None:
        if settings.IS_PRODUCTION or os.environ.get("YAOLU_ENV") == "production":
            raise IssuerRefused("The development issuer does not work when YAOLU_ENV=production.")
        self.jwks_file = home / "issuer" / "jwks.json"
        self._now = now
        self._issuer = issuer
        self._audience = audience
        self._key = _load_or_create(home / "issuer")

    def token(
        self,
        role: Role,
        subject: str,
        *,
        member: str | None = None,
        institution: str | None = None,
        area: str | None = None,
        name: str | None = None,
        practitioner: str | None = None,
        ttl: timedelta = TTL,
    ) -> str:
        """Sign a token for that role (签发令牌)."""
        now = self._now()
        said = {
            "member": member,
            "institution": institution,
            "area": area,
            "name": name,
            "practitioner": practitioner,
        }
        claims = {
            "iss": self._issuer,
            "aud": self._audience,
            "sub": subject,
            "role": role.value,
            "iat": int(now.timestamp()),
            # An already expired token (ttl below zero) must still be well formed.
            "nbf": int(min(now, now + ttl).timestamp()),
            "exp": int((now + ttl).timestamp()),
            **{key: value for key, value in said.items() if value is not None},
        }
        return jwt.encode({"alg": "ES256", "kid": self._key.kid}, claims, self._key)


def _load_or_create(folder: Path) -> ECKey:
    """The one key of this folder; of several processes that start at once, the first one's."""
    private = folder / "key.json"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not private.exists():
        key = ECKey.generate_key("P-256", {"use": "sig", "alg": "ES256"}, auto_kid=True)
        _write_once(private, json.dumps(key.as_dict(private=True)))
    key = ECKey.import_key(json.loads(private.read_text()))
    public = json.dumps({"keys": [key.as_dict(private=False)]})
    jwks = folder / "jwks.json"
    if not jwks.exists() or jwks.read_text() != public:
        _replace(jwks, public)
    return key


def _write_once(path: Path, text: str) -> None:
    """Write a whole file, unless another process was first."""
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name) as file:
        # a temporary file is readable by its owner only (0600), and its link is too
        file.write(text)
        file.flush()
        try:
            os.link(file.name, path)
        except FileExistsError:
            return


def _replace(path: Path, text: str) -> None:
    with NamedTemporaryFile("w", dir=path.parent, prefix=path.name, delete=False) as file:
        file.write(text)
    Path(file.name).replace(path)
