"""Published prices: the ceiling of a sale, and what the insurance counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from policy.parameters import parameter
from policy.rule import rule
from policy.terms import PriceKind


@dataclass(frozen=True, slots=True)
class DatedPrice:
    """A published price (价格) of a drug; `until` is its last day, `source` who published it."""

    kind: PriceKind
    amount: Decimal
    since: date
    until: date | None
    source: str

    def is_in_force(self, on: date) -> bool:
        """Whether the price holds on that day."""
        return self.since <= on and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class Ceiling:
    """The most a pharmacy may ask (最高售价), and which rule says so."""

    amount: Decimal
    kind: PriceKind
    rule: str
    basis: str


RULES: Mapping[PriceKind, str] = {PriceKind.AWARDED: "FJ-6.2", PriceKind.NEGOTIATED: "FJ-6.3"}


def ceiling(prices: Sequence[DatedPrice], area: str, on: date, *, joined_vbp: bool) -> Ceiling | None:
    """The lowest of the prices that bind a pharmacy of this area on that day (最高售价, FJ-2.8, FJ-6)."""
    found = []
    for word in parameter("price_ceilings", area, on=on).words:
        kind = PriceKind(word)
        if kind is PriceKind.LISTED:
            found += listed(prices, area, on)
        elif joined_vbp or kind is not PriceKind.AWARDED:
            found += published(prices, kind, on)
    return min(found, key=lambda limit: limit.amount, default=None)


def published(prices: Sequence[DatedPrice], kind: PriceKind, on: date) -> list[Ceiling]:
    """The ceiling by an awarded or negotiated price (中选价、谈判价, FJ-6.2, FJ-6.3)."""
    price = in_force(of_kind(prices, kind), on)
    return [Ceiling(price.amount, kind, RULES[kind], rule(RULES[kind]).basis)] if price else []


def listing_platform(area: str, on: date) -> str:
    """Whose listed prices bind a pharmacy of this area (挂网平台): in Sanming its own alliance's."""
    return parameter("listing_platform", area, on=on).text


def listed(prices: Sequence[DatedPrice], area: str, on: date) -> list[Ceiling]:
    """The ceiling by the listed price (挂网价): after a cut the old one for thirty days more (FJ-6.4)."""
    platform = parameter("listing_platform", area, on=on)
    history = sorted(
        (price for price in of_kind(prices, PriceKind.LISTED) if price.source == platform.text),
        key=lambda price: price.since,
    )
    current = in_force(history, on)
    if current is None:
        return []
    follow = parameter("price_follow_days", area, on=on)
    earliest = on - timedelta(days=follow.days)
    recent = [
        old
        for old, new in pairwise(history)
        if earliest <= new.since <= on and old.amount > current.amount and follows(old, new)
    ]
    if not recent:
        return [Ceiling(current.amount, PriceKind.LISTED, platform.rule, platform.basis)]
    highest = max(price.amount for price in recent)
    return [Ceiling(highest, PriceKind.LISTED, follow.rule, follow.basis)]


def follows(old: DatedPrice, new: DatedPrice) -> bool:
    """Whether the new price replaced the old one (调整), without a time unlisted between them."""
    return old.until is None or old.until >= new.since - timedelta(days=1)


def payment_standard(prices: Sequence[DatedPrice], area: str, on: date) -> Decimal | None:
    """The price within which the insurance counts (医保支付标准, SX-21); None where none is set."""
    if not parameter("payment_standard_applies", area, on=on).flag:
        return None
    price = in_force(of_kind(prices, PriceKind.PAYMENT_STANDARD), on)
    return price.amount if price else None


def of_kind(prices: Iterable[DatedPrice], kind: PriceKind) -> list[DatedPrice]:
    """The prices of one kind (价格类型)."""
    return [price for price in prices if price.kind is kind]


def in_force(prices: Iterable[DatedPrice], on: date) -> DatedPrice | None:
    """The price in force on that day, the latest if several are."""
    current = [price for price in prices if price.is_in_force(on)]
    return max(current, key=lambda price: price.since, default=None)
