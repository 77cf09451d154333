"""Days from and to (起止日期), as callers give them."""

from datetime import date, timedelta

from services.errors import BadInput


def check_span(since: date, until: date, days_max: int) -> None:
    """Refuse days, both included, that run backwards or are too many at once (起止日期)."""
    if not since <= until < since + timedelta(days=days_max):
        raise BadInput("until", f"应不早于 since,且一次至多 {days_max} 天。")
