"""What is planned, what is not, and how a caller chooses."""

import asyncio
from typing import Any

import httpx
import pytest
import strawberry
from strawberry.extensions import SchemaExtension

from api.graphql import Engine, build_schema
from api.plans import PlanCache, PlannedExecutor
from api.plans.plan import attribute_of
from tests.api.door import Door, hear, say, subscribe
from tests.api.plans.odd_schema import Planned, odd_schema


@strawberry.type
class Item:
    name: str
    reads: strawberry.Private[list[str]]

    def __getattribute__(self, name: str) -> Any:
        if name == "name":
            object.__getattribute__(self, "reads").append(name)
        return object.__getattribute__(self, name)


@strawberry.type
class Query:
    @strawberry.field
    def item(self, info: strawberry.Info) -> Item:
        return Item(name="a", reads=info.context)


def small(**more: Any) -> strawberry.Schema:
    class Mine(PlannedExecutor):
        plans = PlanCache(3)

    return strawberry.Schema(Query, execution_context_class=Mine, **more)


def cache_of(schema: strawberry.Schema) -> PlanCache:
    executor: Any = schema.execution_context_class
    plans: PlanCache = executor.plans
    return plans


async def test_reads_each_attribute_once() -> None:
    reads: list[str] = []

    result = await small().execute("{ item { name again: name } }", context_value=reads)

    assert result.data == {"item": {"name": "a", "again": "a"}}
    assert reads == ["name", "name"]


@pytest.mark.parametrize("field", ["held", "loud"])
def test_a_field_with_permissions_or_extensions_is_never_read_as_an_attribute(field: str) -> None:
    row = odd_schema(planned=True)._schema.type_map["Row"]

    assert attribute_of(row.fields[field]) is None  # type: ignore[attr-defined]
    assert attribute_of(row.fields["number"]) == "number"  # type: ignore[attr-defined]


async def test_permissions_and_extensions_are_asked_for_every_row() -> None:
    schema = odd_schema(planned=True)

    result = await schema.execute("{ rows(first: 5) { held loud } }")

    assert result.data is not None
    assert [row["held"] for row in result.data["rows"]] == ["held", "held", "held", None, "held"]
    assert {row["loud"] for row in result.data["rows"]} == {"LOUD"}
    assert [error.message for error in result.errors or ()] == ["not you"]


async def test_an_extension_that_watches_fields_sees_them_all() -> None:
    seen: list[str] = []

    class Watching(SchemaExtension):
        def resolve(self, _next: Any, root: Any, info: Any, *args: str, **kwargs: Any) -> Any:
            seen.append(info.field_name)
            return _next(root, info, *args, **kwargs)

    await small(extensions=[Watching]).execute("{ item { name } }", context_value=[])

    assert seen == ["item", "name"]


async def test_a_default_resolver_of_the_schemas_own_is_asked() -> None:
    asked: list[str] = []

    def resolve(source: object, name: str) -> object:
        asked.append(name)
        return getattr(source, name)

    schema = small(config=strawberry.schema.config.StrawberryConfig(default_resolver=resolve))
    await schema.execute("{ item { name } }", context_value=[])

    assert asked == ["name"]


async def test_each_way_a_condition_goes_has_a_plan_of_its_own() -> None:
    schema = odd_schema(planned=True)
    document = "query($a: Boolean!) { rows(first: 1) { number pet @include(if: $a) { __typename } } }"

    answers = [
        (await schema.execute(document, variable_values={"a": value})).data for value in (True, False) * 2
    ]

    assert answers[0] == answers[2] == {"rows": [{"number": 0, "pet": {"__typename": "Cat"}}]}
    assert answers[1] == answers[3] == {"rows": [{"number": 0}]}


async def test_operations_of_one_document_have_plans_of_their_own() -> None:
    schema = odd_schema(planned=True)
    document = "query A { rows(first: 1) { number } } query B { rows(first: 1) { __typename } }"

    answers = [(await schema.execute(document, operation_name=name)).data for name in "ABAB"]

    assert answers[:2] == answers[2:] == [{"rows": [{"number": 0}]}, {"rows": [{"__typename": "Row"}]}]


