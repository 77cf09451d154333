"""Files to take away: the right rows for the right people, safe to open, in little memory."""

import csv
import io
import tracemalloc
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from python_calamine import CalamineWorkbook

from engines.spreadsheets import whole_file
from models import AuditEntry, ClearingClaim
from ops.client import Client
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import shanghai_day
from policy.terms import ClaimState, Role
from services.export_lists import Export
from tests.house import House
from tests.money.claims import claimed
from tests.money.words import reverse
from tests.road.walk import Walk

AREA = "350100"


@pytest.fixture(scope="module")
async def sold(house: House) -> list[Any]:
    """A settlement, and its reversal."""
    walk = Walk(house, FUJIAN)
    settlement = await walk.settle(await walk.prepare(await walk.upload()))
    return [settlement, await reverse(walk.counter(), settlement)]


async def got(client: Client, path: str, **given: str) -> httpx.Response:
    """What the address answers."""
    return await client.http.get(f"{client.url}/exports/{path}", params=given, headers=client.headers)


def rows_of(answer: httpx.Response) -> list[list[str]]:
    """The rows of a CSV file."""
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def today(house: House) -> dict[str, str]:
    """The house's day as a span."""
    day = shanghai_day(house.now()).isoformat()
    return {"since": day, "until": day}


WHO = {
    "pharmacy": (Role.PHARMACY, FUJIAN.pharmacy, 2),
    "hospital": (Role.HOSPITAL, FUJIAN.hospital, 2),
    "agency": (Role.AGENCY, AREA, 2),
    "other pharmacy": (Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER, 0),
    "other agency": (Role.AGENCY, "350200", 0),
}


@pytest.mark.parametrize("who", WHO)
async def test_each_takes_away_its_own_settlements(house: House, sold: list[Any], who: str) -> None:
    role, subject, many = WHO[who]

    answer = await got(house.client(role, subject), "settlements.csv", **today(house))

    head, *rows = rows_of(answer)
    assert (head[0], len(rows)) == ("单号", many)
    if many:
        assert answer.content.startswith(b"\xef\xbb\xbf")
        assert [row[0] for row in rows] == [one["number"] for one in sold]
        assert [row[2] for row in rows] == ["结算", "冲正"]
        assert Decimal(rows[0][8]) == -Decimal(rows[1][8])


async def test_the_year_is_taken_away_by_hospital(house: House, sold: list[Any]) -> None:
    year = str(shanghai_day(house.now()).year)

    own = rows_of(await got(house.client(Role.HOSPITAL, FUJIAN.hospital), "hospital-year.csv", year=year))
    area = rows_of(await got(house.client(Role.AGENCY, AREA), "hospital-year.csv", year=year))

    assert own[1][:1] == [FUJIAN.hospital]
    assert own[1] in area
    assert Decimal(own[1][3]) == 0


async def test_a_claim_goes_to_its_pharmacy_and_agency_alone(house: House, sold: list[Any]) -> None:
    claim: ClearingClaim = await claimed(FUJIAN.pharmacy, AREA, house.now(), ClaimState.SUBMITTED)
    path = {"id": str(claim.id)}

    answers = [
        (await got(house.client(role, subject), "claim.xlsx", **path)).status_code
        for role, subject, _ in WHO.values()
    ]

    assert answers == [200, 403, 200, 404, 404]


async def test_amounts_are_numbers_and_codes_are_text_in_a_workbook(house: House, sold: list[Any]) -> None:
    answer = await got(house.client(Role.PHARMACY, FUJIAN.pharmacy), "settlements.xlsx", **today(house))

    rows = CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(0).to_python()
    assert rows[1][0] == sold[0]["number"]
    assert rows[1][4] == AREA
    assert rows[1][8] == float(sold[0]["statement"]["total"])


@pytest.mark.parametrize(
    ("path", "given", "role", "status"),
    [
        ("settlements.csv", {"since": "x", "until": "2026-01-01"}, Role.PHARMACY, 400),
        ("settlements.csv", {"since": "2024-01-01", "until": "2026-01-01"}, Role.PHARMACY, 400),
        ("hospital-year.csv", {"year": "26"}, Role.AGENCY, 400),
        ("claim.csv", {"id": "1"}, Role.AGENCY, 400),
        ("settlements.pdf", {}, Role.PHARMACY, 404),
        ("members.csv", {}, Role.AGENCY, 404),
        ("settlements.csv", {"since": "2026-01-01", "until": "2026-01-01"}, Role.PATIENT, 403),
    ],
)
async def test_what_can_not_be_answered_says_why(
    house: House, path: str, given: dict[str, str], role: Role, status: int
) -> None:
    subject = {Role.PHARMACY: FUJIAN.pharmacy, Role.AGENCY: AREA, Role.PATIENT: FUJIAN.patient}[role]

    answer = await got(house.client(role, subject), path, **given)

    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


async def test_nobody_takes_anything_without_a_token(house: House) -> None:
    answer = await house.http.get(f"{house.url}/exports/settlements.csv", params=today(house))

    assert answer.status_code == 401


async def test_who_took_what_is_on_record(house: House, sold: list[Any]) -> None:
    await got(house.client(Role.AGENCY, AREA), "settlements.csv", **today(house))

    entry = await AuditEntry.filter(verb="export").order_by("-at").first()

    assert entry is not None
    assert entry.subject.startswith(f"settlements-{AREA}-")


async def batches(rows: int) -> AsyncIterator[list[list[Any]]]:
    """So many rows, a few hundred at a time."""
    for first in range(0, rows, 500):
        yield [[f"{number:030d}", "=1+1", Decimal("12.34")] for number in range(first, first + 500)]


async def test_a_text_is_never_a_formula() -> None:
    with await whole_file("csv", ["单号"], batches(500)) as file:
        text = file.read().decode("utf-8-sig")

    assert {row[1] for row in list(csv.reader(io.StringIO(text)))[1:]} == {"'=1+1"}


@pytest.mark.parametrize(("form", "few", "many"), [("csv", 5_000, 50_000), ("xlsx", 500, 5_000)])
async def test_ten_times_the_rows_take_the_same_memory(form: str, few: int, many: int) -> None:
    await memory_of(form, few)  # what is imported and kept for ever is there now

    less, more = await memory_of(form, few), await memory_of(form, many)

    assert more < less + 2**20, f"{less} bytes for {few} rows, {more} for {many}"


async def memory_of(form: str, rows: int) -> int:
    """The most memory that a file of so many rows takes."""
    tracemalloc.start()
    try:
        (await whole_file(form, ["单号", "文字", "金额"], batches(rows))).close()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


async def test_rows_come_by_a_cursor(house: House) -> None:
    many = Export("many", ["n"], "SELECT n FROM generate_series(1, 50000) AS n", [])

    async with many.batches() as found:
        sizes = [len(rows) async for rows in found]

    assert max(sizes) == 500
    assert sum(sizes) == 50_000
