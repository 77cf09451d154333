"""The schema (GraphQL 模式), put together from the resolvers' fields."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, TypeGuard, cast

from graphql import ExecutionResult as Executed
from graphql import GraphQLError
from strawberry import Schema as StrawberrySchema
from strawberry.exceptions import MissingQueryError
from strawberry.execution import optimized_is_awaitable
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.tools import merge_types
from strawberry.types import ExecutionContext
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType
from strawberry.types.scalar import ScalarDefinition
from strawberry.utils.await_maybe import await_maybe

import settings
from api.checking import kind_of, parsed
from api.limits import Limits
from api.observing import PLANS, REFERENCE
from api.plans import PlanCache, PlannedExecutor
from api.same import Same
from api.steps import Admission, Steps, admission, in_time
from api.uploads import FILE_SCALARS

is_awaitable = cast(Callable[[Any], TypeGuard[Awaitable[Any]]], optimized_is_awaitable)
ALLOWED = (OperationType.QUERY, OperationType.MUTATION)


class Schema(StrawberrySchema):
    """The schema and how its operations are executed (模式与执行)."""

    limits = Limits()

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any | None = None,
        root_value: Any | None = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute a query or a change: the steps that strawberry would take, written out.

        strawberry makes a context manager of each hook of each extension anew for every operation, which
        takes longer than a small answer itself.
        """
        if not query:
            raise MissingQueryError
        admitted = Admission()
        try:
            document = parsed(query, self.limits.tokens)
            kind = kind_of(Same(document), operation_name)
            if kind not in (allowed_operation_types or ALLOWED):
                raise InvalidOperationTypeError(kind)
            admitted = await admission(
                self._schema, document, operation_name, variable_values, context_value, self.limits
            )
            if admitted.errors:
                return PreExecutionError(None, admitted.errors, admitted.extensions)
            executor = self.execution_context_class.build(
                self._schema,
                document,
                root_value,
                context_value,
                variable_values,
                operation_name,
                is_awaitable=is_awaitable,
                operation_extensions=operation_extensions,
            )
            if isinstance(executor, list):
                return ExecutionResult(None, executor, admitted.extensions)
            async with in_time(context_value, kind):
                result = await await_maybe(executor.execute_operation())
        except (CannotGetOperationTypeError, InvalidOperationTypeError):
            raise
        except Exception as error:
            known = (
                error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
            )
            return PreExecutionError(None, [known], admitted.extensions)
        assert isinstance(result, Executed)
        return ExecutionResult(result.data, result.errors, admitted.extensions)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log nothing: strawberry would write messages, and with them a caller's data.

        `api.errors` logs, which knows whose fault an error is.
        """


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
    limits: Limits | None = None,
) -> Schema:
    """Merge the classes of the resolvers into one schema."""
    limits = limits or Limits()
    schema = Schema(
        query=_merged("Query", queries),
        mutation=_merged("Mutation", mutations) if mutations else None,
        subscription=_merged("Subscription", subscriptions) if subscriptions else None,
        types=types,
        exception_handlers=exception_handlers,
        extensions=[lambda: Steps(limits)],
        execution_context_class=Engine if settings.EXECUTION_PLANS else None,
        config=StrawberryConfig(
            scalar_map={**FILE_SCALARS, **(scalars or {})}, disable_field_suggestions=settings.IS_PRODUCTION
        ),
    )
    schema.limits = limits
    return schema


def _merged(name: str, classes: Sequence[type]) -> type:
    return merge_types(name, tuple(classes))
