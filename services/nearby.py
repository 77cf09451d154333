"""Nearby pharmacies that really have the drugs (附近药店), and hospitals that circulate prescriptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from tortoise.expressions import Q

from models import Prescription, PrescriptionLine
from models.remembered import rows_of
from models.replica import searched_rows
from policy.calendar import shanghai_day
from policy.geography import distance_m, project, projection_scale
from policy.terms import LineState, Role
from services import benefit
from services.access import get_prescription
from services.actor import Call
from services.errors import BadInput
from services.ledger import balance_of
from services.nearby_offers import Estimator, NearbyPharmacy, build_all
from services.nearby_search import (
    RADIUS_SLACK,
    After,
    PharmacyOrder,
    Search,
    Want,
    check_search,
    find,
)
from services.nearby_wants import Asked, wants_of_drugs, wants_of_lines

CANDIDATES = 300
"""Orders by money compare the nearest so many pharmacies that have something, and leave the farther out."""

Key = tuple[bool, bool, Decimal, float, str]
"""Where a pharmacy stands in the answer: stale, incomplete, amount, away, code."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the answer (一页结果)."""

    pharmacies: Sequence[NearbyPharmacy]
    has_next: bool


@dataclass(frozen=True, slots=True)
class Request:
    """Whose drugs are looked for (所需): those of a prescription, or those asked for by code; or none.

    Without a word on `equivalents` a prescription brings those it allows, a code none.
    """

    prescription_id: UUID | None = None
    drugs: Sequence[Asked] = ()
    equivalents: bool | None = None


async def nearby_pharmacies(
    call: Call, search: Search, request: Request, first: int, after: Key | None
) -> Page:
    """Pharmacies under contract near a place that have something of what is wanted (附近药店).

    `after` is the key of the last pharmacy of the page before.
    """
    check_search(search)
    if request.prescription_id is not None and request.drugs:
        raise BadInput("drugs", "处方编号与药品编码只能给一种。")
    if search.order == PharmacyOrder.PATIENT_PAYS and request.prescription_id is None:
        raise BadInput("order", "按个人负担排序需要处方编号。")
    if request.prescription_id is not None:
        # the estimate tells what is on the patient's account
        call.require("按处方查找药店", Role.PATIENT)
    case, lines, wants = await wanted(call, request)
    account = await balance_of(case.member.id) if case else Decimal(0)
    estimator = Estimator(case, lines, account, shanghai_day(call.now))
    if search.order == PharmacyOrder.DISTANCE:
        return await by_distance(call.now, search, wants, estimator, first, after)
    return await by_money(call.now, search, wants, estimator, first, after)


async def by_distance(
    now: datetime, search: Search, wants: Sequence[Want], estimator: Estimator, first: int, after: Key | None
) -> Page:
    """The next pharmacies on the way out (由近及远): those heard lately, then those gone quiet."""
    rows = []
    start = After(after[3], after[4]) if after else After()
    if after is None or not after[0]:
        rows = await find(now, search, wants, stale=False, after=start, limit=first + 1)
        start = After()
    if len(rows) <= first:
        rows += await find(now, search, wants, stale=True, after=start, limit=first + 1 - len(rows))
    return Page(build_all(rows[:first], wants, estimator), len(rows) > first)


async def by_money(
    now: datetime, search: Search, wants: Sequence[Want], estimator: Estimator, first: int, after: Key | None
) -> Page:
    """The cheapest of the nearest (由低到高): complete ones first, quiet ones last."""
    rows = await find(now, search, wants, stale=False, after=After(), limit=CANDIDATES)
    rows += await find(now, search, wants, stale=True, after=After(), limit=CANDIDATES)
    found = build_all(rows, wants, estimator)
    found.sort(key=lambda one: key_of(search.order, one))
    left = [one for one in found if after is None or key_of(search.order, one) > after]
    return Page(left[:first], len(left) > first)


def key_of(order: PharmacyOrder, one: NearbyPharmacy) -> Key:
    """Where a pharmacy stands in an order (次序)."""
    if order == PharmacyOrder.DISTANCE:
        return one.is_stale, False, Decimal(0), one.away, one.code
    amount = one.total
    if order == PharmacyOrder.PATIENT_PAYS and one.estimate is not None:
        amount = one.estimate.psn_part_amt
    paid = Decimal("Infinity") if amount is None else amount
    return one.is_stale, not one.fills_all, paid, one.away, one.code


async def wanted(
    call: Call, request: Request
) -> tuple[benefit.Case | None, Sequence[PrescriptionLine], Sequence[Want]]:
    """What is looked for, and the member's standing for the estimate when it is a prescription."""
    if request.prescription_id is None:
        return None, (), await wants_of_drugs(request.drugs, equivalents=request.equivalents is True)
    prescription: Prescription = await get_prescription(call.actor, request.prescription_id, call.now)
    lines = await open_lines(prescription)
    wished = request.equivalents is not False
    wants = await wants_of_lines(prescription, lines, call.now, equivalents=wished)
    codes = [code for want in wants for code in want.codes]
    return await benefit.case_of(prescription, codes, call.now), lines, wants


async def open_lines(prescription: Prescription) -> list[PrescriptionLine]:
    """The lines that may still be filled (待配明细)."""
    wanted = Q(prescription_id=prescription.id, state=LineState.OPEN)
    return await rows_of(PrescriptionLine, wanted, order=("number",))


HOSPITALS = """
SELECT code, longitude, latitude FROM institution
WHERE kind <> 'PHARMACY' AND circulates AND point(x, y) <@ circle(point($1, $2), $3)
ORDER BY point(x, y) <-> point($1, $2), code LIMIT 100
"""


async def nearby_hospitals(search: Search) -> list[tuple[str, float]]:
    """Hospitals that circulate prescriptions near a place (流转处方医疗机构, FJ-9.1), nearest first."""
    check_search(search)
    x, y = project(search.place.longitude, search.place.latitude)
    reach = search.radius_m * RADIUS_SLACK * projection_scale(search.place.latitude)
    rows = await searched_rows(HOSPITALS, [x, y, reach])
    here = (search.place.longitude, search.place.latitude)
    found = [(row["code"], distance_m(here, (row["longitude"], row["latitude"]))) for row in rows]
    return [(code, distance) for code, distance in found if distance <= search.radius_m]
