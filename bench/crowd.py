"""A crowd of pharmacies around one place (密集药店), written by the database: for measurements only."""

from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any

from services.nearby_search import Place

HALF_DEGREES = 0.25
"""A crowd of `AT_THIS_DENSITY` lies within this many degrees around the place, evenly."""

AT_THIS_DENSITY = 5_000


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many pharmacies (药店数), and how many of the catalogue's drugs each has."""

    pharmacies: int
    drugs_each: int
    place: Place
    now: datetime
    half_degrees: float = HALF_DEGREES


def wider(pharmacies: int) -> float:
    """How far so many pharmacies reach when they stand no closer (同密度, 更大省份)."""
    return HALF_DEGREES * sqrt(pharmacies / AT_THIS_DENSITY)


INSTITUTIONS = """
INSERT INTO institution (code, kind, name, adcode, area, address, phone, is_public, circulates,
    longitude, latitude, x, y, is_dual_channel, delivers, joined_vbp, accepts_family_code, heard_at)
SELECT 'PX' || lpad(n::text, 10, '0'), 'PHARMACY', '示例药店' || n, '350102', '350100', '示例路' || n || '号',
    '', false, true, lon, lat, 6371008.8 * radians(lon), 6371008.8 * ln(tan(pi() / 4 + radians(lat) / 2)),
    n % 3 = 0, n % 2 = 0, true, n % 4 = 0, $4::timestamptz - n % 600 * interval '1 second'
FROM (SELECT n, $2::float8 + (hashint4(n) / 4294967296.0) * 2 * $5::float8 AS lon,
             $3::float8 + (hashint4(n + 7919) / 4294967296.0) * 2 * $5::float8 AS lat
      FROM generate_series(1, $1::int) AS n) AS spread
"""

AGREEMENTS = """
INSERT INTO agreement (id, institution_id, state, since)
SELECT gen_random_uuid(), code, 'ACTIVE', '2024-01-01' FROM institution WHERE code LIKE 'PX%'
"""

HOURS = """
INSERT INTO opening_hours (id, institution_id, weekday, opens, closes)
SELECT gen_random_uuid(), code, day, 480, 1320 FROM institution, generate_series(0, 6) AS day
WHERE code LIKE 'PX%'
"""

PHARMACISTS = """
INSERT INTO pharmacist (code, institution_id, name, since)
SELECT 'HX' || substr(code, 3), code, '示例药师', '2024-01-01' FROM institution WHERE code LIKE 'PX%'
"""

SHIFTS = """
INSERT INTO duty_shift (id, pharmacist_id, institution_id, starts_at, ends_at)
SELECT gen_random_uuid(), code, institution_id, $1::timestamptz - interval '2 hours',
       $1::timestamptz + interval '10 hours'
FROM pharmacist WHERE code LIKE 'HX%'
"""

STOCK = """
WITH shelf AS MATERIALIZED (SELECT array_agg(code ORDER BY code) AS codes, count(*)::int AS many FROM drug)
INSERT INTO stock_item (id, pharmacy_id, drug_id, on_hand, held, sellable, price, moved_at, next_expiry)
SELECT gen_random_uuid(), p.code, shelf.codes[1 + (p.number * 31 + n * greatest(1, many / $1::int)) % many],
       5 + n % 40, 0, 5 + n % 40, 10 + abs(hashint4(p.number)::bigint) % 50, p.heard_at, date '2027-12-31'
FROM (SELECT code, heard_at, substr(code, 3)::int AS number FROM institution WHERE code LIKE 'PX%') p,
     shelf, generate_series(0, $1::int - 1) AS n
ON CONFLICT DO NOTHING
"""

TABLES = ("institution", "agreement", "opening_hours", "pharmacist", "duty_shift", "stock_item")


async def gather(connection: Any, crowd: Crowd) -> int:
    """Write the crowd's rows beside those of the sample world (写入); gives the number of stock rows."""
    place = crowd.place
    async with connection.transaction():
        await connection.execute(
            INSTITUTIONS,
            crowd.pharmacies,
            place.longitude,
            place.latitude,
            crowd.now,
            crowd.half_degrees,
        )
        for statement in (AGREEMENTS, HOURS, PHARMACISTS):
            await connection.execute(statement)
        await connection.execute(SHIFTS, crowd.now)
        await connection.execute(STOCK, crowd.drugs_each)
    await connection.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")
    found: int = await connection.fetchval("SELECT count(*) FROM stock_item")
    return found
