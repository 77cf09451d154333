"""A settlement asks the database no more than it must."""

import pytest

from bench.replay import written_down
from ops.road import FUJIAN, SHANXI, Region
from tests.house import House
from tests.road.family import BOTH
from tests.road.walk import Walk

MOST = 56
"""With the reading of what is shown. `python -m bench.settle` tells what each more of them costs."""


@BOTH
async def test_a_settlement_runs_few_statements(house: House, region: Region) -> None:
    walk = Walk(house, region)
    fill = await walk.prepare(await walk.upload())

    with written_down() as trace:
        await walk.settle(fill)

    asked = [args[0] for _, args, _ in trace]
    assert len(asked) <= MOST, "\n".join(asked)


@pytest.mark.parametrize("region", [FUJIAN, SHANXI])
async def test_and_asks_no_question_twice(house: House, region: Region) -> None:
    walk = Walk(house, region)
    fill = await walk.prepare(await walk.upload())

    with written_down() as trace:
        await walk.settle(fill)

    reads = [(args[0], str(args[1:])) for _, args, _ in trace if args[0].startswith("SELECT")]
    assert len(reads) == len(set(reads))
