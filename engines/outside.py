"""Asking those outside (外部服务) over HTTP: WeChat, the payment provider, the issuer of tokens."""

from functools import cache
from ssl import SSLContext

import httpx


@cache
def trusted() -> SSLContext:
    """Whom this process trusts (受信任的证书).

    Read once: the certificates take a tenth of a second, in which nobody else gets an answer.
    """
    return httpx.create_ssl_context()


def outside(seconds: float) -> httpx.AsyncClient:
    """A client for one question (外部请求), to be answered within so many seconds."""
    return httpx.AsyncClient(timeout=seconds, verify=trusted())
