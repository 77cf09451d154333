"""Many want the same prescription at the same instant: one gets it, the others are told."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tortoise.functions import Sum

from models import Fill, FillLine, IdempotencyRecord, PickupCode, StockHold, StockItem
from ops.client import Json, Refused
from ops.embedded import EngineUrls
from ops.road import FUJIAN
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import Role
from services import errors
from services.claiming import claim_prescription
from tests.house import House, open_house
from tests.road import words
from tests.road.street import build_street, print_codes
from tests.road.walk import Walk, line_ids

RACERS = 20
# fifty in all: those past the door cost less
FAMILY_ROUNDS, COUNTER_ROUNDS, INNER_ROUNDS = 5, 15, 30


@pytest.fixture(scope="module")
async def wide_house(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """A house in which every racer has a database connection of its own."""
    mark = "&" if "?" in module_database else "?"
    url = f"{module_database}{mark}minsize={RACERS}&maxsize={RACERS + 4}"
    folder: Path = tmp_path_factory.mktemp("wide")
    async with open_house(url, engines.redis_url, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
async def street(wide_house: House) -> list[str]:
    """Twenty pharmacies that are all alike."""
    return await build_street(FUJIAN, RACERS)


async def race(requests: list[Any]) -> tuple[list[Json], list[str]]:
    """Send all at once; the fills that were made, and the codes of the refusals."""
    answers = await asyncio.gather(*requests, return_exceptions=True)
    fills = [answer for answer in answers if isinstance(answer, dict)]
    refusals = [answer for answer in answers if isinstance(answer, Refused)]
    assert len(fills) + len(refusals) == len(answers), [
        answer for answer in answers if not isinstance(answer, (dict, Refused))
    ]
    return fills, [code for refusal in refusals for code in refusal.codes]


async def check_the_winner_alone_holds(prescription: Json, fills: list[Json], street: list[str]) -> None:
    """One fill with every line, its stock held, and nothing else held for this prescription."""
    assert len(fills) == 1
    kept = await Fill.filter(prescription_id=prescription["id"])
    assert [str(fill.id) for fill in kept] == [fills[0]["id"]]
    lines = await FillLine.filter(prescription_line_id__in=line_ids(prescription, 1, 2, 3))
    assert [str(line.fill_id) for line in lines] == [fills[0]["id"]] * 3
    holds = await StockHold.filter(item__pharmacy_id__in=street, ended_at__isnull=True).prefetch_related(
        "item"
    )
    mine = [hold for hold in holds if hold.fill_line_id in {line.id for line in lines}]
    assert {hold.item.pharmacy_id for hold in mine} == {kept[0].pharmacy_id}
    assert len(mine) == 3


async def check_one_code_is_used(prescription: Json) -> None:
    """Of the codes only the winner's is spent."""
    used = await PickupCode.filter(prescription_id=prescription["id"], used_at__isnull=False)
    assert len(used) == 1


async def check_holds_add_up(street: list[str]) -> None:
    """What is held of every stock row is the sum of its live holds."""
    items = await StockItem.filter(pharmacy_id__in=street, held__gt=0)
    sums = await (
        StockHold.filter(item__pharmacy_id__in=street, ended_at__isnull=True)
        .annotate(sum=Sum("quantity"))
        .group_by("item_id")
        .values_list("item_id", "sum")
    )
    assert {item.id: item.held for item in items} == dict(sums)


async def test_of_twenty_requests_of_a_family_one_wins_and_the_rest_hear_it_is_theirs(
    wide_house: House, street: list[str]
) -> None:
    walk = Walk(wide_house, FUJIAN)
    buyers = [walk.patient, walk.person(cast.FUJIAN_PATIENT_FAMILY)] * (RACERS // 2)

    for _ in range(FAMILY_ROUNDS):
        prescription = await walk.upload()
        fills, codes = await race(
            [walk.request(prescription, code, by) for code, by in zip(street, buyers, strict=True)]
        )

        await check_the_winner_alone_holds(prescription, fills, street)
        assert codes == ["LINE_HELD_BY_YOU"] * 3 * (RACERS - 1)
    await check_holds_add_up(street)


async def test_of_twenty_pharmacies_with_codes_one_wins_and_the_rest_hear_it_is_anothers(
    wide_house: House, street: list[str]
) -> None:
    walk = Walk(wide_house, FUJIAN)
    counters = [walk.counter(code) for code in street]
    patient = member_id(FUJIAN.patient)

    for _ in range(COUNTER_ROUNDS):
        prescription = await walk.upload()
        codes = await print_codes(wide_house.call(), prescription["id"], patient, RACERS)
        fills, refused = await race(
            [counter.do(words.CLAIM, code=code) for counter, code in zip(counters, codes, strict=True)]
        )

        await check_the_winner_alone_holds(prescription, fills, street)
        assert refused == ["LINE_HELD_BY_OTHER"] * 3 * (RACERS - 1)
        await check_one_code_is_used(prescription)
    await check_holds_add_up(street)


async def test_the_use_case_itself_lets_one_of_twenty_pharmacies_win(
    wide_house: House, street: list[str]
) -> None:
    walk = Walk(wide_house, FUJIAN)
    patient = member_id(FUJIAN.patient)

    for _ in range(INNER_ROUNDS):
        prescription = await walk.upload()
        codes = await print_codes(wide_house.call(), prescription["id"], patient, RACERS)
        calls = [walk.call_at(wide_house.now(), Role.PHARMACY, pharmacy) for pharmacy in street]
        answers = await asyncio.gather(
            *(claim_prescription(call, code=code) for call, code in zip(calls, codes, strict=True)),
            return_exceptions=True,
        )

        fills = [{"id": str(answer.id)} for answer in answers if isinstance(answer, Fill)]
        refusals = [answer for answer in answers if isinstance(answer, errors.Refused)]
        assert {one.code for refusal in refusals for one in refusal.violations} == {"LINE_HELD_BY_OTHER"}
        assert len(refusals) == RACERS - 1
        await check_the_winner_alone_holds(prescription, fills, street)
        await check_one_code_is_used(prescription)
        kept = await IdempotencyRecord.filter(key__in=[call.key for call in calls])
        assert [record.result_id for record in kept] == [fills[0]["id"]]
    await check_holds_add_up(street)


async def test_one_code_shown_to_two_pharmacies_at_once_serves_one(
    wide_house: House, street: list[str]
) -> None:
    walk = Walk(wide_house, FUJIAN)

    for _ in range(5):
        prescription = await walk.upload()
        code = await walk.show_code(prescription)
        parts = [line_ids(prescription, 1), line_ids(prescription, 2, 3)]
        fills, refused = await race(
            [
                walk.counter(pharmacy).do(words.CLAIM, code=code, lineIds=part)
                for pharmacy, part in zip(street, parts, strict=False)
            ]
        )

        assert len(fills) == 1
        assert refused == ["PICKUP_CODE_STALE"]
