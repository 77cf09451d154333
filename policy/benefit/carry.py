"""What a year takes over from the one before (年度结转), by dated values of the area (YL-CARRY)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from policy.benefit.facts import YearUse
from policy.money import ZERO
from policy.parameter import Parameter
from policy.parameters import parameter

NO_CARRY = "NONE"
JOINT = "JOINT"


@dataclass(frozen=True, slots=True)
class CarryOver:
    """What of last year counts in this one (年度结转), in yuan, and by which values.

    `deductible` was paid of last year's deductible and need not be paid again; `limit` was left of last
    year's limit and is added to this year's.
    """

    deductible: Decimal
    limit: Decimal
    deductible_by: Parameter
    limit_by: Parameter


def carry_over(area: str, on: date, key: Mapping[str, str], last: YearUse | None) -> CarryOver:
    """What the year of that day takes over (年度结转, YL-CARRY): each up to the area's amount, or nothing.

    `key` names the benefit as for its other values, `last` is what was used of it in the year before,
    None where nothing is on record: nothing is carried then. Last year's limit is the one of its last
    day, without what it had taken over itself: what is carried lapses after one year.
    """
    paid = parameter("deductible_carry_over", area, on=on, **key)
    unused = parameter("limit_carry_over", area, on=on, **key)
    carried, left = ZERO, ZERO
    if last is not None and paid.value != NO_CARRY:
        carried = min(paid.amount, last.deductible)
    if last is not None and unused.value != NO_CARRY:
        left = min(unused.amount, unused_limit(area, date(on.year, 1, 1) - timedelta(days=1), key, last))
    return CarryOver(carried, left, paid, unused)


def unused_limit(area: str, on: date, key: Mapping[str, str], used: YearUse) -> Decimal:
    """What was left of a year's limit on its last day (限额结余)."""
    limit = parameter("annual_limit", area, on=on, **key).amount
    is_joint = parameter("limit_pool", area, on=on, **key).text == JOINT
    gone = used.fund + (used.joint if is_joint else ZERO)
    return max(limit - gone, ZERO)
