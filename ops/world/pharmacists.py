"""Pharmacists and their rosters (示例执业药师与排班)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ops.world.days import Span, roster_midnights
from ops.world.ids import pharmacist_code, stable_id
from ops.world.pharmacies import Pharmacy, Roster
from ops.world.rows import DutyShiftRow, PharmacistRow

REGISTERED_SINCE = date(2020, 5, 1)
REGISTER_LEFT = date(2026, 2, 28)

# minutes since midnight at which one pharmacist takes over from the one before
_CHANGES = {
    Roster.TWO_SHIFTS: (0, 15 * 60),
    Roster.THREE_SHIFTS: (0, 8 * 60, 16 * 60),
    Roster.ONE_UNTIL_FIVE: (0,),
    Roster.ONE_FROM_TWO: (14 * 60,),
}
_ENDS = {Roster.ONE_UNTIL_FIVE: 17 * 60}
_MIDNIGHT = 24 * 60


def pharmacists(pharmacy: Pharmacy) -> Iterator[PharmacistRow]:
    """The pharmacy's pharmacists (驻店执业药师), one for each shift."""
    place = pharmacy.row.name.partition("·")[2]
    for number in range(1, len(_CHANGES[pharmacy.roster]) + 1):
        yield PharmacistRow(
            code=pharmacist_code(pharmacy.code, number),
            institution_id=pharmacy.code,
            name=f"示例药师·{place}-{number}",
            since=REGISTERED_SINCE,
            until=REGISTER_LEFT if pharmacy.pharmacist_lapsed else None,
        )


def shifts(pharmacy: Pharmacy, now: datetime) -> Iterator[DutyShiftRow]:
    """The pharmacy's roster (在岗排班) around a day; nobody is on duty while it is closed."""
    for midnight in roster_midnights(now):
        spans = [span for span in pharmacy.hours if span.weekday == midnight.weekday()]
        for number, starts, ends in _duties(pharmacy.roster, spans):
            starts_at = midnight + timedelta(minutes=starts)
            code = pharmacist_code(pharmacy.code, number)
            yield DutyShiftRow(
                id=stable_id("shift", code, starts_at.isoformat()),
                pharmacist_id=code,
                institution_id=pharmacy.code,
                starts_at=starts_at,
                ends_at=midnight + timedelta(minutes=ends),
            )


def _duties(roster: Roster, spans: list[Span]) -> Iterator[tuple[int, int, int]]:
    """Who is on duty from when to when (班次): the shifts cut to the opening hours."""
    changes = _CHANGES[roster]
    ends = (*changes[1:], _ENDS.get(roster, _MIDNIGHT))
    for number, (starts, until) in enumerate(zip(changes, ends, strict=True), 1):
        for span in spans:
            opens, closes = max(starts, span.opens), min(until, span.closes)
            if opens < closes:
                yield number, opens, closes
