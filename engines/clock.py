"""The one clock (时钟) of a process."""

from datetime import UTC, datetime, timedelta
from typing import Self


class Clock:
    """The system's time, moved by a constant (系统时间加固定偏移).

    Being a constant away from the system, the clocks of several processes stay together when each is made
    from the same anchored setting.
    """

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self.offset = offset

    @classmethod
    def of(cls, setting: str) -> Self:
        """Read YAOLU_CLOCK: empty, the instant it is now, or that instant "@" the real instant then."""
        if not setting:
            return cls()
        start, _, anchor = setting.partition("@")
        real = datetime.fromisoformat(anchor) if anchor else datetime.now(UTC)
        return cls(datetime.fromisoformat(start) - real)

    def now(self) -> datetime:
        """The present instant in UTC (当前时刻)."""
        return datetime.now(UTC) + self.offset

    @property
    def setting(self) -> str:
        """The YAOLU_CLOCK that gives another process this same clock."""
        if not self.offset:
            return ""
        real = datetime.now(UTC)
        return f"{(real + self.offset).isoformat()}@{real.isoformat()}"
