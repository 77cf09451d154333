"""The steps of every operation (执行步骤): checked, charged, and ended when it takes too long.

`Schema.execute` takes them one after another for a query or a change over HTTP. For what runs over a stream,
subscriptions above all, strawberry takes them: it calls `Steps`.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api.charging import charge
from api.checking import errors_in, parsed
from api.context import Context
from api.deadline import Deadline
from api.limits import Limits


@dataclass(slots=True)
class Admission:
    """Whether an operation is executed (准入): what speaks against it, and what its caller is told."""

    errors: list[GraphQLError] = field(default_factory=list)
    extensions: dict[str, Any] = field(default_factory=dict)


async def admission(
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    variables: dict[str, Any] | None,
    context: object,
    limits: Limits,
) -> Admission:
    """Check a document and charge its caller; what is not valid has no cost."""
    is_stranger = getattr(context, "actor", None) is None
    if errors := errors_in(schema, document, name, limits, is_stranger=is_stranger):
        return Admission(errors)
    if not isinstance(context, Context):
        return Admission()
    context.trail.is_about(document, name)
    if context.is_paid:
        return Admission()
    refusal, report = await charge(context, schema, document, name, variables)
    return Admission([refusal] if refusal else [], {"cost": report} if report else {})


def in_time(context: object, kind: OperationType) -> AbstractAsyncContextManager[None]:
    """The deadline of an operation of this kind."""
    if isinstance(context, Context) and kind is not OperationType.SUBSCRIPTION:
        return Deadline(context.parts.operation_seconds)
    return nullcontext()


class Steps(SchemaExtension):
    """The steps as strawberry calls them (流式执行的步骤)."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.extensions: dict[str, Any] = {}

    def on_parse(self) -> Iterator[None]:
        said = self.execution_context
        if said.query:
            said.graphql_document = parsed(said.query, self.limits.tokens)
        yield

    async def on_validate(self) -> AsyncIterator[None]:
        said = self.execution_context
        assert said.graphql_document is not None
        found = await admission(
            said.schema._schema,
            said.graphql_document,
            said._provided_operation_name,
            said.variables,
            said.context,
            self.limits,
        )
        said.pre_execution_errors, self.extensions = found.errors, found.extensions
        yield

    async def on_execute(self) -> AsyncIterator[None]:
        said = self.execution_context
        async with in_time(said.context, said.operation_type):
            yield

    def get_results(self) -> dict[str, Any]:
        """What the caller is told of the cost (成本报告), once: the events of a subscription are free."""
        told, self.extensions = self.extensions, {}
        return told
