"""Nearby pharmacies that really have the drugs (附近药店), and hospitals that circulate prescriptions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from tortoise import connections

from models import Institution, Prescription, PrescriptionLine
from policy.benefit import Statement
from policy.calendar import SHANGHAI, shanghai_day
from policy.geography import distance_m, project, projection_scale
from policy.terms import LineState, Role
from services import benefit
from services.access import get_prescription
from services.actor import Call
from services.errors import BadInput
from services.ledger import balance_of

RADIUS_MAX = 50_000
"""Metres; farther than this nobody walks for a box of pills."""


RADIUS_SLACK = 1.01
"""The map stretches a little more towards the pole than at the place itself; one per cent covers 50 km."""

T = TypeVar("T")


class PharmacyOrder(StrEnum):
    """How pharmacies are ordered (排序方式)."""

    DISTANCE = "DISTANCE"
    TOTAL_PRICE = "TOTAL_PRICE"
    PATIENT_PAYS = "PATIENT_PAYS"


@dataclass(frozen=True, slots=True)
class Place:
    """A point in GCJ-02 (位置)."""

    longitude: float
    latitude: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What a pharmacy has of one wanted drug (可供情况)."""

    line_id: UUID | None
    drug_code: str
    wanted: Decimal
    available: Decimal
    price: Decimal | None
    moved_at: datetime | None

    @property
    def suffices(self) -> bool:
        """Whether the whole quantity is there, with a price."""
        return self.price is not None and self.available >= self.wanted


@dataclass(frozen=True, slots=True)
class NearbyPharmacy:
    """One pharmacy of the answer (附近药店)."""

    code: str
    distance: float
    offers: Sequence[Offer]
    is_open: bool
    pharmacist_on_duty: bool
    total: Decimal | None
    estimate: Statement | None

    @property
    def fills_all(self) -> bool:
        """Whether every wanted drug is there in full (可一次配齐)."""
        return bool(self.offers) and all(offer.suffices for offer in self.offers)


NEARBY = """
WITH near AS MATERIALIZED (
    SELECT code, longitude, latitude
    FROM institution
    WHERE kind = 'PHARMACY' AND point(x, y) <@ circle(point($1, $2), $3)
      AND EXISTS (SELECT 1 FROM agreement a WHERE a.institution_id = code AND a.state = 'ACTIVE'
                  AND a.since <= $6 AND (a.until IS NULL OR a.until >= $6))
)
SELECT near.code, near.longitude, near.latitude,
       EXISTS (SELECT 1 FROM opening_hours h WHERE h.institution_id = near.code
               AND h.weekday = $7 AND h.opens <= $8 AND h.closes > $8) AS is_open,
       EXISTS (SELECT 1 FROM duty_shift s JOIN pharmacist p ON p.code = s.pharmacist_id
               WHERE s.institution_id = near.code AND s.starts_at <= $9 AND s.ends_at > $9
               AND p.since <= $6 AND (p.until IS NULL OR p.until >= $6)) AS on_duty,
       stock.codes, stock.available, stock.prices, stock.moved, stock.full_lines
FROM near
CROSS JOIN LATERAL (
    SELECT array_agg(i.drug_id) AS codes, array_agg(i.on_hand - i.held) AS available,
           array_agg(i.price) AS prices, array_agg(i.moved_at) AS moved,
           count(*) FILTER (WHERE i.price IS NOT NULL AND i.on_hand - i.held >= wanted.quantity) AS full_lines
    FROM unnest($4::varchar[], $5::numeric[]) AS wanted (drug_code, quantity)
    JOIN stock_item i ON i.pharmacy_id = near.code AND i.drug_id = wanted.drug_code
) AS stock
WHERE stock.full_lines > 0 OR cardinality($4::varchar[]) = 0
"""


