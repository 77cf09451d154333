"""What pharmacies and agencies enter, and does not fit: which entry, which field, what to do."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from models import DutyShift, OpeningHours, StockItem, StockMovement
from ops.client import Json, Refused
from ops.road import FUJIAN, Road
from ops.world import cast
from policy.terms import Role
from tests.house import House
from tests.services.stage import document, error_of


def entry(**changes: Any) -> Json:
    """One purchase."""
    return {"entries": [{"drugCode": cast.AMLODIPINE, "kind": "PURCHASE", "quantity": "1"} | changes]}


def price(**changes: Any) -> Json:
    """One price."""
    return {"prices": [{"drugCode": cast.AMLODIPINE, "price": "10"} | changes]}


def span(weekday: int = 0, opens: int = 480, closes: int = 1200) -> Json:
    """One opening span."""
    return {"weekday": weekday, "opens": opens, "closes": closes}


MOVEMENTS: list[tuple[Json, str]] = [
    (entry(drugCode="X"), "第 1 条 drugCode"),
    (entry(quantity="0"), "第 1 条 quantity"),
    (entry(quantity="-1"), "第 1 条 quantity"),
    (entry(quantity="99999999999999"), "第 1 条 quantity"),
    (entry(kind="PURCHASE_RETURN"), "第 1 条 quantity"),
    (entry(kind="STOCK_TAKE", quantity="-1"), "第 1 条 quantity"),
    (entry(kind="SALE"), "第 1 条 kind"),
    (entry(unitCost="-1"), "第 1 条 unitCost"),
    (entry(traceCodes=["12"]), "第 1 条 traceCodes"),
    (entry(batchNumber="B" * 31), "第 1 条 batchNumber"),
    (entry(supplier="司" * 201), "第 1 条 supplier"),
]


@pytest.mark.parametrize(("given", "where"), MOVEMENTS, ids=lambda one: str(one)[:60])
async def test_a_movement_that_makes_no_sense_is_refused_by_line_and_field(
    way: Road, given: Json, where: str
) -> None:
    before = await StockMovement.all().count()

    with pytest.raises(Refused) as refused:
        await way.pharmacy.do(document("recordStock"), **given)

    assert any(one["message"].startswith(where) for one in refused.value.violations)
    assert {one["lineId"] for one in refused.value.violations} == {"1"}
    assert await StockMovement.all().count() == before


PREMISES: list[tuple[str, Json, str]] = [
    ("recordStock", {"entries": []}, "entries"),
    ("setPrices", {"prices": []}, "prices"),
    ("setPrices", price(price="0"), "prices[1].price"),
    ("setPrices", price(price="-3"), "prices[1].price"),
    ("setPrices", price(price="99999999999999"), "prices[1].price"),
    ("setPrices", price(drugCode=""), "prices[1].drugCode"),
    ("setOpeningHours", {"spans": [span(), span(opens=1000, closes=1300)]}, "spans"),
    ("setOpeningHours", {"spans": [span(weekday=7)]}, "spans[1]"),
    ("setOpeningHours", {"spans": [span(opens=700, closes=600)]}, "spans[1]"),
    ("setOpeningHours", {"spans": [span(closes=1441)]}, "spans[1]"),
    ("setOpeningHours", {"spans": [span()] * 29}, "spans"),
]


@pytest.mark.parametrize(("mutation", "given", "field"), PREMISES, ids=lambda one: str(one)[:60])
async def test_a_pharmacys_entry_that_makes_no_sense(
    way: Road, mutation: str, given: Json, field: str
) -> None:
    before = await OpeningHours.filter(institution_id=FUJIAN.pharmacy).count()

    values = {"idempotencyKey": str(uuid4()), **given}
    error = await error_of(way.pharmacy, document(mutation), {"input": values})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")
    assert await OpeningHours.filter(institution_id=FUJIAN.pharmacy).count() == before


async def test_one_bad_entry_undoes_the_good_ones(way: Road) -> None:
    item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    entries = entry()["entries"] + entry(drugCode="XZ99ZZZ999Z999999999999")["entries"]

    with pytest.raises(Refused) as refused:
        await way.pharmacy.do(document("recordStock"), entries=entries)

    assert refused.value.codes == ["UNKNOWN_DRUG"]
    assert "请核对编码" in refused.value.violations[0]["message"]
    assert (await StockItem.get(id=item.id)).on_hand == item.on_hand


@pytest.mark.parametrize(
    "change", [{"kind": "STOCK_TAKE", "quantity": "0"}, {"kind": "ADJUSTMENT", "quantity": "-999999"}]
)
async def test_stock_that_is_held_for_patients_cannot_be_booked_away(
    way: Road, requested: Json, change: Json
) -> None:
    item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    assert item.held > 0

    with pytest.raises(Refused) as refused:
        await way.pharmacy.do(document("recordStock"), **entry(**change))

    (violation,) = refused.value.violations
    assert violation["code"] == "STOCK_SHORT"
    assert Decimal(violation["limit"]) == item.held
    assert cast.AMLODIPINE in violation["message"]
    assert "请先盘点" in violation["message"]


async def test_a_roster_takes_no_pharmacist_of_another_house(house: House, way: Road) -> None:
    before = await DutyShift.filter(institution_id=FUJIAN.pharmacy).count()
    begins, ends = house.now() + timedelta(days=1), house.now() + timedelta(days=1, hours=8)
    shift = {"startsAt": begins.isoformat(), "endsAt": ends.isoformat()}

    async def refusal(**changes: str) -> Json:
        shifts = [{"pharmacistCode": cast.FUJIAN_PHARMACIST, **shift, **changes}]
        given = {"idempotencyKey": str(uuid4()), "shifts": shifts}
        return await error_of(way.pharmacy, document("setDutyRoster"), {"input": given})

    foreign = await refusal(pharmacistCode=cast.FUJIAN_PHARMACIST_OTHER)
    backwards = await refusal(endsAt=begins.isoformat())
    too_long = await refusal(endsAt=(begins + timedelta(hours=25)).isoformat())
    past = await refusal(startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-01T08:00:00Z")
    assert foreign["extensions"]["code"] == "NOT_FOUND"
    assert cast.FUJIAN_PHARMACIST_OTHER in foreign["message"]
    for error, words in ((backwards, "晚于到岗"), (too_long, "24 小时"), (past, "已经过去")):
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["message"].startswith("shifts[1]:")
        assert words in error["message"]
    assert await DutyShift.filter(institution_id=FUJIAN.pharmacy).count() == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": ""}, "entries[1].reference"),
        ({"reference": "R" * 65}, "entries[1].reference"),
        ({"deductibleUsed": "-1"}, "entries[1].deductibleUsed"),
        ({"fundUsed": "99999999999999"}, "entries[1].fundUsed"),
        ({"year": 1999}, "entries[1].year"),
        ({"year": 2_000_000_000}, "entries[1].year"),
        ({"diseaseCode": "M" * 25}, "entries[1].diseaseCode"),
    ],
    ids=str,
)
async def test_an_import_that_makes_no_sense(house: House, change: Json, field: str) -> None:
    good = {
        "reference": "R1",
        "psnNo": cast.FUJIAN_PATIENT,
        "year": 2026,
        "benefit": "SPECIAL_DISEASE",
        "diseaseCode": cast.FUJIAN_DISEASE,
        "deductibleUsed": "1",
        "fundUsed": "1",
    }
    given = {"idempotencyKey": str(uuid4()), "entries": [good | change]}

    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    error = await error_of(agency, document("importAccumulators"), {"input": given})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")
