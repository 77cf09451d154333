"""The longest time (执行时限) a query or a change may take; subscriptions last as long as they are wanted."""

import asyncio
from collections.abc import AsyncIterator

from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from api.context import Context
from api.errors import OPERATION_TIMEOUT, RequestRefused


class Deadline(SchemaExtension):
    """End an operation that does not end by itself; its transaction is undone with it."""

    async def on_execute(self) -> AsyncIterator[None]:
        said = self.execution_context
        context = said.context
        if not isinstance(context, Context) or said.operation_type is OperationType.SUBSCRIPTION:
            yield
            return
        seconds = context.parts.operation_seconds
        try:
            async with asyncio.timeout(seconds) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            text = f"操作超过 {seconds:g} 秒未完成,已中止;变更类操作请用同一幂等键重试。"
            raise RequestRefused(503, text, OPERATION_TIMEOUT, retry="backoff") from error
