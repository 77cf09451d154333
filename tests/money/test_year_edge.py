"""The last second of a year and the first of the next, through the API: each counts where it belongs.

The clock is stopped at instants here, so each test has a house of its own.
"""

import csv
import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from models import Prescription
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN, SHANXI
from ops.road_documents import NEARBY
from ops.world import cast
from policy.calendar import SHANGHAI, in_shanghai
from policy.money import ZERO
from policy.terms import Role
from services.daily import reconcile_due
from tests.house import House
from tests.money.test_accounts import STATEMENT
from tests.money.test_clearing import SUBMIT, years
from tests.money.test_daily import DAYS
from tests.money.test_reconciliation import DETAILS
from tests.money.words import check_books, preview, reverse
from tests.road.test_quota_overflow import HYPERTENSION, hypertensive
from tests.road.walk import Walk
from tests.services.test_balances import BALANCE, IMPORT
from tests.values import carrying, values

LAST = datetime(2026, 12, 31, 23, 59, 59, tzinfo=SHANGHAI)
FIRST = LAST + timedelta(seconds=1)
OLD, NEW = "2026-12-31", "2027-01-01"
PLACE = {"location": {"longitude": 119.3062, "latitude": 26.0753}, "order": "DISTANCE"}
STOCK = "query S($on: Date!) { stockBalance(since: $on, until: $on) { actual } }"


async def ready(walk: Walk, moment: datetime, many: int = 1, **draft: Any) -> list[Json]:
    """Fills that are ready to settle, of prescriptions uploaded an hour before that moment."""
    hour = timedelta(hours=1)
    fills = []
    for _ in range(many):
        prescription = await walk.upload(**draft)
        fills.append(await walk.prepare(prescription))
        times = {"uploaded_at": moment - hour, "expires_at": moment + hour}
        await Prescription.filter(id=prescription["id"]).update(**times)
    return fills


async def settled(walk: Walk, fill: Json, moment: datetime) -> Json:
    """A settlement at exactly that moment."""
    walk.house.stop_at(moment)
    return await walk.settle(fill)


async def on_both_sides(walk: Walk, **draft: Any) -> list[Json]:
    """Two settlements of one patient, a second apart and a year."""
    fills = await ready(walk, LAST, 2, **draft)
    return [await settled(walk, fill, moment) for fill, moment in zip(fills, (LAST, FIRST), strict=True)]


def fund(settlement: Json) -> Decimal:
    """What the funds paid of it."""
    return Decimal(settlement["statement"]["fundTotal"])


async def use_at(walk: Walk, moment: datetime, bucket: str = "OUTPATIENT") -> Json:
    """What the patient sees of the year at a moment."""
    walk.house.stop_at(moment)
    uses = (await walk.patient.execute(BALANCE))["benefitBalance"]["uses"]
    return next(dict(one) for one in uses if one["bucket"] == bucket)


async def numbers_of(walk: Walk, day: str) -> set[str]:
    """What the house has of a day, as the pharmacy sees it when it compares line by line (3202)."""
    given = {"period": {"since": day, "until": day}, "lines": []}
    found = (await walk.counter().execute(DETAILS, {"input": given}))["reconcileDetails"]
    return {line["number"] for line in found["lines"]}


async def rows_of(client: Client, path: str, **given: str) -> list[list[str]]:
    """The rows of a file to take away."""
    url = f"{client.url}/exports/{path}.csv"
    answer = await client.http.get(url, params=given, headers=client.headers)
    assert answer.status_code == 200, answer.text
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))[1:]


async def claimed(walk: Walk, month: str, moment: datetime) -> Json:
    """A month, claimed at a moment."""
    walk.house.stop_at(moment)
    return await walk.counter().do(SUBMIT, month=month, area=cast.SHANXI_AREA)


async def days_of(walk: Walk) -> dict[str, tuple[int, int]]:
    """The days of reconciliation around the edge: settlements and reversals."""
    walk.house.stop_at(FIRST + timedelta(days=1))
    await reconcile_due(walk.house.call())
    given = {"since": OLD, "until": NEW, "code": None}
    rows = (await walk.counter().execute(DAYS, given))["reconciliationDays"]
    return {row["day"]: (row["settlements"], row["reversals"]) for row in rows}


