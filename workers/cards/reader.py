"""The worker's side of card reading (证件识读): one child, started when the first card comes."""

import asyncio
import sys
from collections.abc import Sequence
from typing import Any

import structlog

from engines.metrics import CHILDREN_LOST
from engines.pictures import Reason, Unusable, precheck
from workers.faces.pool import PoolStopped
from workers.faces.process import Child, ChildDied, ChildHung, EngineFailed

COMMAND = (sys.executable, "-m", "workers.cards.child")
PICTURE_SECONDS = 20.0
TRIES = 2

log = structlog.get_logger(__name__)


class CardReader:
    """Reads the text on cards (证件识读) in a process of its own, one card at a time.

    The process takes about 550 MiB and is no face child: a card may not crash or slow a face. It is started
    by the first card, and again when it has died.
    """

    def __init__(self, *, picture_seconds: float = PICTURE_SECONDS, command: Sequence[str] = COMMAND) -> None:
        self.engine = ""
        self._child: Child | None = None
        self._lock = asyncio.Lock()
        self._picture_seconds = picture_seconds
        self._command = command
        self._is_stopped = False

    @property
    def pid(self) -> int | None:
        """The process id of the child that lives (进程号)."""
        return self._child.pid if self._child and self._child.is_alive else None

    async def read(self, picture: bytes) -> list[str]:
        """The lines of text on a picture (识读文字); raises `Unusable`, and `PoolStopped` when stopped."""
        precheck(picture)
        async with self._lock:
            for attempt in range(1, TRIES + 1):
                try:
                    answer = await self._ask(picture)
                except ChildHung as error:
                    CHILDREN_LOST.labels("card", "hung").inc()
                    log.warning("card_child_hung", pid=error.pid, seconds=error.seconds)
                    raise Unusable(Reason.ENGINE_TIMEOUT) from error
                except (ChildDied, EngineFailed) as error:
                    if self._is_stopped:
                        raise PoolStopped from error
                    CHILDREN_LOST.labels("card", "died").inc()
                    log.warning("card_child_died", attempt=attempt, error=type(error).__name__)
                    continue
                if "unusable" in answer:
                    raise Unusable(Reason(answer["unusable"]))
                return [str(line) for line in answer["lines"]]
        raise Unusable(Reason.ENGINE_FAILED)

    async def stop(self) -> None:
        """End the child and start no other (停止)."""
        self._is_stopped = True
        if self._child:
            await self._child.kill()

    async def _ask(self, picture: bytes) -> dict[str, Any]:
        if self._is_stopped:
            raise PoolStopped
        if self._child is None or not self._child.is_alive:
            self._child = await Child.spawn((), self._command)
            if self._is_stopped:
                await self._child.kill()
                raise PoolStopped
            await self._child.ready()
            (self.engine,) = self._child.models.values()
        return await self._child.ask({}, picture, self._picture_seconds)
