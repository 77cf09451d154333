"""Pharmacies that may not take a prescription now, and what the patient is told before setting out."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest

from models import Fill, StockItem
from ops.client import Refused
from ops.road import FUJIAN, SHANXI, Region
from ops.world import cast
from tests.house import House
from tests.road import words
from tests.road.walk import Walk, line_ids, line_states, stock_of

SET_PRICES = """
mutation Prices($input: SetPricesInput!) {
  setPrices(input: $input) { ... on Pharmacy { code } ... on Refusal { violations { code rule message } } }
}"""

REFUSALS = [
    pytest.param(FUJIAN, cast.FUJIAN_PHARMACY_CLOSED, "PHARMACY_CLOSED", "YL-1", id="福建 休息"),
    pytest.param(
        FUJIAN, cast.FUJIAN_PHARMACY_NO_PHARMACIST, "PHARMACIST_NOT_ON_DUTY", "FJ-2.2", id="福建 无药师在岗"
    ),
    pytest.param(
        FUJIAN, cast.FUJIAN_PHARMACY_LAPSED, "PHARMACIST_NOT_ON_DUTY", "FJ-2.2", id="福建 药师库已失效"
    ),
    pytest.param(
        FUJIAN, cast.FUJIAN_PHARMACY_ENDED, "INSTITUTION_NOT_CONTRACTED", "FJ-2.0", id="福建 协议已解除"
    ),
    pytest.param(SHANXI, cast.SHANXI_PHARMACY_CLOSED, "PHARMACY_CLOSED", "YL-1", id="山西 休息"),
    pytest.param(
        SHANXI,
        cast.SHANXI_PHARMACY_NO_PHARMACIST,
        "PHARMACIST_NOT_ON_DUTY",
        "CN-PHARMACIST",
        id="山西 无药师在岗",
    ),
    pytest.param(
        SHANXI, cast.SHANXI_PHARMACY_ENDED, "INSTITUTION_NOT_CONTRACTED", "SX-26.1", id="山西 协议已解除"
    ),
]


@pytest.mark.parametrize(("region", "pharmacy", "code", "rule"), REFUSALS)
async def test_a_pharmacy_that_may_not_dispense_now_refuses_patient_and_counter_alike(
    house: House, region: Region, pharmacy: str, code: str, rule: str
) -> None:
    walk = Walk(house, region)
    prescription = await walk.upload()
    shown = await walk.show_code(prescription)

    with pytest.raises(Refused) as asked:
        await walk.request(prescription, pharmacy)
    with pytest.raises(Refused) as claimed:
        await walk.counter(pharmacy).do(words.CLAIM, code=shown)

    for refused in (asked, claimed):
        assert [(one["code"], one["rule"]) for one in refused.value.violations] == [(code, rule)]
        assert refused.value.violations[0]["actual"] == pharmacy
        assert refused.value.violations[0]["basis"]
    assert await line_states(prescription) == ["OPEN"] * 3
    fill = await walk.counter().do(words.CLAIM, code=shown)
    assert fill["state"] == "REQUESTED", "a refused claim does not use the code up"


async def test_a_price_above_the_ceiling_is_refused_line_by_line_with_the_ceiling(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    before = await stock_of(cast.FUJIAN_PHARMACY_DEAR)

    with pytest.raises(Refused) as refused:
        await walk.request(prescription, cast.FUJIAN_PHARMACY_DEAR)

    assert refused.value.codes == ["PRICE_ABOVE_CEILING"] * 3
    assert [one["lineId"] for one in refused.value.violations] == line_ids(prescription, 1, 2, 3)
    for one in refused.value.violations:
        assert number(one["actual"]) > number(one["limit"]) > 0
        assert one["basis"]
    assert await stock_of(cast.FUJIAN_PHARMACY_DEAR) == before


def number(text: str) -> Decimal:
    """The number in a text for people."""
    found = re.search(r"[\d.]+", text)
    assert found is not None
    return Decimal(found[0])


async def test_a_sold_out_pharmacy_says_what_it_has(house: House) -> None:
    walk = Walk(house, FUJIAN)

    with pytest.raises(Refused) as refused:
        await walk.request(await walk.upload(), cast.FUJIAN_PHARMACY_EMPTY)

    assert refused.value.codes == ["STOCK_SHORT"] * 3
    assert {(one["limit"], one["actual"]) for one in refused.value.violations} == {("0.0000", "3.0000")}


async def test_every_reason_is_told_at_once(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()
    await walk.request(prescription, lineIds=line_ids(prescription, 1))

    with pytest.raises(Refused) as refused:
        await walk.request(prescription, cast.FUJIAN_PHARMACY_CLOSED, lineIds=line_ids(prescription, 1, 2))

    assert refused.value.codes == ["PHARMACY_CLOSED", "LINE_HELD_BY_YOU"]


async def test_the_last_box_is_promised_once(house: House) -> None:
    walk = Walk(house, FUJIAN)
    other = cast.FUJIAN_PHARMACY_OTHER
    item = await StockItem.get(pharmacy_id=other, drug_id=cast.AMLODIPINE)
    many = [await walk.upload() for _ in range(2)]
    enough = item.held + 3
    await StockItem.filter(id=item.id).update(on_hand=enough, sellable=enough)
    await walk.request(many[0], other)

    with pytest.raises(Refused) as refused:
        await walk.request(many[1], other)

    await StockItem.filter(id=item.id).update(on_hand=item.on_hand, sellable=item.sellable)
    assert refused.value.codes == ["STOCK_SHORT"]
    assert [one["lineId"] for one in refused.value.violations] == line_ids(many[1], 1)


async def test_a_fill_keeps_the_price_that_was_shown(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await walk.prepare(await walk.upload())
    before = await walk.preview(fill)
    row = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    assert row.price is not None
    lower = row.price - Decimal("0.50")
    given = {"drugCode": cast.AMLODIPINE, "price": f"{lower:f}"}

    await walk.counter().do(SET_PRICES, idempotencyKey=str(uuid4()), prices=[given])

    assert await walk.preview(fill) == before
    later = await walk.preview(await walk.prepare(await walk.upload()))
    assert Decimal(before["statement"]["total"]) - Decimal(later["statement"]["total"]) == Decimal("1.50")
    assert (await Fill.get(id=fill["id"])).state == "READY"


async def test_an_id_card_alone_is_no_credential(house: House) -> None:
    walk = Walk(house, SHANXI)
    fill = await walk.prepare(await walk.upload())

    with pytest.raises(Refused) as refused:
        await walk.settle(fill, tender={"credential": "ID_CARD"})
    settled = await walk.settle(fill, tender={"credential": "SOCIAL_CARD"})

    assert refused.value.codes == ["CREDENTIAL_MISSING"]
    assert settled["statement"]["total"] > "0"
