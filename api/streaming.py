"""The answers of one operation (操作结果流), one after another, in the form in which they are sent."""

from collections.abc import AsyncGenerator, Collection
from contextlib import aclosing

from graphql import GraphQLError
from strawberry.http import GraphQLRequestData
from strawberry.schema import BaseSchema
from strawberry.types.execution import ExecutionResult, PreExecutionError
from strawberry.types.graphql import OperationType

from api.context import Context, put_on_record
from api.errors import Formatted, internal, is_away, is_request_error, present, unavailable
from engines.logs import log_fault
from services.reading import reading

EVERY = (OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION)


class Failed(Exception):
    """An operation that ended before its end (操作失败), with what its caller is told."""

    def __init__(self, errors: list[Formatted]) -> None:
        self.errors = errors
        super().__init__()


async def answers(
    schema: BaseSchema,
    said: GraphQLRequestData,
    context: Context,
    kinds: Collection[OperationType] = EVERY,
) -> AsyncGenerator[Formatted, None]:
    """Every answer of an operation; what it shows is on record before. Raise `Failed`, and nothing else."""
    try:
        with reading() as seen:
            results = await schema.stream(
                said.query,
                variable_values=said.variables,
                context_value=context,
                operation_name=said.operation_name,
                allowed_operation_types=kinds,
            )
            async with aclosing(results):
                async for result in results:
                    assert isinstance(result, ExecutionResult)
                    await put_on_record(context, seen)
                    yield _formatted(result, context)
                    context.renew()
    except Failed:
        raise
    except GraphQLError as error:
        # The parser cache lets syntax errors through.
        context.trail.is_refused = True
        raise failed(context, present([error], request_id=context.request_id)) from error
    # The edge of an operation: its fault is logged and masked, whatever carries it goes on.
    except Exception as error:
        log_fault("operation.fault", error, request_id=context.request_id)
        raise failed(context, [unavailable() if is_away(error) else internal(context.request_id)]) from error


def failed(context: Context, errors: list[Formatted]) -> Failed:
    """The end of an operation, kept in its trail."""
    context.trail.saw(errors)
    return Failed(errors)


def _formatted(result: ExecutionResult, context: Context) -> Formatted:
    errors = present(result.errors or [], request_id=context.request_id)
    if isinstance(result, PreExecutionError) or is_request_error(result.data, result.errors):
        context.trail.is_refused = True
        raise failed(context, errors)
    context.trail.saw(errors)
    payload: Formatted = {"data": result.data}
    if errors:
        payload["errors"] = errors
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload
