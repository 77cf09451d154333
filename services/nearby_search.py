"""The one statement that finds pharmacies (附近检索): nearest first, and no farther than the page needs.

The place index hands pharmacies over in the order of their distance; each is asked for its stock by key, and
the walk ends with the page. So the work depends on the page, not on how many pharmacies the circle holds.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from tortoise.transactions import in_transaction

from models.replica import searched
from policy.availability import quiet_before
from policy.calendar import SHANGHAI, shanghai_day
from policy.geography import distance_m, project, projection_scale
from policy.preference import Choice
from services.availability import AVAILABLE
from services.errors import BadInput

RADIUS_MAX = 50_000
"""Metres; farther than this nobody walks for a box of pills."""

RADIUS_SLACK = 1.01
"""The map stretches a little more towards the pole than at the place itself; one per cent covers 50 km."""


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
class Filters:
    """What a pharmacy must offer to be shown (筛选条件)."""

    is_open: bool = False
    fills_all: bool = False
    pharmacist_on_duty: bool = False
    dual_channel: bool = False
    delivers: bool = False
    accepts_family_code: bool = False


@dataclass(frozen=True, slots=True)
class Search:
    """A search around a place (附近搜索)."""

    place: Place
    radius_m: int = 10_000
    order: PharmacyOrder = PharmacyOrder.DISTANCE
    filters: Filters = field(default_factory=Filters)


@dataclass(frozen=True, slots=True)
class Want:
    """One wanted drug (所需药品) and what may stand for it."""

    line_id: UUID | None
    drug_code: str
    quantity: Decimal
    equivalents: tuple[Choice, ...] = ()

    @property
    def codes(self) -> tuple[str, ...]:
        """The drug and its equivalents (可选药品)."""
        return (self.drug_code, *(choice.code for choice in self.equivalents))


@dataclass(frozen=True, slots=True)
class After:
    """The place in the walk where a page begins (起点)."""

    away: float = -1.0
    code: str = ""


# Reading by distance is only lazy while nothing sorts or collects all rows first; for the few rows that the
# planner guesses a circle to hold, it would do either. A sort within equal distances is no such sort.
# What is forbidden is priced beyond any measure; where it is used all the same (before PostgreSQL 17), the
# price alone would have every plan compiled first.
LAZILY = """
SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL jit = off;
SET LOCAL plan_cache_mode = force_generic_plan
"""

NEARBY = f"""
SELECT p.*, point(p.x, p.y) <-> point($1, $2) AS away, duty.is_open, duty.on_duty, stock.*
FROM institution p
CROSS JOIN LATERAL (
    SELECT coalesce((SELECT true FROM opening_hours h WHERE h.institution_id = p.code
               AND h.weekday = $8 AND h.opens <= $9 AND h.closes > $9 LIMIT 1), false) AS is_open,
           coalesce((SELECT true FROM duty_shift s JOIN pharmacist w ON w.code = s.pharmacist_id
               WHERE s.institution_id = p.code AND s.starts_at <= $10 AND s.ends_at > $10
               AND w.since <= $7 AND (w.until IS NULL OR w.until >= $7) LIMIT 1), false) AS on_duty
) AS duty
CROSS JOIN LATERAL (
    SELECT array_agg(had.number) AS numbers, array_agg(had.drug_id) AS codes,
           array_agg(had.available) AS available, array_agg(had.price) AS prices,
           array_agg(had.moved_at) AS moved,
           count(DISTINCT had.number) FILTER (WHERE had.suffices) AS full_lines
    FROM (
        SELECT wanted.number, i.drug_id, i.price, i.moved_at, {AVAILABLE.format(day="$7")} AS available,
               i.price IS NOT NULL AND {AVAILABLE.format(day="$7")} >= wanted.quantity AS suffices
        FROM (SELECT * FROM stock_item s
              WHERE s.pharmacy_id = p.code AND s.drug_id = ANY($5::varchar[]) OFFSET 0) AS i
        JOIN unnest($4::int[], $5::varchar[], $6::numeric[]) AS wanted (number, drug_code, quantity)
            ON wanted.drug_code = i.drug_id
    ) AS had
) AS stock
WHERE p.kind = 'PHARMACY' AND point(p.x, p.y) <@ circle(point($1, $2), $3)
  AND (point(p.x, p.y) <-> point($1, $2), p.code) > ($22::float8, $23::varchar)
  AND (p.heard_at IS NULL OR p.heard_at < $11) = $12
  AND (NOT $19 OR p.is_dual_channel) AND (NOT $20 OR p.delivers) AND (NOT $21 OR p.accepts_family_code)
  AND 2 * 6371008.8 * asin(least(1, sqrt(power(sind((p.latitude - $14) / 2), 2)
      + cosd($14) * cosd(p.latitude) * power(sind((p.longitude - $13) / 2), 2)))) <= $15
  AND (NOT $16 OR duty.is_open) AND (NOT $18 OR duty.on_duty)
  AND CASE WHEN stock.full_lines >= $17 THEN
      (SELECT true FROM agreement a WHERE a.institution_id = p.code AND a.state = 'ACTIVE'
       AND a.since <= $7 AND (a.until IS NULL OR a.until >= $7) LIMIT 1) END
ORDER BY point(p.x, p.y) <-> point($1, $2), p.code
LIMIT $24
"""


async def find(
    now: datetime, search: Search, wants: Sequence[Want], *, stale: bool, after: After, limit: int
) -> list[dict[str, Any]]:
    """The next pharmacies of the circle, nearest first, that were heard lately or (`stale`) were not."""
    values = arguments(now, search, wants, stale=stale, after=after, limit=limit)

    async def walk(connection_name: str) -> list[dict[str, Any]]:
        async with in_transaction(connection_name) as connection:
            await connection.execute_script(LAZILY)
            found: list[dict[str, Any]] = await connection.execute_query_dict(NEARBY, values)
            return found

    rows = await searched(walk)
    here = (search.place.longitude, search.place.latitude)
    for row in rows:
        row["distance"] = distance_m(here, (row["longitude"], row["latitude"]))
        row["is_stale"] = stale
    return rows


def arguments(
    now: datetime, search: Search, wants: Sequence[Want], *, stale: bool, after: After, limit: int
) -> list[Any]:
    """The values of the statement, in its order."""
    place, filters, local = search.place, search.filters, now.astimezone(SHANGHAI)
    chosen = [(number, code, want.quantity) for number, want in enumerate(wants) for code in want.codes]
    # whoever has nothing of what is wanted is not shown; without a wish everybody is
    fewest = len(wants) if filters.fills_all else min(1, len(wants))
    return [
        *project(place.longitude, place.latitude),
        search.radius_m * RADIUS_SLACK * projection_scale(place.latitude),
        [number for number, _, _ in chosen],
        [code for _, code, _ in chosen],
        [quantity for _, _, quantity in chosen],
        shanghai_day(now),
        local.weekday(),
        local.hour * 60 + local.minute,
        now,
        quiet_before(now),
        stale,
        place.longitude,
        place.latitude,
        float(search.radius_m),
        filters.is_open,
        fewest,
        filters.pharmacist_on_duty,
        filters.dual_channel,
        filters.delivers,
        filters.accepts_family_code,
        after.away,
        after.code,
        limit,
    ]


def check_search(search: Search) -> None:
    """Refuse places outside China and radii that make no sense."""
    if not (73 <= search.place.longitude <= 136 and 3 <= search.place.latitude <= 54):
        raise BadInput("location", "位置不在中国境内,请核对经度和纬度(经度在前)。")
    if not 100 <= search.radius_m <= RADIUS_MAX:
        raise BadInput("radius", f"半径应在 100 至 {RADIUS_MAX} 米之间,收到 {search.radius_m}。")
