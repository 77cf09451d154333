"""Each day of each pharmacy is compared by itself, once; what was filed and what was not is seen."""

from datetime import timedelta
from typing import Any

import pytest

from models import Case, ReconciliationDay
from ops.client import Client, Json, RequestFailed
from ops.databases import connected
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import shanghai_day
from policy.terms import CaseKind, Role
from services.daily import reconcile_due
from tests.house import House
from tests.money.words import reverse
from tests.road.walk import Walk

DAYS = """
query Days($since: Date!, $until: Date!, $code: String) {
  reconciliationDays(since: $since, until: $until, pharmacyCode: $code) {
    day settlements reversals total fundTotal differences comparedAt isFiled filedResult
  }
}"""
TOTALS = """
query Totals($input: ReconcileTotalsInput!) {
  reconcileTotals(input: $input) { result here { amounts { total } } }
}"""


async def sale(house: House) -> Json:
    """A settlement at the counter."""
    walk = Walk(house, FUJIAN)
    return await walk.settle(await walk.prepare(await walk.upload()))


async def days(client: Client, house: House, code: str | None = None) -> list[Json]:
    """The pharmacy's last week."""
    today = shanghai_day(house.now())
    given = {"since": (today - timedelta(days=7)).isoformat(), "until": today.isoformat(), "code": code}
    found: list[Json] = (await client.execute(DAYS, given))["reconciliationDays"]
    return found


async def file_totals(house: House, **more: Any) -> None:
    """The pharmacy compares the day before."""
    day = (shanghai_day(house.now()) - timedelta(days=1)).isoformat()
    period = {"since": day, "until": day, **more}
    given = {"period": period, "settlements": 1, "reversals": 1, "amounts": {}}
    await Walk(house, FUJIAN).counter().execute(TOTALS, {"input": given})


async def test_a_day_is_compared_when_it_is_over_and_shown_as_unfiled(own_house: House) -> None:
    settlement = await sale(own_house)
    await reverse(Walk(own_house, FUJIAN).counter(), settlement)

    before = await reconcile_due(own_house.call())
    own_house.later(days=1)
    rounds = [await reconcile_due(own_house.call()) for _ in range(2)]
    (day,) = await days(Walk(own_house, FUJIAN).counter(), own_house)
    (seen,) = await days(own_house.client(Role.AGENCY, cast.FUJIAN_AREA), own_house, FUJIAN.pharmacy)

    assert (before, rounds) == (0, [1, 0])
    assert (day["settlements"], day["reversals"], day["total"], day["differences"]) == (1, 1, "0.00", 0)
    assert day["comparedAt"] is not None
    assert (day["isFiled"], day["filedResult"]) == (False, None)
    assert seen == day
    assert not await Case.filter(kind=CaseKind.RECONCILIATION_DIFFERENCE).exists()


async def test_a_day_that_the_pharmacy_compared_is_filed_with_its_result(own_house: House) -> None:
    settlement = await sale(own_house)
    await reverse(Walk(own_house, FUJIAN).counter(), settlement)
    own_house.later(days=1)

    await file_totals(own_house, area=cast.FUJIAN_AREA)
    in_part = await ReconciliationDay.filter(filed_at__isnull=False).count()
    await file_totals(own_house)
    await reconcile_due(own_house.call())
    (day,) = await days(Walk(own_house, FUJIAN).counter(), own_house)

    assert in_part == 0
    assert (day["isFiled"], day["filedResult"], day["settlements"]) == (True, "EQUAL", 1)


async def test_what_does_not_agree_becomes_one_case_each(own_house: House) -> None:
    settlement = await sale(own_house)
    await sale_with_a_fen_too_much(own_house, settlement["number"])
    own_house.later(days=1)

    await reconcile_due(own_house.call())
    await ReconciliationDay.all().update(compared_at=None)
    await reconcile_due(own_house.call())

    (case,) = await Case.filter(kind=CaseKind.RECONCILIATION_DIFFERENCE)
    assert (case.reference, case.pharmacy_id) == (settlement["number"], FUJIAN.pharmacy)
    (day,) = await days(Walk(own_house, FUJIAN).counter(), own_house)
    assert day["differences"] == 1


async def sale_with_a_fen_too_much(house: House, number: str) -> None:
    """A line of the settlement that says a fen more, as only the tables' owner could write it."""
    async with connected(house.database_url) as connection:
        await connection.execute("ALTER TABLE settlement_line DISABLE TRIGGER USER")
        await connection.execute(
            "UPDATE settlement_line SET total = total + 0.01, eligible = eligible + 0.01 WHERE number = 1"
            " AND settlement_id = (SELECT id FROM settlement WHERE number = $1)",
            number,
        )
        await connection.execute("ALTER TABLE settlement_line ENABLE TRIGGER USER")


async def test_nobody_sees_another_pharmacys_days(own_house: House) -> None:
    other = Walk(own_house, FUJIAN).counter(cast.FUJIAN_PHARMACY_OTHER)

    with pytest.raises(RequestFailed) as failed:
        await days(other, own_house, FUJIAN.pharmacy)

    assert failed.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
