"""Asking those outside (外部服务) over HTTP: WeChat, the payment provider, the issuer of tokens."""

from contextlib import suppress
from functools import cache
from importlib import import_module
from ssl import SSLContext

import httpx

LATE = ("httpcore", "h11", "anyio._backends._asyncio")
"""What httpx loads no sooner than with its first question."""


def prepare() -> None:
    """Load what questions need (预先加载), rather than while somebody waits: a seventh of a second in all."""
    trusted()
    for name in LATE:
        with suppress(ModuleNotFoundError):
            import_module(name)


@cache
def trusted() -> SSLContext:
    """Whom this process trusts (受信任的证书).

    Read once: the certificates take a tenth of a second, in which nobody else gets an answer.
    """
    return httpx.create_ssl_context()


def outside(seconds: float) -> httpx.AsyncClient:
    """A client for one question (外部请求), to be answered within so many seconds."""
    return httpx.AsyncClient(timeout=seconds, verify=trusted())
