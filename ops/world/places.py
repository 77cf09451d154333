"""What hospitals and pharmacies share (机构): their rows, positions, contracts and hours."""

from collections.abc import Iterator
from datetime import date
from math import cos, radians

from ops.world.areas import County
from ops.world.days import Span
from ops.world.ids import stable_id
from ops.world.rows import AgreementRow, InstitutionRow, OpeningHoursRow
from policy.geography import EARTH_RADIUS_M, Point, project
from policy.terms import AgreementState, InstitutionKind

CONTRACTS_BEGAN = date(2024, 1, 1)
CONTRACTS_ENDED = date(2026, 1, 31)

_POSITION_DIGITS = 6


def moved(point: Point, east_m: float, north_m: float) -> Point:
    """The position so many metres away (偏移), rounded to a decimetre."""
    metre = 180.0 / (EARTH_RADIUS_M * 3.141592653589793)
    return Point(
        round(point.longitude + east_m * metre / cos(radians(point.latitude)), _POSITION_DIGITS),
        round(point.latitude + north_m * metre, _POSITION_DIGITS),
    )


def institution(
    code: str,
    kind: InstitutionKind,
    name: str,
    county: County,
    position: Point,
    *,
    street: str,
    tier: int | None = None,
    is_public: bool = False,
    circulates: bool = True,
    parent_id: str | None = None,
    is_dual_channel: bool = False,
    delivers: bool = False,
    joined_vbp: bool = False,
    accepts_family_code: bool = False,
) -> InstitutionRow:
    """An institution's row (机构行) with its place on the plane."""
    x, y = project(*position)
    return InstitutionRow(
        code=code,
        kind=kind,
        name=name,
        adcode=county.adcode,
        area=county.area,
        address=f"{county.city}{county.name}{street}",
        # no area code begins with 0000
        phone=f"0000-{code[1:7]}{code[-2:]}",
        tier=tier,
        is_public=is_public,
        circulates=circulates,
        parent_id=parent_id,
        longitude=position.longitude,
        latitude=position.latitude,
        x=x,
        y=y,
        is_dual_channel=is_dual_channel,
        delivers=delivers,
        joined_vbp=joined_vbp,
        accepts_family_code=accepts_family_code,
    )


def agreement(code: str, state: AgreementState) -> AgreementRow:
    """An institution's contract (门诊统筹协议); one that ended did so before the demo."""
    until = CONTRACTS_ENDED if state is AgreementState.ENDED else None
    return AgreementRow(stable_id("agreement", code), code, state, CONTRACTS_BEGAN, until)


def opening_hours(code: str, spans: tuple[Span, ...]) -> Iterator[OpeningHoursRow]:
    """An institution's opening spans as rows (营业时间)."""
    for span in spans:
        row_id = stable_id("opening-hours", code, str(span.weekday), str(span.opens))
        yield OpeningHoursRow(row_id, code, *span)
