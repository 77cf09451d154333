"""Who may change what: every mutation for every kind of caller, as the grid says."""

import json

import pytest

from tests.access.asking import PICTURE, answers
from tests.access.callers import COLUMNS
from tests.access.grid import GRID, MUTATIONS, QUERIES, SUBSCRIPTIONS
from tests.access.things import Things, make_things
from tests.house import House

ENDING = ("cancelFill", "declineFill", "revokePrescription", "setDutyRoster")
"""What others need is over or gone afterwards."""

ORDER = [field for field in GRID if field in MUTATIONS and field not in ENDING] + list(ENDING)


@pytest.fixture(scope="module")
async def things(house: House) -> Things:
    """What the calls are about, and every caller."""
    return await make_things(house)


def test_every_field_has_a_row_for_every_caller() -> None:
    rows = {field: row.replace(" ", "") for field, row in GRID.items()}

    assert set(rows) == MUTATIONS | QUERIES | SUBSCRIPTIONS, "say in GRID who may use the new field"
    assert {field: len(row) for field, row in rows.items()} == dict.fromkeys(rows, len(COLUMNS))


@pytest.mark.parametrize("field", ORDER)
async def test_a_mutation_answers_each_caller_as_the_grid_says(things: Things, field: str) -> None:
    found, wanted = await answers(things, field)

    assert found == wanted


async def test_nobody_hands_in_a_picture(house: House, things: Things) -> None:
    operation = (
        "mutation M($live: Upload!) { submitIdentityCheck(input: "
        f'{{idempotencyKey: "k", fillId: "{things.fill["id"]}", live: $live}}) {{ __typename }} }}'
    )
    form = {
        "operations": json.dumps({"query": operation, "variables": {"live": None}}),
        "map": '{"0": ["variables.live"]}',
    }

    answer = await house.http.post(
        f"{house.url}/graphql",
        data=form,
        files={"0": ("live.png", PICTURE)},
        headers={"GraphQL-Require-Preflight": "1"},
    )

    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
