"""Ending tasks (结束任务) so that they are ended."""

import asyncio
from collections.abc import Iterable

CANCEL_AGAIN_SECONDS = 2.0


async def ended(tasks: Iterable[asyncio.Task[None]]) -> None:
    """Cancel tasks, and wait until they are done.

    Until Python 3.12 `wait_for`, which drivers use, may swallow a cancellation: cancel again.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=CANCEL_AGAIN_SECONDS)
