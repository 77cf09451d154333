"""One row of a parameter file, and the error when there is none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

KEY_COLUMNS = frozenset(
    {
        "applicant",
        "benefit",
        "disease",
        "drug",
        "fund",
        "group",
        "insurance",
        "list_class",
        "metric",
        "period",
        "stage",
        "status",
        "tier",
    }
)

Value = int | Decimal | str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One value of the law (参数值): what, since when, until when (inclusive), and on which basis.

    `verified` is false for samples that nobody has compared with an official text.
    """

    name: str
    value: Value
    unit: str
    basis: str
    verified: bool
    since: date
    until: date | None
    area: str
    rule: str = ""
    reviewed: date | None = None
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def amount(self) -> Decimal:
        """The value as an exact number."""
        if isinstance(self.value, bool) or not isinstance(self.value, (int, Decimal)):
            raise TypeError(f"{self.name!r} of {self.area} is {self.value!r}, not a number.")
        return Decimal(self.value)

    @property
    def count(self) -> int:
        """The value as a whole number."""
        if isinstance(self.value, bool) or not isinstance(self.value, int):
            raise TypeError(f"{self.name!r} of {self.area} is {self.value!r}, not a whole number.")
        return self.value

    @property
    def text(self) -> str:
        """The value as a word."""
        if not isinstance(self.value, str):
            raise TypeError(f"{self.name!r} of {self.area} is {self.value!r}, not a word.")
        return self.value

    @property
    def words(self) -> tuple[str, ...]:
        """The value as a list of words."""
        if not isinstance(self.value, tuple):
            raise TypeError(f"{self.name!r} of {self.area} is {self.value!r}, not a list.")
        return self.value

    @property
    def flag(self) -> bool:
        """The value as a switch."""
        if not isinstance(self.value, bool):
            raise TypeError(f"{self.name!r} of {self.area} is {self.value!r}, not a switch.")
        return self.value

    @property
    def days(self) -> int:
        """The value as a span of days: of days or of weeks."""
        return self.count * DAYS[self.unit]

    def is_in_force(self, on: date) -> bool:
        """Whether the value holds on that day; `until` is its last day."""
        return self.since <= on and (self.until is None or on <= self.until)

    def fits(self, key: Mapping[str, str]) -> bool:
        """Whether every key column of this row has the value that is asked for."""
        return all(key.get(column) == value for column, value in self.keys)


DAYS = {"day": 1, "week": 7}


class ParameterNotFound(LookupError):
    """Nobody set this parameter for that area and day (参数缺失): there is no default."""

    def __init__(self, name: str, area: str, on: date, key: Mapping[str, str]) -> None:
        self.name = name
        self.area = area
        self.on = on
        self.key = dict(key)
        asked = ", ".join(f"{column}={value}" for column, value in sorted(key.items()))
        what = f"{name!r} ({asked})" if asked else f"{name!r}"
        super().__init__(f"{what} is not set in region {area} on {on.isoformat()}.")