async def test_keeps_so_many_plans_and_no_more() -> None:
    schema = small()

    for number in range(5):
        await schema.execute(f"{{ item {{ a{number}: name }} }}", context_value=[])

    assert (cache_of(schema).misses, cache_of(schema).hits) == (5, 0)
    assert len(cache_of(schema)._plans) == len(cache_of(schema)._conditions) == 3


async def test_fields_that_wait_do_so_side_by_side() -> None:
    @strawberry.type
    class Pair:
        met: strawberry.Private[asyncio.Barrier]
        name: str = "pair"

        @strawberry.field
        async def left(self) -> int:
            return await self.met.wait()

        @strawberry.field
        async def right(self) -> int:
            return await self.met.wait()

    @strawberry.type
    class Pairs:
        @strawberry.field
        def pairs(self) -> list[Pair]:
            met = asyncio.Barrier(4)
            return [Pair(met=met), Pair(met=met)]

    schema = strawberry.Schema(Pairs, execution_context_class=Planned)
    async with asyncio.timeout(5):
        result = await schema.execute("{ pairs { left name right } }")

    assert result.data is not None
    assert [list(pair) for pair in result.data["pairs"]] == [["left", "name", "right"]] * 2
    assert {pair[side] for pair in result.data["pairs"] for side in ("left", "right")} == {0, 1, 2, 3}


async def test_introspection_is_answered_alike() -> None:
    answers = [odd_schema(planned=planned).introspect() for planned in (True, False)]

    assert answers[0] == answers[1]


@pytest.mark.parametrize(("headers", "planned"), [({}, 1), ({"X-Gql-Engine": "reference"}, 0)])
async def test_a_header_chooses_the_engine(
    http: httpx.AsyncClient, headers: dict[str, str], planned: int
) -> None:
    before = Engine.plans.hits + Engine.plans.misses

    answer = await http.post("/graphql", json={"query": "{ leaf { name } }"}, headers=headers)

    assert answer.json()["data"] == {"leaf": {"name": "leaf"}}
    assert Engine.plans.hits + Engine.plans.misses - before == planned


@pytest.mark.parametrize("query", ["{ boom }", "{ boomIfWanted }", "{ missing }", "{ tooLarge }", "{ odd }"])
async def test_errors_look_the_same_to_callers(http: httpx.AsyncClient, query: str) -> None:
    answers = []
    for headers in ({}, {"X-Gql-Engine": "reference"}):
        said = {**headers, "X-Request-Id": "same-request"}
        answers.append(await http.post("/graphql", json={"query": query}, headers=said))

    said, reference = (answer.json() for answer in answers)
    assert said["errors"] == reference["errors"]
    assert said.get("data", "none") == reference.get("data", "none")
    assert answers[0].status_code == answers[1].status_code


async def test_every_event_of_a_subscription_follows_the_plan(door: Door) -> None:
    before = Engine.plans.hits

    async with door.talk() as client:
        await subscribe(client, "subscription { count(to: 3) }")
        heard = [(await hear(client))["type"] for _ in range(4)]
        await say(client, {"type": "complete", "id": "1"})

    assert heard == ["next", "next", "next", "complete"]
    assert Engine.plans.hits - before >= 2


def test_the_setting_turns_plans_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("settings.EXECUTION_PLANS", False)

    assert not issubclass(build_schema([Query]).execution_context_class, PlannedExecutor)


async def test_too_many_kinds_of_values_are_left_to_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.plans.plan.COMPLETERS_MAX", 2)
    schema = odd_schema(planned=True)

    result = await schema.execute("{ rows(first: 2) { number leaf { text must } } }")

    (*_, plan) = Planned.plans._plans.values()
    assert plan is not None
    assert None in plan._completers.values()
    assert result.data == {
        "rows": [{"number": 0, "leaf": {"text": "t", "must": "m"}}, {"number": 1, "leaf": None}]
    }
