"""The yearly figures of a prescribing institution (年度考核指标, SX-16)."""

from dataclasses import dataclass
from decimal import Decimal

from policy.money import ZERO, fen

RATIO = Decimal("0.0001")
RULE = "SX-16"


@dataclass(frozen=True, slots=True)
class YearOf:
    """What was settled of an institution's prescriptions in a year (年度结算)."""

    settlements: int
    total: Decimal
    personal: Decimal


@dataclass(frozen=True, slots=True)
class Assessment:
    """The figures of SX-16 that circulated prescriptions allow; None where there is nothing to divide by.

    The share of examinations can't be told: a pharmacy's bill has drugs only.
    """

    average: Decimal | None
    growth: Decimal | None
    personal_share: Decimal | None
    rule: str = RULE


def assess(year: YearOf, before: YearOf) -> Assessment:
    """Average cost (次均费用), its growth over the year before (增长率), the members' share (自付比例)."""
    average, earlier = average_of(year), average_of(before)
    growth = (average - earlier) / earlier if average is not None and earlier else None
    share = year.personal / year.total if year.total else None
    return Assessment(
        average=average,
        growth=None if growth is None else growth.quantize(RATIO),
        personal_share=None if share is None else share.quantize(RATIO),
    )


def average_of(year: YearOf) -> Decimal | None:
    """The cost of one settlement; None when there was none."""
    return fen(year.total / year.settlements) if year.settlements and year.total > ZERO else None
