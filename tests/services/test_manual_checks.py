"""Checking people by hand is always possible, is counted, and is looked into when it becomes the rule."""

from datetime import timedelta
from uuid import UUID

import pytest

from models import Case, Fill, IdentityCheck
from ops.client import Client, Json, RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import shanghai_day
from policy.dispensing import is_manual_often
from policy.terms import CaseKind, IdentityMethod, Role, Verdict
from services.manual_checks import watch_manual_checks
from tests.house import House
from tests.services.stage import settled_fill, walkers

LIST = """query M($since: Date!, $until: Date!, $first: Int! = 20, $after: String) {
  manualVerifications(since: $since, until: $until, first: $first, after: $after) {
    edges { cursor node { verifications settlements manualSettlements share isOften pharmacy { code } } }
    pageInfo { hasNextPage endCursor } } }"""
SETTLED = 3


@pytest.fixture(scope="module")
async def fills(house: House) -> list[Json]:
    """Three settlements at one pharmacy, each after a check by hand; the last check made by face instead."""
    fills = [await settled_fill(walkers(house)) for _ in range(SETTLED)]
    await IdentityCheck.filter(fill_id=fills[-1]["id"]).update(method=IdentityMethod.FACE)
    return fills


def agency(house: House, area: str = cast.FUJIAN_AREA) -> Client:
    """The clerk of an area."""
    return house.client(Role.AGENCY, area)


def days(house: House, back: int = 0) -> Json:
    """This day, or some days before it."""
    day = shanghai_day(house.now()) - timedelta(days=back)
    return {"since": day.isoformat(), "until": day.isoformat()}


async def test_an_agency_sees_how_often_its_pharmacies_check_by_hand(house: House, fills: list[Json]) -> None:
    found = (await agency(house).execute(LIST, days(house)))["manualVerifications"]["edges"]
    elsewhere = (await agency(house, cast.SHANXI_AREA).execute(LIST, days(house)))["manualVerifications"]
    yesterday = (await agency(house).execute(LIST, days(house, 1)))["manualVerifications"]
    all_areas = await house.client(Role.SUPERVISOR, "supervisor").execute(LIST, days(house))

    assert [edge["node"] for edge in found] == [
        {
            "verifications": 2,
            "settlements": SETTLED,
            "manualSettlements": 2,
            "share": "0.6667",
            "isOften": False,
            "pharmacy": {"code": FUJIAN.pharmacy},
        }
    ]
    assert elsewhere["edges"] == yesterday["edges"] == []
    assert all_areas["manualVerifications"]["edges"] == found


async def test_pages_follow_the_codes(house: House, fills: list[Json]) -> None:
    fill = await Fill.get(id=fills[0]["id"])
    copy = {name: getattr(fill, name) for name in Fill._meta.db_fields if name != "id"}
    other = await Fill.create(**(copy | {"pharmacy_id": cast.FUJIAN_PHARMACY_OTHER}))
    await IdentityCheck.create(
        fill=other,
        person_id=fill.buyer_id,
        method=IdentityMethod.MANUAL,
        verdict=Verdict.MATCH,
        operator="test",
        submitted_at=house.now(),
    )

    first = (await agency(house).execute(LIST, days(house) | {"first": 1}))["manualVerifications"]
    after = first["pageInfo"]["endCursor"]
    second = (await agency(house).execute(LIST, days(house) | {"first": 1, "after": after}))[
        "manualVerifications"
    ]

    codes = [page["edges"][0]["node"]["pharmacy"]["code"] for page in (first, second)]
    assert codes == [FUJIAN.pharmacy, cast.FUJIAN_PHARMACY_OTHER]
    assert (first["pageInfo"]["hasNextPage"], second["pageInfo"]["hasNextPage"]) == (True, False)
    assert second["edges"][0]["node"]["share"] == "0"
    await IdentityCheck.filter(fill_id=other.id).delete()


@pytest.mark.parametrize("since", ["2027-01-01", "2020-01-01"])
async def test_a_period_that_is_none_or_too_long_is_refused(house: House, since: str) -> None:
    with pytest.raises(RequestFailed) as failed:
        await agency(house).execute(LIST, {"since": since, "until": "2026-03-16"})

    assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("manual", "settlements", "is_often"),
    [(19, 19, False), (20, 66, True), (20, 67, False), (20, 20, True), (0, 0, False)],
    ids=["不足20次", "达到三成", "略低于三成", "全部", "没有"],
)
@pytest.mark.parametrize("area", [cast.FUJIAN_AREA, cast.SHANXI_AREA], ids=["福建", "山西"])
def test_often_is_by_number_and_by_share(
    house: House, area: str, manual: int, settlements: int, is_often: bool
) -> None:
    assert is_manual_often(area, shanghai_day(house.now()), manual, settlements) is is_often


async def test_a_pharmacy_that_does_it_often_gets_one_case_a_month(house: House, fills: list[Json]) -> None:
    quiet = await watch_manual_checks(house.call())
    fill = await Fill.get(id=UUID(fills[0]["id"]))
    rows = [
        IdentityCheck(
            fill_id=fill.id,
            person_id=fill.buyer_id,
            method=IdentityMethod.MANUAL,
            verdict=Verdict.MATCH,
            operator="test",
            submitted_at=house.now(),
        )
        for _ in range(30)
    ]
    await IdentityCheck.bulk_create(rows)
    checks_alone = await watch_manual_checks(house.call())
    for _ in range(18):
        await settled_fill(walkers(house))

    counts = [await watch_manual_checks(house.call()) for _ in range(2)]
    cases = await Case.filter(kind=CaseKind.MANUAL_VERIFICATION_OFTEN)
    house.later(days=15)
    await watch_manual_checks(house.call())
    house.later(days=20)
    faded = await watch_manual_checks(house.call())

    assert (quiet, checks_alone, counts) == (0, 0, [1, 1])
    (case,) = cases
    assert case.pharmacy_id == FUJIAN.pharmacy
    assert "20 笔以特殊登记" in case.text
    assert faded == 0
    assert await Case.filter(kind=CaseKind.MANUAL_VERIFICATION_OFTEN).count() == 1
