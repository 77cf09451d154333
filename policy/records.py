"""How long records of a sale are kept (留存期限)."""

from datetime import date, timedelta

from policy.parameters import parameter


def record_kept_until(area: str, on: date) -> date:
    """The last day that a record of that day must be kept (留存至): as long as the prescription.

    The picture of a signature under the fee list is such a record (FJ-8.4, SX-13); prescriptions are
    archived for two years at least (FJ-9.2).
    """
    return years_after(on, parameter("prescription_retention", area, on=on).count)


def years_after(day: date, years: int) -> date:
    """The same day some years later (若干年后的同日); a leap day's is the day before March."""
    year = day.year + years
    try:
        return day.replace(year=year)
    except ValueError:
        return date(year, day.month + 1, 1) - timedelta(days=1)
