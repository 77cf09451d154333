"""Who may read and hear what: every query and subscription for every kind of caller, as the grid says."""

from typing import Any

import pytest

from ops.client import Json
from tests.access.asking import answers
from tests.access.grid import QUERIES, SUBSCRIPTIONS, wanted_of
from tests.access.things import Things, make_things
from tests.house import House


@pytest.fixture(scope="module")
async def things(house: House) -> Things:
    """What the calls are about, and every caller."""
    return await make_things(house)


@pytest.mark.parametrize("field", sorted(QUERIES))
async def test_a_query_answers_each_caller_as_the_grid_says(things: Things, field: str) -> None:
    found, wanted = await answers(things, field)

    assert found == wanted


@pytest.mark.parametrize("field", sorted(SUBSCRIPTIONS))
async def test_a_stream_is_heard_by_those_the_grid_names(things: Things, field: str) -> None:
    asked, _ = things.query_of(field)
    wanted = {name: said for name, said in wanted_of(field).items() if name != "nobody"}
    found: dict[str, Any] = {}

    for name, said in wanted.items():
        async with things.callers[name].listen(f"subscription {{ {asked} }}") as events:
            event = await first_of(events) if said != "allowed" else None
            found[name] = "allowed" if event is None else event["errors"][0]["extensions"]["code"]

    assert found == wanted


async def first_of(events: Any) -> Json:
    """The first thing a subscription brings."""
    event: Json = await events.until("ERROR", 10)
    return event
