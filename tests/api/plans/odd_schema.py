"""A schema whose values are everything that a plan may meet: what fits its type, and what does not."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.schema.config import StrawberryConfig

from api.plans import PlanCache, PlannedExecutor
from tests.api.plans.odd_types import Ghost, Leaf, Named, Pet, Row, Tag, show_tag
from tests.api.plans.odd_values import COUNT, LEAVES, PETS, awaited, odd_pet, row_at


@strawberry.type
class Query:
    @strawberry.field
    def rows(self, first: int = 3, skip: int = 0) -> list[Row | None]:
        skip = abs(skip) % COUNT
        return [row_at(number) for number in range(COUNT)[skip : skip + abs(first) % COUNT]]

    @strawberry.field
    async def rows_later(self, at: int = COUNT - 3) -> list[Row]:
        return await awaited([row_at(number) for number in range(abs(at) % COUNT, COUNT)])  # type: ignore[no-any-return]

    @strawberry.field
    def row(self, at: int) -> Row | None:
        return row_at(abs(at) % COUNT)  # type: ignore[no-any-return]

    @strawberry.field
    async def row_later(self, at: int) -> Row:
        return await awaited(row_at(abs(at) % COUNT))  # type: ignore[no-any-return]

    @strawberry.field
    def leaves(self) -> list[Leaf | None]:
        return [make() for make in LEAVES]

    @strawberry.field
    def strict_leaves(self) -> list[Leaf] | None:
        return [make() for make in LEAVES[:8]]

    @strawberry.field
    def awaited_leaves(self) -> list[Leaf | None]:
        return [awaited(make()) for make in LEAVES]

    @strawberry.field
    def pets(self) -> list[Pet | None]:
        return [make() for make in PETS]

    @strawberry.field
    async def named(self, at: int = 0) -> Named | None:
        return odd_pet(abs(at))  # type: ignore[no-any-return]


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def note(self, text: str, log: strawberry.Info) -> Row:
        await asyncio.sleep(0)
        log.context.append(text)
        return row_at(len(log.context))  # type: ignore[no-any-return]


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def leaf(self) -> AsyncGenerator[Leaf, None]:
        for make in LEAVES:
            yield make()

    @strawberry.subscription
    async def pet(self) -> AsyncGenerator[Pet | None, None]:
        for make in PETS:
            yield make()


class Planned(PlannedExecutor):
    plans = PlanCache(64)


def odd_schema(*, planned: bool, **more: Any) -> strawberry.Schema:
    extensions = more.pop("extensions", [])
    return strawberry.Schema(
        more.pop("query", Query),
        more.pop("mutation", Mutation),
        more.pop("subscription", Subscription),
        types=[Ghost],
        extensions=[ParserCache, ValidationCache, *extensions],
        execution_context_class=Planned if planned else None,
        config=StrawberryConfig(
            scalar_map={Tag: strawberry.scalar(name="Tag", serialize=show_tag, parse_value=Tag)}
        ),
        **more,
    )