@dataclass(frozen=True, slots=True)
class Search:
    """A search around a place (附近搜索)."""

    place: Place
    radius_m: int = 10_000
    order: PharmacyOrder = PharmacyOrder.DISTANCE
    only_open: bool = False
    only_complete: bool = False


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the answer (一页结果)."""

    pharmacies: Sequence[NearbyPharmacy]
    has_next: bool
    total: int


async def nearby_pharmacies(
    call: Call, search: Search, prescription_id: UUID | None, first: int, after: str | None
) -> Page:
    """Pharmacies under contract near a place that have something of the prescription (附近药店).

    `after` is the code of the last pharmacy of the page before. Estimates are computed for the page
    only, unless the order itself needs them all.
    """
    check_search(search)
    if prescription_id is not None:
        # the estimate tells what is on the patient's account
        call.require("按处方查找药店", Role.PATIENT)
    case, lines = await wanted_lines(call, prescription_id)
    rows = [row for row in await find(call.now, search, lines) if is_wanted(search, row, lines)]
    account = await balance_of(case.member.id) if case else Decimal(0)
    if search.order == PharmacyOrder.DISTANCE or case is None:
        page, has_next = cut(rows, first, after, [row["code"] for row in rows])
        return Page(await build_all(page, lines, case, account), has_next, len(rows))
    found = await build_all(rows, lines, case, account)
    found.sort(key=lambda one: sort_key(search.order, one))
    chosen, has_next = cut(found, first, after, [one.code for one in found])
    return Page(chosen, has_next, len(found))


def cut(rows: Sequence[T], first: int, after: str | None, codes: Sequence[str]) -> tuple[Sequence[T], bool]:
    """The `first` rows after the one with code `after`, and whether there are more."""
    if after is not None and after not in codes:
        raise BadInput("after", "游标已失效(该药店不再符合条件),请从头查询。")
    start = codes.index(after) + 1 if after is not None else 0
    return rows[start : start + first], len(rows) > start + first


def is_wanted(search: Search, row: dict[str, Any], lines: Sequence[PrescriptionLine]) -> bool:
    """Whether a row passes the filters."""
    if search.only_open and not row["is_open"]:
        return False
    return not search.only_complete or row["full_lines"] == len(lines)


async def build_all(
    rows: Sequence[dict[str, Any]],
    lines: Sequence[PrescriptionLine],
    case: benefit.Case | None,
    account: Decimal,
) -> list[NearbyPharmacy]:
    """Rows of the search as answers."""
    codes = [row["code"] for row in rows]
    known = {row.code: row for row in await Institution.filter(code__in=codes)}
    return [build(row, lines, case, account, known[row["code"]]) for row in rows]


async def wanted_lines(
    call: Call, prescription_id: UUID | None
) -> tuple[benefit.Case | None, list[PrescriptionLine]]:
    """The open lines of the prescription, and the member's standing for the estimate."""
    if prescription_id is None:
        return None, []
    prescription: Prescription = await get_prescription(call.actor, prescription_id, call.now)
    lines = await PrescriptionLine.filter(prescription_id=prescription.id, state=LineState.OPEN).order_by(
        "number"
    )
    return await benefit.case_of(prescription, lines, call.now), lines


async def find(now: datetime, search: Search, lines: Sequence[PrescriptionLine]) -> list[dict[str, Any]]:
    """Run the one statement of the search."""
    x, y = project(search.place.longitude, search.place.latitude)
    local = now.astimezone(SHANGHAI)
    values = [
        x,
        y,
        search.radius_m * RADIUS_SLACK * projection_scale(search.place.latitude),
        [line.drug_id for line in lines],
        [line.quantity for line in lines],
        shanghai_day(now),
        local.weekday(),
        local.hour * 60 + local.minute,
        now,
    ]
    rows: list[dict[str, Any]] = await connections.get("default").execute_query_dict(NEARBY, values)
    here = (search.place.longitude, search.place.latitude)
    for row in rows:
        row["distance"] = distance_m(here, (row["longitude"], row["latitude"]))
    # the map is stretched a little, so the true distance has the last word
    within = [row for row in rows if row["distance"] <= search.radius_m]
    return sorted(within, key=lambda row: (row["distance"], row["code"]))


def build(
    row: dict[str, Any],
    lines: Sequence[PrescriptionLine],
    case: benefit.Case | None,
    account: Decimal,
    pharmacy: Institution,
) -> NearbyPharmacy:
    """One row of the search as an answer, with the estimate of what the patient would pay."""
    stock = {
        code: (available, price, moved)
        for code, available, price, moved in zip(
            row["codes"] or (), row["available"] or (), row["prices"] or (), row["moved"] or (), strict=True
        )
    }
    nothing = (Decimal(0), None, None)
    offers = [
        Offer(line.id, line.drug_id, line.quantity, *stock.get(line.drug_id, nothing)) for line in lines
    ]
    priced = [
        benefit.PricedLine(line, offer.price)
        for line, offer in zip(lines, offers, strict=True)
        if offer.suffices and offer.price is not None
    ]
    purse = benefit.Purse(use_account=True, account=account)
    estimate = benefit.statement(case, priced, purse, pharmacy) if case and priced else None
    return NearbyPharmacy(
        code=row["code"],
        distance=row["distance"],
        offers=offers,
        is_open=row["is_open"],
        pharmacist_on_duty=row["on_duty"],
        total=estimate.medfee_sumamt if estimate else None,
        estimate=estimate,
    )


def sort_key(order: PharmacyOrder, one: NearbyPharmacy) -> tuple[bool, Decimal, float, str]:
    """Complete pharmacies first, then by what was asked for; distance and code settle ties."""
    paid = Decimal("Infinity")
    if one.estimate is not None:
        by_total = order == PharmacyOrder.TOTAL_PRICE
        paid = one.estimate.medfee_sumamt if by_total else one.estimate.psn_part_amt
    return (not one.fills_all, paid, one.distance, one.code)


def check_search(search: Search) -> None:
    """Refuse places outside China and radii that make no sense."""
    if not (73 <= search.place.longitude <= 136 and 3 <= search.place.latitude <= 54):
        raise BadInput("location", "位置不在中国境内,请核对经度和纬度(经度在前)。")
    if not 100 <= search.radius_m <= RADIUS_MAX:
        raise BadInput("radius", f"半径应在 100 至 {RADIUS_MAX} 米之间,收到 {search.radius_m}。")


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
    rows = await connections.get("default").execute_query_dict(HOSPITALS, [x, y, reach])
    here = (search.place.longitude, search.place.latitude)
    found = [(row["code"], distance_m(here, (row["longitude"], row["latitude"]))) for row in rows]
    return [(code, distance) for code, distance in found if distance <= search.radius_m]
