"""Role × state × field over people's data, asserted cell by cell from one table."""

from uuid import UUID

import pytest
from graphql import GraphQLObjectType

from models import Fill
from ops.client import Client
from policy.terms import FillState
from tests.access.callers import COLUMNS
from tests.access.cells import CELLS, QUERY, leaves, matches, type_at, values_at
from tests.access.looking import everything, wrongs
from tests.access.people import IMPERSONAL, NOT_FOUND, ONLY_THE_PATIENT, ROLES, SCHEMA, TABLE, VOLATILE
from tests.house import House


def test_every_type_that_can_show_a_person_is_in_the_table() -> None:
    shown = {type_at(path.rpartition(".")[0]).name for path in TABLE}
    kinds = {
        name
        for name, kind in SCHEMA.type_map.items()
        if isinstance(kind, GraphQLObjectType)
        and not name.startswith("__")
        and not name.endswith(("Connection", "Edge"))
        and kind not in (SCHEMA.query_type, SCHEMA.mutation_type, SCHEMA.subscription_type)
    }

    unsorted = kinds - shown - set(ONLY_THE_PATIENT) - IMPERSONAL
    assert unsorted == set(), "say in tests/access/people.py who sees the new types"
    assert (set(ONLY_THE_PATIENT) | IMPERSONAL) - kinds == set()


def test_every_field_of_those_types_is_in_the_table() -> None:
    covered = {
        (type_at(path.rpartition(".")[0]).name, path.rpartition(".")[2]) for path in [*CELLS, *VOLATILE]
    }
    kinds = {type_at(path.rpartition(".")[0]).name: type_at(path.rpartition(".")[0]) for path in TABLE}
    missing = [
        f"{name}.{leaf}"
        for name, kind in kinds.items()
        for leaf in leaves(kind)
        if (name, leaf) not in covered and name not in IMPERSONAL
    ]

    assert missing == []


def test_every_row_has_a_mark_for_every_role_in_every_kind_of_state() -> None:
    assert {path for path, row in TABLE.items() if [len(word) for word in row.split()] != [6, 6, 6]} == set()
    assert {name for group in ROLES.values() for name in group} | {*NOT_FOUND, "nobody"} == {
        name for name, _, _ in COLUMNS
    }


@pytest.mark.parametrize("state", FillState, ids=str)
async def test_each_caller_sees_of_a_person_what_the_table_says(
    house: House, clients: dict[str, Client], fills: dict[str, str], state: FillState
) -> None:
    assert [one async for one in wrongs(house, clients, fills, state)] == []


async def test_there_is_something_to_see_in_every_row(
    house: House, clients: dict[str, Client], fills: dict[str, str]
) -> None:
    """A table over empty fields would show nothing."""
    await Fill.filter(id=UUID(fills["sold"])).update(state=FillState.SETTLED)
    truth = await everything(house, clients["patient"], fills["sold"])
    empty = {path for path in TABLE if not any(values_at(truth, one) for one in CELLS if matches(path, one))}

    assert empty <= {"fill.settlement.statement.unpaidReasons.*"}


async def test_nobody_sees_nothing(house: House, fills: dict[str, str]) -> None:
    body = {"query": QUERY, "variables": {"id": fills["sold"]}}

    answer = await house.http.post(f"{house.url}/graphql", json=body)

    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
