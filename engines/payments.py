"""What a payment provider is asked and answers (支付渠道): a protocol that adapters fulfil.

Everything is idempotent by our own numbers: asked again, a provider gives the same order or refund.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class ProviderAway(Exception):
    """The provider can't be reached, or its answer can't be believed (支付渠道不可用): try again."""


class ProviderRefused(Exception):
    """The provider will not do it (支付渠道拒绝); the code is its own."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"The provider refused: {code}.")


class NoticeForged(Exception):
    """A notification that the provider did not sign, or that can't be read (通知验签失败)."""


class OrderState(StrEnum):
    """State of an order at the provider (渠道订单状态); UNKNOWN: it has no such order."""

    UNPAID = "UNPAID"
    PAID = "PAID"
    CLOSED = "CLOSED"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An order to make (下单), in yuan; `subject` is what the payer reads and says nothing of health."""

    number: str
    amount: Decimal
    subject: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """An order as the provider tells of it (渠道订单); `received` is what was paid, in yuan."""

    number: str
    state: OrderState
    received: Decimal | None = None
    trade_number: str = ""


@dataclass(frozen=True, slots=True)
class NewRefund:
    """Money to send back of a paid order (退款), in yuan."""

    number: str
    order_number: str
    amount: Decimal
    reason: str


class PaymentProvider(Protocol):
    """Takes money for pharmacies and sends it back (支付渠道)."""

    @property
    def name(self) -> str:
        """Its short name, as in the address of its notifications."""

    async def create(self, order: NewOrder) -> str:
        """Make the order; gives the address at which the payer pays."""

    async def query(self, number: str) -> Order:
        """The order as it stands."""

    async def close(self, number: str) -> Order:
        """Let nobody pay the order any more; gives it as it then stands, which may be paid."""

    async def refund(self, refund: NewRefund) -> bool:
        """Send money back; gives whether it has arrived already."""

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> Order:
        """The order that a notification tells of; raises `NoticeForged`."""
