"""Which price ceiling holds where (限价), and what the insurance takes as the standard."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from models import Institution
from policy.prices import Ceiling, DatedPrice, ceiling, payment_standard
from services.facts import prices_by_drug
from services.law import lawful

Prices = Mapping[str, Sequence[DatedPrice]]
"""What is published of each drug (公布的价格), as `prices_by_drug` gives it."""


async def ceilings(
    codes: Iterable[str], pharmacy: Institution, on: date, prices: Prices | None = None
) -> dict[str, Ceiling | None]:
    """The highest price (最高限价) each drug may be sold at in this pharmacy on this day.

    `prices` are those that reach the pharmacy's area, when the caller has read them already. `Refused`
    where no regulation is in force.
    """
    wanted = list(codes)
    if prices is None:
        prices = await prices_by_drug(wanted, pharmacy.area)
    with lawful():
        return {
            code: ceiling(prices.get(code, ()), pharmacy.area, on, joined_vbp=pharmacy.joined_vbp)
            for code in wanted
        }


def payment_standards(codes: Iterable[str], area: str, on: date, prices: Prices) -> dict[str, Decimal | None]:
    """The payment standard (医保支付标准, SX-21) of each drug in this area on this day, by law."""
    with lawful():
        return {code: payment_standard(prices.get(code, ()), area, on) for code in codes}
