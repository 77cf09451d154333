"""The issuer's published keys (签发机构公布的密钥), read from a file or an address and kept."""

import asyncio
import json
from pathlib import Path

import httpx
import structlog
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, JWKRegistry, RSAKey

from engines.outside import outside, prepare

KEY_TYPES = {"ES256": "EC", "RS256": "RSA"}
REFRESH_AFTER_SECONDS = 3600.0
REFRESH_AGAIN_SECONDS = 30.0
FETCH_SECONDS = 5.0
RSA_BITS_MIN = 2048

log = structlog.get_logger(__name__)

PublicKey = ECKey | RSAKey


class KeysUnavailable(Exception):
    """No key of the issuer could be read yet: a fault on our side of the token (无法取得密钥)."""


class KeySource:
    """Find the issuer's key by its id (按 kid 取公钥).

    Keys are read again every hour, so that a withdrawn key ends, and at once for an unknown id, but never
    twice within `again_after` seconds: a flood of made-up ids must not become one of requests to the issuer.
    """

    def __init__(self, location: str, *, again_after: float = REFRESH_AGAIN_SECONDS) -> None:
        self._location = location
        self._again_after = again_after
        self._keys: dict[str, PublicKey] = {}
        self._read_at = self._tried_at = float("-inf")
        self._lock = asyncio.Lock()
        if "://" in location:
            prepare()

    async def find(self, key_id: str, algorithm: str) -> PublicKey | None:
        """The public key of that id, when it is one for that algorithm."""
        if key_id not in self._keys or self._age(self._read_at) > REFRESH_AFTER_SECONDS:
            await self._refresh(key_id)
        if not self._keys:
            raise KeysUnavailable("The issuer's keys cannot be read; see OIDC_JWKS_URL or OIDC_JWKS_FILE.")
        key = self._keys.get(key_id)
        return key if key is not None and key.key_type == KEY_TYPES[algorithm] else None

    async def _refresh(self, key_id: str) -> None:
        async with self._lock:
            # Callers that waited here find what the first one read.
            if self._age(self._tried_at) < self._again_after:
                return
            self._tried_at = _seconds()
            try:
                self._keys = _public_keys(await self._fetch())
                self._read_at = self._tried_at
            except (httpx.HTTPError, OSError, ValueError, JoseError) as error:
                # Keys that were good keep working while the issuer is away.
                log.warning("tokens.keys_unreadable", error=type(error).__name__, known=len(self._keys))

    async def _fetch(self) -> bytes:
        if "://" not in self._location:
            return await asyncio.to_thread(Path(self._location).read_bytes)
        async with outside(FETCH_SECONDS) as client:
            answer = await client.get(self._location)
            return answer.raise_for_status().content

    @staticmethod
    def _age(instant: float) -> float:
        return _seconds() - instant


def _seconds() -> float:
    """Seconds of the event loop: for waiting only, no rule depends on them."""
    return asyncio.get_running_loop().time()


def _public_keys(document: bytes) -> dict[str, PublicKey]:
    """The keys of a set that may sign our tokens; others in it are passed over."""
    entries = json.loads(document)["keys"] if b'"keys"' in document else None
    if not isinstance(entries, list):
        raise ValueError("The document is no JSON Web Key Set.")
    keys: dict[str, PublicKey] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("kid"), str) or entry.get("use") == "enc":
            continue
        try:
            key = JWKRegistry.import_key(entry)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("tokens.key_passed_over", kid=entry["kid"], error=type(error).__name__)
            continue
        is_curve = isinstance(key, ECKey) and key.curve_name == "P-256"
        is_long = isinstance(key, RSAKey) and key.raw_value.key_size >= RSA_BITS_MIN
        if isinstance(key, ECKey | RSAKey) and (is_curve or is_long):
            keys[entry["kid"]] = key
    if not keys:
        raise ValueError("The key set holds no P-256 or RSA key.")
    return keys
