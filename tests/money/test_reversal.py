"""A reversal gives back everything a settlement took, once, whatever runs beside it."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from models import Event, JournalEntry, Reversal, TraceCode
from ops import road_documents as documents
from ops.client import Json, Refused, RequestFailed
from ops.road import FUJIAN, SHANXI, Region
from ops.world import cast
from policy.terms import EventKind, Role, TraceState
from tests.house import House
from tests.money.words import check_books, figures, lines, live_lines, owed, preview, reverse, state_of
from tests.road.family import BOTH
from tests.road.walk import Walk, line_states, prescription_state

AMOUNTS = ("total", "deductible", "pooledFund", "fundTotal", "personalTotal", "account", "cash")


async def settled(walk: Walk, **changes: Any) -> tuple[Json, Json, Json]:
    """A prescription, its fill, and the settlement."""
    prescription = await walk.upload(**changes)
    fill = await walk.prepare(prescription)
    return prescription, fill, await walk.settle(fill)


@BOTH
async def test_a_whole_reversal_gives_everything_back(house: House, region: Region) -> None:
    walk = Walk(house, region)
    before = await figures(region.patient, region.pharmacy)
    prescription, fill, settlement = await settled(walk)

    expected = await preview(walk.counter(), settlement)
    reversal = await reverse(walk.counter(), settlement)

    assert await figures(region.patient, region.pharmacy) == before
    assert reversal["refund"] == expected["refund"]
    paid = settlement["statement"]
    assert {name: reversal["refund"][name] for name in AMOUNTS} == {name: paid[name] for name in AMOUNTS}
    assert (reversal["isWhole"], reversal["settlement"]["standing"]) == (True, None)
    assert await state_of(fill) == "REVERSED"
    assert (await live_lines(fill), set(await line_states(prescription))) == (0, {"OPEN"})
    assert await prescription_state(prescription) == "ACTIVE"
    entry = await JournalEntry.get(reference=reversal["number"])
    assert entry.kind == "REVERSAL"
    await check_books()


@BOTH
async def test_what_was_reversed_can_be_bought_again(house: House, region: Region) -> None:
    walk = Walk(house, region)
    prescription, _, settlement = await settled(walk)
    await reverse(walk.counter(), settlement)

    again = await walk.settle(await walk.prepare(prescription))

    assert again["statement"] == settlement["statement"]
    assert await prescription_state(prescription) == "DISPENSED"


@BOTH
async def test_line_by_line_comes_to_the_same_as_all_at_once(house: House, region: Region) -> None:
    walk = Walk(house, region)
    before = await figures(region.patient, region.pharmacy)
    _, fill, settlement = await settled(walk)
    numbers = [line["number"] for line in settlement["lines"]]

    parts = []
    for number in numbers:
        expected = await preview(walk.counter(), settlement, lines=lines(number))
        parts.append(await reverse(walk.counter(), settlement, lines=lines(number)))
        assert parts[-1]["refund"] == expected["refund"]
        assert parts[-1]["settlement"]["standing"] == expected["remaining"]

    assert [part["isWhole"] for part in parts] == [False] * (len(numbers) - 1) + [True]
    for name in AMOUNTS:
        total = sum(Decimal(part["refund"][name]) for part in parts)
        assert total == Decimal(settlement["statement"][name]), name
    assert await figures(region.patient, region.pharmacy) == before
    assert await state_of(fill) == "REVERSED"
    await check_books()


@BOTH
async def test_what_remains_is_what_those_lines_alone_would_have_cost(house: House, region: Region) -> None:
    walk = Walk(house, region)
    whole = walk.draft()
    _, _, alone = await settled(walk, lines=whole["lines"][1:])
    await reverse(walk.counter(), alone)
    _, fill, settlement = await settled(walk)

    reversal = await reverse(walk.counter(), settlement, lines=lines(1))

    standing = reversal["settlement"]["standing"]
    assert standing == {name: alone["statement"][name] for name in standing}
    assert await state_of(fill) == "SETTLED"
    assert await live_lines(fill) == len(whole["lines"]) - 1
    handed = await walk.counter().do(documents.HAND_OVER, fillId=fill["id"])
    assert handed["state"] == "HANDED_OVER"


async def test_a_line_is_taken_back_once(house: House) -> None:
    walk = Walk(house, FUJIAN)
    _, _, settlement = await settled(walk)
    await reverse(walk.counter(), settlement, lines=lines(1))

    with pytest.raises(Refused) as refused:
        await reverse(walk.counter(), settlement, lines=lines(1, 2))
    with pytest.raises(RequestFailed) as failed:
        await reverse(walk.counter(), settlement, lines=[])
    await reverse(walk.counter(), settlement)
    with pytest.raises(Refused) as nothing_left:
        await preview(walk.counter(), settlement)

    assert [(one["code"], one["lineId"]) for one in refused.value.violations] == [("LINE_REVERSED", "1")]
    assert failed.value.errors[0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert nothing_left.value.codes == ["STATE_FORBIDS"]


async def test_what_was_handed_over_is_not_sold_again(house: House) -> None:
    walk = Walk(house, FUJIAN)
    before = await figures(FUJIAN.patient, FUJIAN.pharmacy)
    _, fill, settlement = await settled(walk)
    sold = await figures(FUJIAN.patient, FUJIAN.pharmacy)
    await walk.counter().do(documents.HAND_OVER, fillId=fill["id"])

    obstacles = (await preview(walk.counter(), settlement))["obstacles"]
    with pytest.raises(Refused) as refused:
        await reverse(walk.counter(), settlement)
    await reverse(walk.counter(), settlement, goods="WRITTEN_OFF")

    assert refused.value.codes == ["GOODS_NOT_RETURNABLE"] * 3 == [one["code"] for one in obstacles]
    after = await figures(FUJIAN.patient, FUJIAN.pharmacy)
    assert (after["stock"], after["sold codes"]) == (sold["stock"], sold["sold codes"])
    assert (after["account"], after["pots"]) == (before["account"], before["pots"])
    codes = [code for line in settlement["lines"] for code in line["traceCodes"]]
    assert await TraceCode.filter(code__in=codes, state=TraceState.IN_STOCK).count() == 0
    await check_books()


async def test_goods_are_told_line_by_line(house: House) -> None:
    walk = Walk(house, FUJIAN)
    _, _, settlement = await settled(walk)
    broken, whole = settlement["lines"][:2]

    reversal = await reverse(walk.counter(), settlement, lines=[*lines(1, goods="WRITTEN_OFF"), *lines(2)])

    assert [line["goods"] for line in reversal["lines"]] == ["WRITTEN_OFF", "RETURNED"]
    assert await TraceCode.filter(code__in=broken["traceCodes"], state=TraceState.SOLD).count() == len(
        broken["traceCodes"]
    )
    assert await TraceCode.filter(code__in=whole["traceCodes"], state=TraceState.IN_STOCK).count() == len(
        whole["traceCodes"]
    )


async def test_everybody_concerned_is_told(house: House) -> None:
    walk = Walk(house, FUJIAN)
    _, fill, settlement = await settled(walk)

    await reverse(walk.counter(), settlement, lines=lines(1))
    await reverse(walk.counter(), settlement)

    for kind in (EventKind.SETTLEMENT_REVERSED, EventKind.FILL_REVERSED):
        topics = {
            event.topic.partition(":")[0] for event in await Event.filter(fill_id=fill["id"], kind=kind)
        }
        assert topics == {"member", "institution"}
        assert await Event.filter(fill_id=fill["id"], kind=kind).count() == 3


async def test_the_same_reversal_sent_many_times_at_once_happens_once(house: House) -> None:
    walk = Walk(house, FUJIAN)
    before = await figures(FUJIAN.patient, FUJIAN.pharmacy)
    _, _, settlement = await settled(walk)
    key = str(uuid4())

    answers = await asyncio.gather(
        *(reverse(walk.counter(), settlement, idempotencyKey=key) for _ in range(8))
    )

    assert [answer["id"] for answer in answers] == [answers[0]["id"]] * 8
    assert await Reversal.filter(settlement_id=settlement["id"]).count() == 1
    assert await figures(FUJIAN.patient, FUJIAN.pharmacy) == before


async def test_of_two_reversals_at_once_one_happens(house: House) -> None:
    walk = Walk(house, FUJIAN)
    before = await figures(FUJIAN.patient, FUJIAN.pharmacy)
    _, _, settlement = await settled(walk)
    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)

    answers = await asyncio.gather(
        *(reverse(by, settlement) for by in (walk.counter(), agency, walk.pharmacist())),
        return_exceptions=True,
    )

    refusals = [answer.codes for answer in answers if isinstance(answer, Refused)]
    assert refusals == [["STATE_FORBIDS"]] * 2
    assert await figures(FUJIAN.patient, FUJIAN.pharmacy) == before


async def test_a_reversal_and_a_hand_over_at_once_leave_no_goods_both_given_and_kept(house: House) -> None:
    walk = Walk(house, FUJIAN)
    for _ in range(3):
        _, fill, settlement = await settled(walk)

        reversed_, handed = await asyncio.gather(
            reverse(walk.counter(), settlement),
            walk.counter().do(documents.HAND_OVER, fillId=fill["id"]),
            return_exceptions=True,
        )

        if isinstance(handed, Refused):
            assert handed.codes == ["STATE_FORBIDS"]
            assert await state_of(fill) == "REVERSED"
        else:
            assert isinstance(reversed_, Refused)
            assert set(reversed_.codes) == {"GOODS_NOT_RETURNABLE"}
            assert await state_of(fill) == "HANDED_OVER"
    await check_books()


async def test_later_settlements_are_told_and_left_alone(house: House) -> None:
    walk = Walk(house, SHANXI)
    visit = f"V{uuid4().hex[:12]}"
    _, _, first = await settled(walk, visitNo=visit)
    _, _, second = await settled(walk, visitNo=visit)
    taken = Decimal(first["statement"]["deductible"])
    assert taken > 0
    assert Decimal(second["statement"]["deductible"]) == 0

    expected = await preview(walk.counter(), first)
    reversal = await reverse(walk.counter(), first)

    (effect,) = reversal["effects"]
    assert effect["settlement"]["id"] == second["id"] == expected["effects"][0]["settlement"]["id"]
    assert Decimal(effect["deductible"]) == taken
    assert Decimal(effect["fundTotal"]) < 0
    assert Decimal(effect["personalTotal"]) == -Decimal(effect["fundTotal"])
    left = await walk.patient.execute(
        "query S($id: UUID!) { settlement(id: $id) { standing { deductible } } }", {"id": second["id"]}
    )
    assert left["settlement"]["standing"]["deductible"] == "0.00"


async def test_a_pharmacy_does_not_learn_of_settlements_elsewhere(house: House) -> None:
    walk = Walk(house, SHANXI)
    visit = f"V{uuid4().hex[:12]}"
    _, _, first = await settled(walk, visitNo=visit)
    fill = await walk.prepare(await walk.upload(visitNo=visit), cast.SHANXI_PHARMACY_OTHER)
    second = await walk.settle(fill, cast.SHANXI_PHARMACY_OTHER)

    reversal = await reverse(walk.counter(), first)
    by_agency = await house.client(Role.AGENCY, cast.SHANXI_AREA).execute(
        "query S($id: UUID!) { settlement(id: $id) { reversals { effects { settlement { id } } } } }",
        {"id": first["id"]},
    )

    assert (reversal["effects"], reversal["effectsCount"]) == ([], 1)
    (seen,) = by_agency["settlement"]["reversals"][0]["effects"]
    assert seen["settlement"]["id"] == second["id"]


async def test_the_pharmacys_claim_shrinks_by_what_was_taken_back(house: House) -> None:
    walk = Walk(house, FUJIAN)
    before = await owed(FUJIAN.pharmacy)
    _, _, settlement = await settled(walk)

    reversal = await reverse(walk.counter(), settlement, lines=lines(2))

    standing = reversal["settlement"]["standing"]
    claim = Decimal(standing["fundTotal"]) + Decimal(standing["account"])
    assert await owed(FUJIAN.pharmacy) == before + claim


async def test_the_stock_account_finds_no_fault_in_a_reversal(house: House) -> None:
    walk = Walk(house, FUJIAN)
    _, _, settlement = await settled(walk)
    await reverse(walk.counter(), settlement, lines=[*lines(1, goods="WRITTEN_OFF"), *lines(2)])

    data = await walk.counter().execute(
        "{ stockBalance { drugs(first: 100) { edges { node { recordedInsured settled } } } } }"
    )

    drugs = [edge["node"] for edge in data["stockBalance"]["drugs"]["edges"]]
    assert any(Decimal(one["settled"]) > 0 for one in drugs)
    assert [one for one in drugs if one["settled"] != one["recordedInsured"]] == []
