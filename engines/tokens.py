"""Tokens (令牌): who is calling, by a signed JWT and the issuer's published keys."""

import math
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from joserfc import jws, jwt
from joserfc.errors import ExpiredTokenError, InvalidClaimError, JoseError, MissingClaimError

from engines.jwks import PublicKey
from policy.terms import Role

ALGORITHMS = ["ES256", "RS256"]
LEEWAY = timedelta(seconds=30)
TOKEN_BYTES_MAX = 8 * 1024
PROVED_MAX = 4096
"""How many tokens a process remembers; checking a signature takes longer than all else about one."""

BEIJING = ZoneInfo("Asia/Shanghai")

# What a token of each role must say besides the subject.
NEEDED: dict[Role, str] = {
    Role.PATIENT: "member",
    Role.PHARMACIST: "institution",
    Role.PHARMACY: "institution",
    Role.HOSPITAL: "institution",
    Role.AGENCY: "area",
}


class TokenInvalid(Exception):
    """A token that proves nothing (令牌无效)."""


class TokenExpired(TokenInvalid):
    """A token that was good once (令牌已过期)."""

    def __init__(self, expired_at: datetime) -> None:
        self.expired_at = expired_at
        moment = expired_at.astimezone(BEIJING)
        super().__init__(f"令牌已于北京时间 {moment:%Y-%m-%d %H:%M:%S} 过期，请重新取得令牌。")


@dataclass(frozen=True, slots=True)
class Claims:
    """What a verified token says of its bearer (令牌声明)."""

    subject: str
    role: Role
    member: str | None
    institution: str | None
    area: str | None
    name: str
    expires_at: datetime
    practitioner: str | None = None

    def is_expired(self, now: datetime) -> bool:
        """Whether the token is no longer taken at this instant, the leeway included."""
        return now >= self.expires_at + LEEWAY


@dataclass(frozen=True, slots=True)
class Proof:
    """A token that was checked (已校验的令牌): by which key, and when it begins."""

    key: PublicKey
    key_id: str
    algorithm: str
    not_before: float
    claims: Claims


class FindsKeys(Protocol):
    """Where the public keys of an issuer are found (公钥来源)."""

    async def find(self, key_id: str, algorithm: str) -> PublicKey | None:
        """The public key of that id, when it is one for that algorithm."""


class TokenVerifier:
    """Check tokens of one issuer for one audience (令牌校验)."""

    def __init__(self, keys: FindsKeys, *, issuer: str, audience: str, now: Callable[[], datetime]) -> None:
        if not issuer or not audience:
            raise ValueError("A token verifier needs OIDC_ISSUER and OIDC_AUDIENCE.")
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._now = now
        self._proved: OrderedDict[bytes, Proof] = OrderedDict()

    async def verify(self, token: str) -> Claims:
        """Give the claims of a good token; raise TokenExpired, TokenInvalid or KeysUnavailable."""
        if len(token) > TOKEN_BYTES_MAX:
            raise TokenInvalid("令牌过长。")
        digest = sha256(token.encode()).digest()
        proof = self._proved.get(digest)
        if proof is not None and await self._holds(proof):
            self._proved.move_to_end(digest)
            return proof.claims
        proof = self._proved[digest] = await self._prove(token)
        if len(self._proved) > PROVED_MAX:
            self._proved.popitem(last=False)
        return proof.claims

    async def _holds(self, proof: Proof) -> bool:
        """Whether the issuer still publishes the very key, and the token is in its time, without leeway."""
        now = self._now()
        is_in_time = proof.not_before <= now.timestamp() and now < proof.claims.expires_at
        return is_in_time and await self._keys.find(proof.key_id, proof.algorithm) is proof.key

    async def _prove(self, token: str) -> Proof:
        """Check everything about a token."""
        try:
            header = jws.extract_compact(token.encode()).headers()
        # joserfc lets errors of base64, JSON and text escape
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise TokenInvalid("令牌不是有效的 JWT。") from error
        algorithm, key_id = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise TokenInvalid("令牌的签名算法不被接受，只接受 ES256、RS256。")
        if not isinstance(key_id, str):
            raise TokenInvalid("令牌没有写明密钥编号(kid)。")
        key = await self._keys.find(key_id, algorithm)
        if key is None:
            raise TokenInvalid("令牌的密钥编号(kid)不在签发机构公布的密钥之中。")
        try:
            claims = jwt.decode(token, key, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError, TypeError, RecursionError) as error:
            raise TokenInvalid("令牌的签名不正确。") from error
        self._check_registered(claims)
        return Proof(key, key_id, algorithm, claims["nbf"], _claims(claims))

    def _check_registered(self, claims: dict[str, Any]) -> None:
        """Check exp, nbf, iss and aud, all of which must be there."""
        now = math.floor(self._now().timestamp())
        registry = jwt.JWTClaimsRegistry(
            now=now,
            leeway=int(LEEWAY.total_seconds()),
            exp={"essential": True},
            nbf={"essential": True},
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
        )
        try:
            registry.validate(claims)
            _instant(claims["exp"])
        except ExpiredTokenError as error:
            raise TokenExpired(_instant(claims["exp"])) from error
        except MissingClaimError as error:
            raise TokenInvalid(f"令牌缺少必需的声明：{error.claim}。") from error
        except InvalidClaimError as error:
            raise TokenInvalid(f"令牌的声明不正确：{error.claim}。") from error


def _claims(claims: dict[str, Any]) -> Claims:
    texts: dict[str, str | None] = {}
    for name in ("member", "institution", "area", "name", "practitioner"):
        value = claims.get(name)
        if value is not None and not (isinstance(value, str) and 0 < len(value) <= 128):
            raise TokenInvalid(f"令牌的声明不正确：{name}。")
        texts[name] = value
    try:
        role = Role(str(claims.get("role")))
    except ValueError as error:
        raise TokenInvalid("令牌没有写明已知的角色(role)。") from error
    needed = NEEDED.get(role)
    if needed is not None and texts[needed] is None:
        raise TokenInvalid(f"角色 {role} 的令牌必须写明 {needed}。")
    return Claims(
        subject=claims["sub"],
        role=role,
        member=texts["member"],
        institution=texts["institution"],
        area=texts["area"],
        name=texts["name"] or "",
        expires_at=_instant(claims["exp"]),
        practitioner=texts["practitioner"],
    )


def _instant(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError) as error:
        raise TokenInvalid("令牌的声明不正确：exp。") from error