async def test_a_second_decides_the_year_and_the_account_goes_on(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    old, new = await ready(walk, LAST, 2)
    before = await use_at(walk, LAST)

    first = await settled(walk, old, LAST)
    seen = [await use_at(walk, moment) for moment in (LAST, FIRST)]
    second = await settled(walk, new, FIRST)
    after = await use_at(walk, FIRST)
    december, january, both = [
        (await walk.patient.execute(STATEMENT, {"since": since, "until": until}))["accountStatement"]
        for since, until in ((OLD, OLD), (NEW, NEW), (OLD, NEW))
    ]

    used = [(one["year"], Decimal(one["fundUsed"])) for one in (before, *seen)]
    assert used == [(2026, ZERO), (2026, fund(first)), (2027, ZERO)]
    assert (after["year"], Decimal(after["fundUsed"])) == (2027, fund(second))
    assert fund(second) == fund(first) > 0
    assert in_shanghai(datetime.fromisoformat(second["settledAt"])) == FIRST
    assert december["closing"] == january["opening"] == january["carriedOver"] == both["carriedOver"]
    assert december["carriedOver"] == "0.00", "the account was opened in the course of the year"
    paid = Decimal(second["statement"]["account"])
    assert Decimal(january["carriedOver"]) - Decimal(january["closing"]) == paid > 0


async def test_a_second_decides_day_claim_attribution_and_file(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    old, new = await on_both_sides(walk)
    hospital, agency = walk.hospital, own_house.client(Role.AGENCY, cast.SHANXI_AREA)

    attributed = [await years(hospital, year) for year in (2026, 2027)]
    exported = [await rows_of(agency, "settlements", since=day, until=day) for day in (OLD, NEW)]
    by_year = [await rows_of(agency, "hospital-year", year=year) for year in ("2026", "2027")]
    compared = [await numbers_of(walk, day) for day in (OLD, NEW)]
    days = await days_of(walk)
    sold = [(await walk.counter().execute(STOCK, {"on": day}))["stockBalance"] for day in (OLD, NEW)]

    assert [[one["fundTotal"] for one in rows] for rows in attributed] == [
        [old["statement"]["fundTotal"]],
        [new["statement"]["fundTotal"]],
    ]
    assert [[row[0] for row in rows] for rows in exported] == [[old["number"]], [new["number"]]]
    assert [rows[0][2] for rows in by_year] == ["1", "1"]
    assert compared == [{old["number"]}, {new["number"]}]
    assert days == {OLD: (1, 0), NEW: (1, 0)}
    assert [one["actual"] for one in sold] == [one["statement"]["total"] for one in (old, new)]


async def test_a_reversal_in_the_new_year_counts_there_and_gives_back_to_the_old(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    old, new = await on_both_sides(walk)
    with pytest.raises(Refused) as early:
        await claimed(walk, "2026-12-01", LAST)
    december = await claimed(walk, "2026-12-01", FIRST)

    reversal = await reverse(walk.counter(), old)
    attributed = [await years(walk.hospital, year) for year in (2026, 2027)]
    use = await use_at(walk, FIRST)
    used = await use_at(walk, LAST)
    compared = [await numbers_of(walk, day) for day in (OLD, NEW)]
    days = await days_of(walk)
    january = await claimed(walk, "2027-01-01", datetime(2027, 2, 1, tzinfo=SHANGHAI))

    assert early.value.codes == ["CLAIM_NOT_POSSIBLE"]
    assert reversal["effects"] == [], "nothing is carried over, so the new year is as it was"
    assert Decimal(used["fundUsed"]) == 0
    assert Decimal(use["fundUsed"]) == fund(new)
    assert [[one["settlements"] for one in rows] for rows in attributed] == [[0], [1]]
    assert compared == [{old["number"]}, {new["number"], reversal["number"]}]
    assert days == {OLD: (1, 0), NEW: (1, 1)}
    assert (december["settlements"], december["reversals"]) == (1, 0)
    assert (january["settlements"], january["reversals"]) == (1, 1)
    assert Decimal(january["pooled"]) == fund(new) - fund(old)
    await check_books()


@pytest.mark.parametrize(
    ("edge", "period"),
    [("2026-05-01", "MONTH"), ("2026-07-01", "QUARTER")],
    ids=["五月一日", "三季度首日"],
)
async def test_a_second_decides_the_quota_of_month_and_quarter(
    own_house: House, edge: str, period: str
) -> None:
    walk = Walk(own_house, SHANXI)
    await hypertensive(own_house, LEFT_ENOUGH)
    first = datetime.fromisoformat(edge).replace(tzinfo=SHANGHAI)
    last = first - timedelta(seconds=1)
    line = {"drugCode": cast.AMLODIPINE, "quantity": "2", "dose": "2", "timesPerDay": "1", "days": 28}
    given = {"benefit": "SPECIAL_DISEASE", "diseaseCode": HYPERTENSION, "lines": [line]}
    moments = (last - timedelta(seconds=1), last, first)

    with (
        values(cast.SHANXI_AREA, first.date(), {"disease_quota": QUOTA}, period=period),
        values(cast.SHANXI_AREA, first.date(), {"quota_overflow": False}),
    ):
        fills = await ready(walk, last, 3, **given)
        paid = [fund(await settled(walk, fill, moment)) for fill, moment in zip(fills, moments, strict=True)]

    assert paid == [QUOTA, 0, QUOTA], "used up by the first, refilled at midnight"


LEFT_ENOUGH = Decimal("1000.00")
QUOTA = Decimal("5.00")


async def test_fujians_notice_ends_with_its_last_second(own_house: House) -> None:
    walk = Walk(own_house, FUJIAN)
    fills = await ready(walk, LAST, 2)
    open_id = (await walk.upload())["id"]
    old = await settled(walk, fills[0], LAST)

    with pytest.raises(Refused) as late:
        await settled(walk, fills[1], FIRST)
    with pytest.raises(Refused) as unseen:
        await walk.preview(fills[1])
    with pytest.raises(RequestFailed) as unfound:
        await walk.patient.execute(NEARBY, {**PLACE, "prescription": open_id})
    reversal = await reverse(walk.counter(), old)

    assert late.value.codes == unseen.value.codes == ["REGULATION_NOT_IN_FORCE"]
    assert unfound.value.errors[0]["extensions"]["code"] == "REFUSED"
    assert reversal["isWhole"]
    assert [one["settlements"] for one in await years(walk.hospital, 2026)] == [0]
    await check_books()


async def test_what_an_area_carries_over_is_paid_and_said_and_a_late_reversal_shows_it(
    own_house: House,
) -> None:
    walk = Walk(own_house, SHANXI)
    limit, left = Decimal(1800), Decimal(20)
    await use_up(own_house, SHANXI.patient, {2026: limit - left - 10, 2027: limit})

    with values(cast.SHANXI_AREA, FIRST.date(), carrying("NONE", str(left))):
        old, new = await on_both_sides(walk)
        use = await use_at(walk, FIRST)
        own_house.stop_at(FIRST + timedelta(seconds=1))
        shown = await preview(walk.counter(), old)

    assert fund(old) == left + 10, "all that was left of the old year"
    assert Decimal(use["limitCarried"]) == 0
    assert fund(new) == 0
    assert amounts(shown["effects"], "fundTotal") == [left]


async def use_up(house: House, psn_no: str, fund_used: dict[int, Decimal]) -> None:
    """The agency imports what the patient used elsewhere, year by year."""
    entries = [
        {
            "reference": f"elsewhere-{year}",
            "psnNo": psn_no,
            "year": year,
            "benefit": "OUTPATIENT",
            "deductibleUsed": "0.00",
            "fundUsed": str(amount),
        }
        for year, amount in fund_used.items()
    ]
    await house.client(Role.AGENCY, cast.SHANXI_AREA).do(IMPORT, entries=entries)


def amounts(rows: Sequence[Json], name: str) -> list[Decimal]:
    """One amount of each row."""
    return [Decimal(row[name]) for row in rows]
