"""How long a prescription is valid (处方有效期)."""

from datetime import UTC, datetime, timedelta

from policy.calendar import end_of_day, in_shanghai, shanghai_day
from policy.parameter import Parameter
from policy.parameters import parameter
from policy.rule import broken
from policy.violation import Code, Violation

HOURS = {"hour": 1, "day": 24}
UNIT_NAMES = {"hour": "小时", "day": "天"}
CALENDAR = "calendar"


def validity(uploaded_at: datetime, area: str) -> Parameter:
    """The validity (有效期) in force on the day of the upload; a later law does not change it."""
    return parameter("prescription_validity", area, on=shanghai_day(uploaded_at))


def expires_at(uploaded_at: datetime, area: str) -> datetime:
    """The first instant at which the prescription is no longer valid (失效时间, FJ-5.2, SX-11)."""
    counting = parameter("prescription_validity_counting", area, on=shanghai_day(uploaded_at))
    return end_of_term(uploaded_at, validity(uploaded_at, area), counting.text)


def end_of_term(uploaded_at: datetime, term: Parameter, counting: str) -> datetime:
    """The end of a term (期限届满) from an instant on.

    Elapsed: so many hours to the second. Calendar: through 24:00 of the upload day and so many days.
    """
    if counting == CALENDAR:
        return end_of_day(shanghai_day(uploaded_at) + timedelta(days=term.days))
    return in_shanghai(uploaded_at.astimezone(UTC) + timedelta(hours=term.count * HOURS[term.unit]))


def validity_violation(uploaded_at: datetime, area: str, now: datetime) -> Violation | None:
    """The refusal of a prescription that is no longer valid (处方失效) at this instant."""
    expiry = expires_at(uploaded_at, area)
    if now < expiry:
        return None
    term = validity(uploaded_at, area)
    return broken(
        Code.PRESCRIPTION_EXPIRED,
        term.rule,
        f"处方已于{expiry:%Y-%m-%d %H:%M:%S}失效。",
        basis=term.basis,
        limit=f"{term.count} {UNIT_NAMES[term.unit]}",
        actual=f"{in_shanghai(now):%Y-%m-%d %H:%M:%S}",
    )
