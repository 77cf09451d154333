"""Tokens of all sorts, and an issuer that publishes its keys (签发令牌)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from joserfc import jws, jwt
from joserfc.jwk import ECKey

import settings
from engines.jwks import KeySource
from engines.tokens import TokenVerifier

NOW = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)


def now() -> datetime:
    return NOW


def verifier_of(location: str, clock: Callable[[], datetime] = now, **options: Any) -> TokenVerifier:
    return TokenVerifier(
        KeySource(location, **options),
        issuer=settings.OIDC_ISSUER,
        audience=settings.OIDC_AUDIENCE,
        now=clock,
    )


def claims(**changes: Any) -> dict[str, Any]:
    """Good claims with some changed, or left out for None."""
    said = {
        "iss": settings.OIDC_ISSUER,
        "aud": settings.OIDC_AUDIENCE,
        "sub": "hospital-1",
        "role": "HOSPITAL",
        "institution": "H35010200001",
        "nbf": int(NOW.timestamp()),
        "exp": int(NOW.timestamp()) + 60,
    }
    return {name: value for name, value in (said | changes).items() if value is not None}


def publish(path: Path, *keys: Any) -> str:
    path.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}))
    return str(path)


def sign(key: Any, said: dict[str, Any], **header: Any) -> str:
    return jwt.encode({"alg": "ES256", "kid": "k1", **header}, said, key, algorithms=None)


def sign_raw(key: ECKey, payload: bytes) -> str:
    return jws.serialize_compact({"alg": "ES256", "kid": "k1"}, payload, key)


@asynccontextmanager
async def issuing(keys: list[ECKey]) -> AsyncIterator[tuple[str, list[int]]]:
    """An issuer's address, and how often it was visited."""
    visits: list[int] = []
    body = json.dumps({"keys": [key.as_dict(private=False) for key in keys]}).encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        visits.append(1)
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/jwks", visits
