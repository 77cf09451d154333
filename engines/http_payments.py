"""A payment provider over HTTP (支付渠道的 HTTP 接口): signed requests, signed answers, signed notifications.

The dialect stands in docs/payments.md. Neither the key nor a payer gets into a log.
"""

import json
import secrets
from collections.abc import Mapping
from decimal import Decimal
from time import time
from typing import Any

import httpx
import structlog

import settings
from engines.outside import outside, prepare
from engines.payments import (
    NewOrder,
    NewRefund,
    NoticeForged,
    Order,
    OrderState,
    ProviderAway,
    ProviderRefused,
)
from engines.signatures import is_signed, sign

SECONDS = 5.0
FEN = Decimal(100)
REFUSALS = range(400, 500)
NOT_NOW = (404, 408, 425, 429)
"""Answers below 500 that say nothing about the order itself."""

log = structlog.get_logger(__name__)


class HttpPayments:
    """A provider at an address (支付渠道), with our merchant number and the key that both sides know."""

    def __init__(
        self, name: str, url: str, merchant: str, key: str, notify_url: str = "", seconds: float = SECONDS
    ) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self._merchant, self._key = merchant, key.encode()
        self._notify_url = notify_url
        self.seconds = seconds
        # now, rather than while somebody waits
        prepare()

    async def create(self, order: NewOrder) -> str:
        """Make the order; gives the address at which the payer pays."""
        said = await self._ask(
            "POST",
            "/orders",
            number=order.number,
            amount=fen(order.amount),
            subject=order.subject,
            expires_at=order.expires_at.isoformat(),
            notify_url=self._notify_url,
        )
        address = said.get("pay_url")
        if said.get("number") != order.number or not isinstance(address, str) or not 1 <= len(address) <= 500:
            raise ProviderAway("the answer to a new order makes no sense")
        return address

    async def query(self, number: str) -> Order:
        """The order as it stands."""
        return await self._order("GET", f"/orders/{number}", number)

    async def close(self, number: str) -> Order:
        """Close the order; gives it as it then stands."""
        return await self._order("POST", f"/orders/{number}/close", number)

    async def refund(self, refund: NewRefund) -> bool:
        """Send money back; gives whether it has arrived already."""
        said = await self._ask(
            "POST",
            f"/orders/{refund.order_number}/refunds",
            number=refund.number,
            amount=fen(refund.amount),
            reason=refund.reason,
        )
        if said.get("number") != refund.number or said.get("amount") != fen(refund.amount):
            raise ProviderAway("the answer to a refund makes no sense")
        return said.get("state") == "DONE"

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Order:
        """The order that a notification tells of; raises `NoticeForged`."""
        parts = [headers.get(f"x-{name}", "") for name in ("merchant", "timestamp", "nonce")]
        signature = headers.get("x-signature", "")
        if parts[0] != self._merchant or not is_signed(signature, self._key, "NOTIFY", *parts, body):
            raise NoticeForged
        try:
            return order_of(json.loads(body))
        except (ValueError, ProviderAway) as error:
            raise NoticeForged from error

    async def _order(self, method: str, path: str, number: str) -> Order:
        try:
            found = order_of(await self._ask(method, path))
        except OrderUnknown:
            return Order(number, OrderState.UNKNOWN)
        if found.number != number:
            raise ProviderAway("the answer is about another order")
        return found

    async def _ask(self, method: str, path: str, **said: Any) -> dict[str, Any]:
        body = json.dumps(said).encode() if said else b""
        stamp, nonce = str(int(time())), secrets.token_hex(16)
        headers = {
            "Content-Type": "application/json",
            "X-Merchant": self._merchant,
            "X-Timestamp": stamp,
            "X-Nonce": nonce,
            "X-Signature": sign(self._key, method, path, self._merchant, stamp, nonce, body),
        }
        try:
            async with outside(self.seconds) as client:
                answer = await client.request(method, self._url + path, content=body, headers=headers)
        except httpx.HTTPError as error:
            log.warning("payments.away", error=type(error).__name__)
            raise ProviderAway(type(error).__name__) from error
        return self._read(answer, nonce)

    def _read(self, answer: httpx.Response, nonce: str) -> dict[str, Any]:
        """What was answered to the request of this nonce; an answer nobody signed is none."""
        signature = answer.headers.get("x-signature", "")
        if not is_signed(signature, self._key, "ANSWER", str(answer.status_code), nonce, answer.content):
            log.warning("payments.away", status=answer.status_code, error="unsigned")
            raise ProviderAway("an answer without the provider's signature")
        try:
            said = answer.json()
        except ValueError as error:
            raise ProviderAway("an answer that is no JSON") from error
        if not isinstance(said, dict):
            raise ProviderAway("an answer that is no object")
        if answer.status_code == 404:
            raise OrderUnknown
        if answer.status_code in REFUSALS and answer.status_code not in NOT_NOW:
            raise ProviderRefused(str(said.get("code", ""))[:64])
        if not answer.is_success:
            raise ProviderAway(f"status {answer.status_code}")
        return said


def payment_provider() -> HttpPayments | None:
    """The provider that the settings describe; None where no address is set."""
    if not settings.PAYMENT_URL:
        return None
    return HttpPayments(
        settings.PAYMENT_PROVIDER,
        settings.PAYMENT_URL,
        settings.PAYMENT_MERCHANT,
        settings.PAYMENT_KEY,
        settings.PAYMENT_NOTIFY_URL,
    )


class OrderUnknown(ProviderAway):
    """The provider has no such order (渠道没有此订单)."""


def fen(amount: Decimal) -> int:
    """An amount in fen (分): no fraction of one is ever paid."""
    exact = amount * FEN
    assert exact == exact.to_integral_value(), amount
    return int(exact)


def order_of(said: Any) -> Order:
    """The order of an answer or a notification."""
    try:
        received = said.get("received")
        if received is not None and (isinstance(received, bool) or not isinstance(received, int)):
            raise ValueError("received")
        found = Order(
            number=str(said["number"]),
            state=OrderState(said["state"]),
            received=None if received is None else Decimal(received) / FEN,
            trade_number=str(said.get("trade_number", ""))[:64],
        )
    except (AttributeError, KeyError, ValueError, TypeError) as error:
        raise ProviderAway("an order that makes no sense") from error
    if found.state is OrderState.PAID and (found.received is None or found.received <= 0):
        raise ProviderAway("a paid order without an amount")
    return found
