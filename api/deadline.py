"""The longest time (执行时限) a query or a change may take; subscriptions last as long as they are wanted."""

import asyncio
from types import TracebackType

from api.errors import OPERATION_TIMEOUT, RequestRefused


class Deadline:
    """End an operation that does not end by itself; its transaction is undone with it."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._limit = asyncio.timeout(seconds)

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._limit.__aexit__(kind, error, trace)
        except TimeoutError as over:
            text = f"操作超过 {self.seconds:g} 秒未完成,已中止;变更类操作请用同一幂等键重试。"
            raise RequestRefused(503, text, OPERATION_TIMEOUT, retry="backoff") from over
