"""Legal days: the days of the law are days in Shanghai (北京时间)."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")

MONTHS_OF_A_QUARTER = 3


def shanghai_day(instant: datetime) -> date:
    """The legal day (自然日) that an instant falls on."""
    return in_shanghai(instant).date()


def end_of_day(day: date) -> datetime:
    """The end of a legal day (当日二十四时): the next day's first instant."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=SHANGHAI)


def quarter_start(day: date) -> date:
    """The first day of the day's quarter (季度首日)."""
    return day.replace(month=day.month - (day.month - 1) % MONTHS_OF_A_QUARTER, day=1)


def start_of_day(day: date) -> datetime:
    """The first instant of a legal day (当日零时)."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI)


def in_shanghai(instant: datetime) -> datetime:
    """The same instant on Shanghai's clocks; an instant without a zone is refused."""
    if instant.tzinfo is None:
        raise ValueError(f"{instant.isoformat()} has no time zone: a rule needs an instant.")
    return instant.astimezone(SHANGHAI)
