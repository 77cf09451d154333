"""The pharmacies of the sample world (示例药店): the cast first, then as many as asked for, by county."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TypeVar
from uuid import UUID

from ops.world.areas import PROVINCES, SHANXI, County, counties, county
from ops.world.days import Span, every_day
from ops.world.ids import pharmacy_code, stable_id
from ops.world.pharmacy_cast import CASTINGS, Casting, Shelf
from ops.world.places import institution, moved
from ops.world.rows import InstitutionRow
from policy.geography import Point
from policy.identifiers import province
from policy.terms import AgreementState, InstitutionKind

DEFAULT_PHARMACIES = 120

_SPREAD_M = {True: 2_000.0, False: 3_500.0}
_FARTHEST_SPREADS = 2.5
_SUNDAY = 6

Choice = TypeVar("Choice")


class Roster(StrEnum):
    """How a pharmacy's pharmacists share the day (药师排班方式)."""

    TWO_SHIFTS = "TWO_SHIFTS"
    THREE_SHIFTS = "THREE_SHIFTS"
    ONE_UNTIL_FIVE = "ONE_UNTIL_FIVE"
    ONE_FROM_TWO = "ONE_FROM_TWO"


@dataclass(frozen=True, slots=True)
class Pharmacy:
    """A pharmacy and how it runs (药店): its row, hours, roster, contract and shelves."""

    index: int
    row: InstitutionRow
    hours: tuple[Span, ...]
    roster: Roster
    agreement: AgreementState
    shelf: Shelf
    pharmacist_lapsed: bool

    @property
    def code(self) -> str:
        """The institution's code (药店编码)."""
        return self.row.code

    @property
    def shelf_id(self) -> UUID:
        """What the identifiers of the pharmacy's stock rows are made of (库存标识)."""
        return stable_id("shelf", self.code)


def pharmacies(total: int = DEFAULT_PHARMACIES) -> Iterator[Pharmacy]:
    """`total` pharmacies (药店), half in each province, but never fewer than the cast.

    A larger world begins with the smaller one's pharmacies, attribute by attribute.
    """
    index = 0
    for order, of in enumerate(PROVINCES):
        share = (total + len(PROVINCES) - 1 - order) // len(PROVINCES)
        cast = [found for found in CASTINGS if province(found.adcode) == of]
        serials = Counter[str]()
        for number in range(max(share, len(cast))):
            if number < len(cast):
                yield _cast(index, cast[number])
                serials[cast[number].adcode] = max(serials[cast[number].adcode], cast[number].serial)
            else:
                yield _scattered(index, of, number, serials)
            index += 1


def _cast(index: int, casting: Casting) -> Pharmacy:
    home = county(casting.adcode)
    is_contracted = casting.agreement is AgreementState.ACTIVE
    row = institution(
        pharmacy_code(casting.adcode, casting.serial),
        InstitutionKind.PHARMACY,
        _name(home, casting.serial),
        home,
        casting.position,
        street=f"示例路{casting.serial}号",
        circulates=is_contracted,
        is_dual_channel=casting.is_dual_channel,
        delivers=casting.delivers,
        joined_vbp=casting.joined_vbp,
        accepts_family_code=casting.accepts_family_code,
    )
    hours, roster = _CAST_HOURS[casting.hours], Roster(casting.roster)
    return Pharmacy(index, row, hours, roster, casting.agreement, casting.shelf, casting.pharmacist_lapsed)


_CAST_HOURS = {
    "DAY": every_day(8, 22),
    "NOT_MONDAYS": every_day(8, 22, closed=frozenset({0})),
    "DAY_AND_NIGHT": every_day(0, 24),
}


def _scattered(index: int, of: str, number: int, serials: Counter[str]) -> Pharmacy:
    dice = Random(f"yaolu:pharmacy:{of}:{number}")
    places = counties(of)
    home = dice.choices(places, [place.weight for place in places])[0]
    serials[home.adcode] += 1
    serial = serials[home.adcode]
    hours, roster = _hours(dice)
    agreement = _picked(
        dice, {AgreementState.ACTIVE: 96, AgreementState.SUSPENDED: 2, AgreementState.ENDED: 2}
    )
    row = institution(
        pharmacy_code(home.adcode, serial),
        InstitutionKind.PHARMACY,
        _name(home, serial),
        home,
        _somewhere(dice, home),
        street=f"示例路{serial}号",
        circulates=agreement is AgreementState.ACTIVE,
        is_dual_channel=dice.random() < 0.15,
        delivers=dice.random() < 0.55,
        joined_vbp=dice.random() < 0.5,
        # Shanxi's notice knows no family code (SX-12)
        accepts_family_code=of != SHANXI and dice.random() < 0.7,
    )
    return Pharmacy(index, row, hours, roster, agreement, Shelf.MIXED, dice.random() < 0.02)


def _hours(dice: Random) -> tuple[tuple[Span, ...], Roster]:
    """Opening hours with a roster that fits (营业时间与排班); a few have no pharmacist in the evening."""
    style = _picked(dice, {"day": 80, "night": 8, "no sunday": 7, "noon break": 5})
    roster = Roster.ONE_UNTIL_FIVE if dice.random() < 0.08 else Roster.TWO_SHIFTS
    if style == "night":
        return every_day(0, 24), Roster.THREE_SHIFTS
    if style == "no sunday":
        return every_day(8, 22, closed=frozenset({_SUNDAY})), roster
    if style == "noon break":
        return (*every_day(8, 12), *every_day(14, 21)), roster
    return every_day(8, 22), roster


def _somewhere(dice: Random, home: County) -> Point:
    """A place near the county's centre (县城附近); none lies implausibly far out."""
    spread = _SPREAD_M[home.name.endswith("区")]
    farthest = _FARTHEST_SPREADS * spread
    east = max(-farthest, min(farthest, dice.gauss(0.0, spread)))
    north = max(-farthest, min(farthest, dice.gauss(0.0, spread)))
    return moved(home.centre, east, north)


def _name(home: County, serial: int) -> str:
    return f"药路示例药房·{home.short_name}{serial:02d}"


def _picked(dice: Random, weights: dict[Choice, int]) -> Choice:
    return dice.choices(list(weights), list(weights.values()))[0]
