"""One prescription at several pharmacies (FJ-5.5, SX-14)."""

import pytest

from ops import road_documents as documents
from ops.client import Refused, RequestFailed
from ops.road import FUJIAN, SHANXI
from ops.world import cast
from tests.house import House
from tests.road.walk import ADVICE, Walk, line_ids, line_states, prescription_state

REASON = "该店缺一味药"


async def test_in_fujian_two_pharmacies_fill_and_each_reviews_for_itself(house: House) -> None:
    walk = Walk(house, FUJIAN)
    other = cast.FUJIAN_PHARMACY_OTHER
    prescription = await walk.upload()
    first = await walk.request(prescription, lineIds=line_ids(prescription, 1))
    second = await walk.request(prescription, other)
    await walk.make_settleable(first)

    with pytest.raises(RequestFailed) as foreign:
        await walk.pharmacist().do(documents.REVIEW, fillId=second["id"], decision="APPROVE", advice=ADVICE)
    unreviewed = await walk.preview(second, other)
    await walk.settle(first)
    halfway = await prescription_state(prescription), await line_states(prescription)
    await walk.make_settleable(second, other)
    await walk.settle(second, other)

    assert foreign.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
    assert "NOT_REVIEWED" in [one["code"] for one in unreviewed["obstacles"]]
    assert halfway == ("PARTLY_DISPENSED", ["DISPENSED", "CLAIMED", "CLAIMED"])
    assert await prescription_state(prescription) == "DISPENSED"


async def test_in_fujian_no_reason_is_asked_for(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()

    fill = await walk.request(prescription, lineIds=line_ids(prescription, 1, 2))

    assert fill["state"] == "REQUESTED"


async def test_in_shanxi_a_split_needs_its_reason(house: House) -> None:
    walk = Walk(house, SHANXI)
    prescription = await walk.upload()
    some = line_ids(prescription, 1, 2)

    refusals = []
    for reason in ("", "  "):
        with pytest.raises(Refused) as refused:
            await walk.request(prescription, lineIds=some, splitReason=reason)
        refusals += [(one["code"], one["rule"]) for one in refused.value.violations]
    first = await walk.request(prescription, cast.SHANXI_PHARMACY_PARTIAL, lineIds=some, splitReason=REASON)
    with pytest.raises(Refused) as rest:
        await walk.request(prescription, cast.SHANXI_PHARMACY_OTHER)
    second = await walk.request(prescription, cast.SHANXI_PHARMACY_OTHER, splitReason=REASON)

    assert refusals == [("SPLIT_REASON_MISSING", "SX-14")] * 2
    assert rest.value.codes == ["SPLIT_REASON_MISSING"]
    assert first["state"] == second["state"] == "REQUESTED"
    assert await line_states(prescription) == ["CLAIMED"] * 3


async def test_in_shanxi_the_whole_at_one_pharmacy_needs_no_reason(house: House) -> None:
    walk = Walk(house, SHANXI)

    fill = await walk.request(await walk.upload())

    assert fill["state"] == "REQUESTED"


async def test_in_shanxi_one_drug_is_not_bought_at_two_pharmacies(house: House) -> None:
    walk = Walk(house, SHANXI)
    lines = walk.draft()["lines"]
    prescription = await walk.upload(lines=[lines[0], lines[0], lines[1]])
    await walk.request(prescription, lineIds=line_ids(prescription, 1), splitReason=REASON)

    with pytest.raises(Refused) as refused:
        await walk.request(
            prescription,
            cast.SHANXI_PHARMACY_OTHER,
            lineIds=line_ids(prescription, 2, 3),
            splitReason=REASON,
        )
    here = await walk.request(prescription, lineIds=line_ids(prescription, 2), splitReason=REASON)

    assert refused.value.codes == ["SAME_DRUG_ELSEWHERE"]
    assert [one["lineId"] for one in refused.value.violations] == line_ids(prescription, 2)
    assert here["state"] == "REQUESTED"


async def test_a_pharmacy_that_lacks_a_drug_says_which(house: House) -> None:
    walk = Walk(house, FUJIAN)
    prescription = await walk.upload()

    with pytest.raises(Refused) as refused:
        await walk.request(prescription, cast.FUJIAN_PHARMACY_PARTIAL)

    assert refused.value.codes == ["STOCK_SHORT"]
    assert [one["lineId"] for one in refused.value.violations] == line_ids(prescription, 3)
    assert await line_states(prescription) == ["OPEN"] * 3
