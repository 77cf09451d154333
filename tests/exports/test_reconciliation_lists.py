"""Reconciliation to take away: the days, what differed within the house, the answers to one's own file."""

import io
from decimal import Decimal

import httpx
import pytest
from python_calamine import CalamineWorkbook

from models import AuditEntry
from ops.client import Client, Json
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import shanghai_day
from policy.terms import Role
from services.daily import reconcile_due
from tests.exports.test_exports import got, rows_of
from tests.house import House
from tests.money.test_daily import sale_with_a_fen_too_much
from tests.money.words import reverse
from tests.road.walk import Walk


@pytest.fixture(scope="module")
async def sold(house: House) -> list[Json]:
    """A day that is over: a settlement that is booked a fen too high, another, and its reversal."""
    walk = Walk(house, FUJIAN)
    found = [await walk.settle(await walk.prepare(await walk.upload())) for _ in range(2)]
    found.append(await reverse(walk.counter(), found[1]))
    await sale_with_a_fen_too_much(house, found[0]["number"])
    house.later(days=1)
    await reconcile_due(house.call())
    return found


def yesterday(house: House) -> dict[str, str]:
    """The day that is over, as a span."""
    day = shanghai_day(house.now()).toordinal() - 1
    text = shanghai_day(house.now()).fromordinal(day).isoformat()
    return {"since": text, "until": text}


def counter(house: House, pharmacy: str = FUJIAN.pharmacy) -> Client:
    """A pharmacy, signed in."""
    return house.client(Role.PHARMACY, pharmacy)


WHO = {
    "pharmacy": (Role.PHARMACY, FUJIAN.pharmacy, 1),
    "agency": (Role.AGENCY, cast.FUJIAN_AREA, 1),
    "supervisor": (Role.SUPERVISOR, "S1", 1),
    "other pharmacy": (Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER, 0),
    "other agency": (Role.AGENCY, cast.SHANXI_AREA, 0),
}


@pytest.mark.parametrize("who", WHO)
async def test_each_takes_away_the_days_it_may_see(house: House, sold: list[Json], who: str) -> None:
    role, subject, many = WHO[who]

    days = rows_of(await got(house.client(role, subject), "reconciliation-days.csv", **yesterday(house)))
    found = await got(house.client(role, subject), "reconciliation-differences.csv", **yesterday(house))

    assert days[0][0] == "对账日"
    assert [row[1] for row in days[1:]] == [FUJIAN.pharmacy] * many
    assert [row[3] for row in rows_of(found)[1:]] == [sold[0]["number"]] * many
    if many:
        _, (day, _, _, settlements, reversals, total, _, differences, *_, filed) = days
        assert (day, settlements, reversals, differences) == (yesterday(house)["since"], "2", "1", "1")
        assert Decimal(total) == Decimal(sold[0]["statement"]["total"])
        assert filed == "未对账"


async def test_an_agency_names_one_pharmacy_of_its_own(house: House, sold: list[Json]) -> None:
    of_other = {**yesterday(house), "pharmacy": cast.FUJIAN_PHARMACY_OTHER}
    of_stranger = {**yesterday(house), "pharmacy": cast.SHANXI_PHARMACY}
    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)

    other = await got(agency, "reconciliation-days.csv", **of_other)
    stranger = await got(agency, "reconciliation-days.csv", **of_stranger)
    patient = await got(
        house.client(Role.PATIENT, FUJIAN.patient), "reconciliation-days.csv", **yesterday(house)
    )

    assert rows_of(other)[1:] == []
    assert (stranger.status_code, patient.status_code) == (404, 403)


async def posted(client: Client, form: str, file: str, **given: str) -> httpx.Response:
    """What the address answers to a file."""
    url = f"{client.url}/exports/reconciliation.{form}"
    return await client.http.post(url, params=given, headers=client.headers, content=file.encode())


def own_file(sold: list[Json]) -> str:
    """What the pharmacy kept: one right, one by a fen too low, and one that nobody else has."""
    right, low = [Decimal(one["statement"]["total"]) for one in sold[:2]]
    rows = [(sold[0]["number"], right), (sold[1]["number"], low - Decimal("0.01")), ("X-1", Decimal(1))]
    head = "number,total,fund_total,account\n"
    return head + "".join(f"{number},{total},,\n" for number, total in rows)


async def test_the_answers_to_a_pharmacys_file_are_a_file(house: House, sold: list[Json]) -> None:
    file, days = own_file(sold), yesterday(house)

    short = rows_of(await posted(counter(house), "csv", file, **days))
    whole = rows_of(await posted(counter(house), "csv", file, **days, equal="true"))
    book = await posted(counter(house), "xlsx", file, **days)

    results = {row[0]: row[1] for row in short[1:]}
    assert results == {sold[1]["number"]: "金额不符", sold[2]["number"]: "仅平台有", "X-1": "仅机构有"}
    (differing,) = [row for row in short if row[1] == "金额不符"]
    assert differing[-1] == "医疗费总额"
    assert Decimal(differing[2]) - Decimal(differing[7]) == Decimal("0.01")
    assert len(whole) == len(short) + 1
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in sheet] == [row[0] for row in short]
    entry = await AuditEntry.filter(verb="export").order_by("-at").first()
    assert entry is not None
    assert entry.subject == f"reconciliation-{FUJIAN.pharmacy}-{days['since']}-{days['until']}"
    filed = rows_of(await got(counter(house), "reconciliation-days.csv", **days))
    assert filed[1][-1] == "金额不符", "the day counts as compared by the pharmacy"


@pytest.mark.parametrize(
    ("file", "change", "status"),
    [
        ("", {}, 400),
        ("number,total\n1,2\n", {}, 400),
        ("number,total,fund_total,account\n1,x,,\n", {}, 400),
        ("number,total,fund_total,account\n1,1.00,,\n1,1.00,,\n", {}, 400),
        ("number,total,fund_total,account\n", {"insurance": "X"}, 400),
        ("number,total,fund_total,account\n", {"since": "2026-01-01"}, 400),
        ("n" * (9 * 2**20), {}, 413),
    ],
    ids=["空文件", "缺列", "不是金额", "单号重复", "险种不明", "跨度过长", "太大"],
)
async def test_a_bad_file_is_refused_with_what_is_wrong(
    house: House, file: str, change: dict[str, str], status: int
) -> None:
    answer = await posted(counter(house), "csv", file, **(yesterday(house) | change))

    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]


async def test_only_a_pharmacy_compares_and_only_one_list_takes_a_file(house: House) -> None:
    head = "number,total,fund_total,account\n"
    agency = await posted(house.client(Role.AGENCY, cast.FUJIAN_AREA), "csv", head, **yesterday(house))
    url = f"{house.url}/exports/settlements.csv"
    wrong = await house.http.post(
        url, params=yesterday(house), headers=counter(house).headers, content=head.encode()
    )

    assert (agency.status_code, wrong.status_code) == (403, 404)
