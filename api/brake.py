"""Slowing down (减速): who is refused again and again waits for every further refusal.

A flood is then as slow as its connections are few, and costs next to nothing. Nobody else waits: what is not
refused is never held, also where many call from one address.
"""

import asyncio

from starlette.responses import Response

from api.charging import caller_of
from api.context import Context
from engines.rates import OwnBuckets, Rate

HOLD_SECONDS = 2.0

HELD_MAX = 1_000
"""How many wait at once in one process; each takes some kilobytes."""


class Brake:
    """How often callers were refused (拒绝计数), in this process; who has not signed in is his address."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self.held = 0
        self._buckets = OwnBuckets()
        self._over = asyncio.Event()

    def is_worn(self, context: Context) -> bool:
        """Count one more refusal; whether the caller has had too many of late."""
        return not self._buckets.take(caller_of(context), 1, self.rate).is_granted

    async def slow(self, response: Response, context: Context) -> None:
        """Keep a refusal back that is one too many; where there is no room to wait its connection ends."""
        if self.is_worn(context) and not await self.hold():
            response.headers["Connection"] = "close"

    async def hold(self) -> bool:
        """Wait a while; at once False where too many wait already."""
        if self.held >= HELD_MAX:
            return False
        self.held += 1
        try:
            async with asyncio.timeout(HOLD_SECONDS):
                await self._over.wait()
        except TimeoutError:
            pass
        finally:
            self.held -= 1
        return True

    def release(self) -> None:
        """Hold nobody any more: the server stops."""
        self._over.set()
