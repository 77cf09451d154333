"""Sale prices above the ceiling, and those that must follow a cut soon (零售价格监测, FJ-6.4, FJ-9.1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from policy.parameters import ParameterNotFound, parameter
from policy.prices import Ceiling, DatedPrice, ceiling, follows, listing_platform, of_kind
from policy.rule import rule
from policy.terms import PriceKind

DAY = timedelta(days=1)


class PriceAlertKind(StrEnum):
    """What is wrong with a sale price (价格预警类型)."""

    ABOVE_CEILING = "ABOVE_CEILING"
    MUST_FOLLOW = "MUST_FOLLOW"


@dataclass(frozen=True, slots=True)
class PriceAlert:
    """A sale price that is too high now or will be soon (价格预警).

    `ceiling` is the one that is or will be broken; `last_day` the last day on which the price was or is
    still allowed, None where it never was.
    """

    kind: PriceAlertKind
    price: Decimal
    ceiling: Ceiling
    last_day: date | None


def price_alert(
    price: Decimal, prices: Sequence[DatedPrice], area: str, on: date, *, joined_vbp: bool
) -> PriceAlert | None:
    """What is wrong with a sale price on that day (价格预警), if anything."""
    top = ceiling(prices, area, on, joined_vbp=joined_vbp)
    if top is None:
        return None
    if price > top.amount:
        ran_out = allowed_until(price, prices, area, on) if top.kind is PriceKind.LISTED else None
        if ran_out is not None:
            follow = parameter("price_follow_days", area, on=on)
            top = Ceiling(top.amount, top.kind, follow.rule, rule(follow.rule).basis)
        return PriceAlert(PriceAlertKind.ABOVE_CEILING, price, top, ran_out)
    for day in changing_days(prices, area, on):
        try:
            coming = ceiling(prices, area, day, joined_vbp=joined_vbp)
        except ParameterNotFound:
            return None  # the regulation ends before
        if coming is not None and price > coming.amount:
            return PriceAlert(PriceAlertKind.MUST_FOLLOW, price, coming, day - DAY)
    return None


def allowed_until(price: Decimal, prices: Sequence[DatedPrice], area: str, on: date) -> date | None:
    """The day the term to follow a cut ran out for this price (调整到位期限), if a cut made it too high."""
    term = timedelta(days=parameter("price_follow_days", area, on=on).days)
    platform = listing_platform(area, on)
    history = sorted(
        (one for one in of_kind(prices, PriceKind.LISTED) if one.source == platform and one.since <= on),
        key=lambda one: one.since,
    )
    cuts = [
        new.since
        for old, new in pairwise(history)
        if follows(old, new) and old.amount >= price > new.amount and new.since + term < on
    ]
    return max(cuts) + term if cuts else None


def changing_days(prices: Sequence[DatedPrice], area: str, on: date) -> Iterator[date]:
    """The days ahead on which the ceiling may change (限价变动日), within the term to follow a cut."""
    term = timedelta(days=parameter("price_follow_days", area, on=on).days)
    found = set()
    for one in prices:
        found |= {one.since, one.since + term + DAY}
        if one.until is not None:
            found.add(one.until + DAY)
    yield from sorted(day for day in found if on < day <= on + term + DAY)


def is_due_soon(alert: PriceAlert, area: str, on: date) -> bool:
    """Whether the pharmacy is warned today (提醒): the term to follow ends within the days we set."""
    if alert.kind is not PriceAlertKind.MUST_FOLLOW or alert.last_day is None:
        return False
    return (alert.last_day - on).days <= parameter("price_follow_warning", area, on=on).days
