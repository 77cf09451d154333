"""The schema (GraphQL 模式), put together from the resolvers' fields."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError
from strawberry import Schema as StrawberrySchema
from strawberry.schema.config import StrawberryConfig
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext
from strawberry.types.scalar import ScalarDefinition

import settings
from api.limits import Extension, Limits, extensions
from api.observing import PLANS, REFERENCE
from api.plans import PlanCache, PlannedExecutor
from api.uploads import FILE_SCALARS


class Schema(StrawberrySchema):
    """A schema that leaves logging to `api.errors`, which knows whose fault an error is."""

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing: strawberry would write messages, and with them a caller's data."""


class Engine(PlannedExecutor):
    """The engine of every schema of ours (执行引擎).

    A caller may ask for graphql-core alone, to compare, by the header `X-Gql-Engine: reference`.
    """

    plans = PlanCache(settings.QUERY_CACHE_SIZE)

    @classmethod
    def is_wanted(cls, context: Any) -> bool:
        """Whether the caller did not ask for the reference engine."""
        return getattr(context, "engine", None) != REFERENCE

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute the operation, and say which engine did."""
        result = super().execute_operation(serially)
        if (trail := getattr(self.context_value, "trail", None)) is not None:
            trail.engine = REFERENCE if self.plan is None else PLANS
        return result


def build_schema(
    queries: Sequence[type],
    mutations: Sequence[type] = (),
    subscriptions: Sequence[type] = (),
    *,
    scalars: Mapping[object, ScalarDefinition] | None = None,
    types: Iterable[Any] = (),
    exception_handlers: Sequence[Any] = (),
    more: Sequence[Extension] = (),
    limits: Limits | None = None,
) -> Schema:
    """Merge the classes of the resolvers into one schema."""
    return Schema(
        query=_merged("Query", queries),
        mutation=_merged("Mutation", mutations) if mutations else None,
        subscription=_merged("Subscription", subscriptions) if subscriptions else None,
        types=types,
        exception_handlers=exception_handlers,
        extensions=[*extensions(limits), *more],
        execution_context_class=Engine if settings.EXECUTION_PLANS else None,
        config=StrawberryConfig(
            scalar_map={**FILE_SCALARS, **(scalars or {})}, disable_field_suggestions=settings.IS_PRODUCTION
        ),
    )


def _merged(name: str, classes: Sequence[type]) -> type:
    return merge_types(name, tuple(classes))
