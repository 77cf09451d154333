"""Legal days, and amounts to the fen."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from policy.calendar import SHANGHAI, end_of_day, shanghai_day
from policy.money import fen


@pytest.mark.parametrize(
    ("instant", "day"),
    [
        (datetime(2026, 3, 15, 15, 59, 59, tzinfo=UTC), date(2026, 3, 15)),
        (datetime(2026, 3, 15, 16, 0, 0, tzinfo=UTC), date(2026, 3, 16)),
        (datetime(2026, 3, 16, 0, 0, 0, tzinfo=SHANGHAI), date(2026, 3, 16)),
    ],
    ids=["北京时间24时前一秒", "北京时间零时", "上海时区零时"],
)
def test_a_legal_day_is_a_day_in_shanghai(instant: datetime, day: date) -> None:
    assert shanghai_day(instant) == day


def test_a_day_ends_at_the_next_days_first_instant() -> None:
    assert end_of_day(date(2026, 12, 31)) == datetime(2027, 1, 1, tzinfo=SHANGHAI)


def test_a_wall_clock_is_no_instant() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        shanghai_day(datetime(2026, 3, 16, 9, 30))  # noqa: DTZ001  # the naive value is the point


@pytest.mark.parametrize(
    ("amount", "expected"),
    [("0.005", "0.01"), ("0.0049", "0.00"), ("1.115", "1.12"), ("1.125", "1.13"), ("2", "2.00")],
)
def test_half_a_fen_is_rounded_up(amount: str, expected: str) -> None:
    assert str(fen(Decimal(amount))) == expected
