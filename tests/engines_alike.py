"""An engine that does everything twice, by plan and by graphql-core, and keeps what differs."""

from copy import copy
from functools import cache
from typing import Any

from graphql import ExecutionResult, OperationType
from graphql.execution.executor import CollectedErrors
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from api.context import Context
from api.graphql import Engine, Schema
from api.main import schema
from api.plans.cache import PlanCache

Reference = StrawberryGraphQLCoreExecutionContext


class Compared(Engine):
    """Queries are executed once more as a whole; of changes and events, whatever plans complete."""

    plans = PlanCache(512)
    compared = 0
    different: tuple[str, ...] = ()

    def execute_operation(self, serially: bool | None = None) -> Any:
        result = super().execute_operation(serially)
        if self.plan is None or self.operation.operation is not OperationType.QUERY:
            return result
        return self._again(result)

    async def _again(self, result: Any) -> ExecutionResult:
        planned: ExecutionResult = await result if self.is_awaitable(result) else result
        other = copy(self)
        other.plan = None
        other.context_value = whole(self.context_value)
        other.collected_errors = CollectedErrors()
        other._relevant_sub_fields = {}
        found: Any = Reference.execute_operation(other)
        reference: ExecutionResult = await found if self.is_awaitable(found) else found
        self._note(planned.formatted, reference.formatted)
        return planned

    def complete_value(self, *arguments: Any) -> Any:
        return_type, details, _, _, result, _ = arguments
        plan = self.plan
        completer = plan.completer(self, return_type, details) if plan is not None else None
        if completer is None or self.operation.operation is OperationType.QUERY:
            return super().complete_value(*arguments)
        try:
            planned = completer.complete(result)
        except Exception:
            return super().complete_value(*arguments)
        self.plan = None
        reference = Reference.complete_value(self, *arguments)
        self.plan = plan
        self._note(planned, reference)
        return planned

    def _note(self, planned: object, reference: object) -> None:
        Compared.compared += 1
        # what is compared is also how things are ordered
        if repr(planned) != repr(reference):
            name = self.operation.name.value if self.operation.name else str(self.operation.operation)
            Compared.different += (f"{name}: {planned} is not {reference}",)


class Whole(Context):
    """A context in which lists read whole rows, as they do for the reference engine."""

    is_narrow = False


def whole(context: Context) -> Context:
    """The same context, but for that."""
    other = copy(context)
    other.__class__ = Whole
    return other


@cache
def comparing_schema() -> Schema:
    """The product's schema, executed twice; made once, and each document planned once."""
    made = schema()
    made.execution_context_class = Compared
    return made


def assert_alike() -> None:
    """Both engines were asked, and said the same."""
    assert Compared.compared > 0
    assert not Compared.different, "\n".join(Compared.different)
