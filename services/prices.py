"""Which price ceiling holds where (限价), and what the insurance takes as the standard."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from models import Institution
from policy.prices import Ceiling, ceiling, payment_standard
from services.facts import prices_by_drug


async def ceilings(codes: Iterable[str], pharmacy: Institution, on: date) -> dict[str, Ceiling | None]:
    """The highest price (最高限价) each drug may be sold at in this pharmacy on this day."""
    wanted = list(codes)
    prices = await prices_by_drug(wanted, pharmacy.area)
    return {
        code: ceiling(prices.get(code, ()), pharmacy.area, on, joined_vbp=pharmacy.joined_vbp)
        for code in wanted
    }


async def payment_standards(codes: Iterable[str], area: str, on: date) -> dict[str, Decimal | None]:
    """The payment standard (医保支付标准, SX-21) of each drug in this area on this day."""
    wanted = list(codes)
    prices = await prices_by_drug(wanted, area)
    return {code: payment_standard(prices.get(code, ()), area, on) for code in wanted}
