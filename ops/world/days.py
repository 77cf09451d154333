"""The days of the sample world (示例世界的日期)."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import NamedTuple

from policy.calendar import SHANGHAI, shanghai_day

DEMO_NOW = datetime(2026, 3, 16, 9, 30, tzinfo=SHANGHAI)

ROSTER_DAYS_BEFORE = 7
ROSTER_DAYS = 35

MINUTES_OF_DAY = 24 * 60


class Span(NamedTuple):
    """A span of a weekday (营业或在岗时段), in minutes since midnight; Monday is 0."""

    weekday: int
    opens: int
    closes: int


def roster_midnights(now: datetime) -> Iterator[datetime]:
    """The beginning of every rostered day (排班日): from a week before `now`'s day, five weeks long."""
    first = shanghai_day(now) - timedelta(days=ROSTER_DAYS_BEFORE)
    for number in range(ROSTER_DAYS):
        yield datetime.combine(first + timedelta(days=number), time(), tzinfo=SHANGHAI)


def every_day(opens_hour: int, closes_hour: int, *, closed: frozenset[int] = frozenset()) -> tuple[Span, ...]:
    """The same hours on every weekday but those closed (每日营业时间)."""
    return tuple(
        Span(weekday, opens_hour * 60, closes_hour * 60) for weekday in range(7) if weekday not in closed
    )
