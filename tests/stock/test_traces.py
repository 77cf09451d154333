"""Trace codes: they name the drug, every insured box is scanned, and a box is sold once."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from models import Case, TraceCode
from ops import road_documents as documents
from ops.client import Json, Refused
from ops.road import FUJIAN, Road, trace_codes
from ops.world.cast import AMLODIPINE, METOPROLOL
from policy.terms import CaseKind, CaseState, TraceState
from policy.violation import Code
from services import errors
from tests.house import House
from tests.services.stage import document, settled_fill, walkers
from tests.stock.counter import COUNTER, keep, line, sell, take_back


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


async def approved(way: Road) -> tuple[Json, list[Json]]:
    """A fill to prepare, and its lines."""
    fill = await way.request((await way.upload())["id"])
    await way.approve(fill["id"])
    found = await way.pharmacy.execute(documents.FILL_LINES, {"id": fill["id"]})
    return fill, found["fill"]["lines"]


async def ready(way: Road, fill: Json, lines: Sequence[Json], codes: Sequence[Sequence[str]]) -> None:
    """Scan and prepare."""
    scanned = [
        {"fillLineId": one["id"], "traceCodes": list(its)} for one, its in zip(lines, codes, strict=True)
    ]
    await way.pharmacy.do(document("markReady"), fillId=fill["id"], scanned=scanned)


def fresh(lines: Sequence[Json]) -> list[list[str]]:
    """New codes for every box."""
    return [trace_codes(one["drug"]["code"], int(one["quantity"])) for one in lines]


async def test_a_code_of_another_drug_is_refused(way: Road) -> None:
    fill, lines = await approved(way)
    codes = fresh(lines)
    codes[0], codes[1] = codes[1], codes[0]

    with pytest.raises(Refused) as refused:
        await ready(way, fill, lines, codes)

    assert set(refused.value.codes) == {Code.TRACE_CODE_WRONG_DRUG}
    assert len(refused.value.codes) == 6


async def test_a_box_scanned_twice_or_one_too_many_is_refused(way: Road) -> None:
    fill, lines = await approved(way)
    codes = fresh(lines)
    codes[0][1] = codes[0][0]
    codes[1].append(*trace_codes(lines[1]["drug"]["code"], 1))

    with pytest.raises(Refused) as refused:
        await ready(way, fill, lines, codes)

    assert sorted(refused.value.codes) == [Code.INVALID_VALUE, Code.TRACE_CODE_SOLD]


async def test_an_insured_line_with_a_box_not_scanned_is_not_settled(way: Road) -> None:
    fill, lines = await approved(way)
    codes = fresh(lines)
    codes[2].pop()
    await ready(way, fill, lines, codes)
    await way.sign(fill)
    await way.verify_manually(fill["id"])

    preview = await way.preview(fill["id"])
    with pytest.raises(Refused) as refused:
        await way.settle(fill["id"], preview["digest"])

    assert refused.value.codes == [Code.TRACE_CODE_MISSING]
    (found,) = refused.value.violations
    assert (found["rule"], found["limit"], found["actual"]) == ("CN-TRACE", "3 个", "2 个")


async def test_a_second_sale_of_a_box_is_refused_and_raised_as_a_case(way: Road) -> None:
    settled = await settled_fill(way)
    sold = await TraceCode.filter(state=TraceState.SOLD, drug_id=AMLODIPINE, pharmacy_id=FUJIAN.pharmacy)
    fill, lines = await approved(way)
    codes = fresh(lines)
    codes[0][0] = sold[0].code

    for _ in range(2):
        with pytest.raises(Refused) as refused:
            await ready(way, fill, lines, codes)

    assert refused.value.codes == [Code.TRACE_CODE_SOLD]
    (case,) = await Case.filter(kind=CaseKind.DOUBLE_TRACE, fill_id=fill["id"])
    assert (case.state, case.reference, case.pharmacy_id) == (CaseState.OPEN, sold[0].code, FUJIAN.pharmacy)
    assert settled["id"] != fill["id"]


async def test_what_was_sold_may_be_sold_again_when_it_came_back(house: House) -> None:
    (code,) = trace_codes(METOPROLOL, 1)
    first, second = line(Decimal(1), METOPROLOL, [code]), line(Decimal(1), METOPROLOL, [code])
    await keep(house.call(COUNTER), lines=[first, second])
    await sell(house.call(COUNTER), lines=[first])

    with pytest.raises(errors.Refused):
        await sell(house.call(COUNTER), lines=[second])
    await take_back(house.call(COUNTER), lines=[first])
    await sell(house.call(COUNTER), lines=[second])

    states = [row.state for row in await TraceCode.filter(code=code).order_by("changed_at")]
    assert sorted(states) == [TraceState.RETURNED, TraceState.SOLD]


async def test_parts_of_one_opened_package_share_its_code_and_a_whole_box_does_not(house: House) -> None:
    (code,) = trace_codes(METOPROLOL, 1)
    half, other = line(Decimal("0.5"), METOPROLOL, [code]), line(Decimal("0.5"), METOPROLOL, [code])
    whole = line(Decimal(1), METOPROLOL, [code])
    await keep(house.call(COUNTER), lines=[half, other, whole])

    await sell(house.call(COUNTER), lines=[half])
    await sell(house.call(COUNTER), lines=[other])
    with pytest.raises(errors.Refused) as refused:
        await sell(house.call(COUNTER), lines=[whole])

    assert refused.value.violations[0].code == Code.TRACE_CODE_SOLD
