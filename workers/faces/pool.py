"""The pool of child processes that read faces (人脸核验进程池)."""

import asyncio
from collections.abc import Sequence
from typing import Any

import structlog

from engines.metrics import CHILDREN_LOST
from engines.pictures import Reason, Unusable, precheck
from workers.faces.process import COMMAND, Child, ChildDied, ChildHung, EngineFailed
from workers.faces.result import Seen, Sight

PICTURE_SECONDS = 15.0
TRIES = 3

log = structlog.get_logger(__name__)


class PoolStopped(Exception):
    """The pool was stopped before the answer came (进程池已停): the work is still to be done."""


class FacePool:
    """A number of child processes, each reading one picture at a time (人脸核验进程池).

    `models` names the loaded engines and the version of their models, once started.
    """

    def __init__(
        self,
        slots: int = 1,
        *,
        engines: Sequence[str] = ("dlib",),
        picture_seconds: float = PICTURE_SECONDS,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self.models: dict[str, str] = {}
        self._engines = tuple(engines)
        self._slots = [_Slot(self._engines, command) for _ in range(slots)]
        self._free: asyncio.Queue[_Slot] = asyncio.Queue()
        self._picture_seconds = picture_seconds
        self._is_stopped = False

    async def start(self) -> None:
        """Start every child and test its models (启动); raises `EngineFailed` and leaves nothing running."""
        try:
            outcomes = await asyncio.gather(*(slot.ready() for slot in self._slots), return_exceptions=True)
            first, *_ = [_raised(outcome) for outcome in outcomes]
            if lacking := sorted(set(self._engines) - first.models.keys()):
                raise EngineFailed(f"The face child did not load {', '.join(lacking)}.")
        except BaseException:
            await self.stop()
            raise
        self.models = first.models
        for slot in self._slots:
            self._free.put_nowait(slot)

    async def stop(self) -> None:
        """End every child for good (停止); who still waits for an answer gets `PoolStopped`."""
        self._is_stopped = True
        for slot in self._slots:
            await slot.close()

    @property
    def busy(self) -> int:
        """How many children read a picture now (忙碌子进程数)."""
        return len(self._slots) - self._free.qsize() if self.models else 0

    def pids(self) -> list[int]:
        """The process ids of the living children (子进程号)."""
        return [slot.child.pid for slot in self._slots if slot.child and slot.child.is_alive]

    async def read(self, picture: bytes, engines: Sequence[str], *, largest: bool = False) -> Sight:
        """What each engine sees of the one face on a picture (提取人脸特征), or why it sees none.

        Of several faces the `largest` is taken where wished for, as on a card; else none. Raises `Unusable`
        when the picture is of no use to any engine.
        """
        precheck(picture)
        wish: dict[str, object] = {"engines": " ".join(engines), "largest": largest}
        for attempt in range(1, TRIES + 1):
            try:
                answer = await self._ask(wish, picture)
            except ChildHung as error:
                # Not tried again: a picture that takes forever would take forever three times.
                CHILDREN_LOST.labels("face", "hung").inc()
                log.warning("face_child_hung", pid=error.pid, seconds=error.seconds)
                raise Unusable(Reason.ENGINE_TIMEOUT) from error
            except (ChildDied, EngineFailed) as error:
                CHILDREN_LOST.labels("face", "died").inc()
                log.warning("face_child_died", attempt=attempt, error=str(error))
                continue
            if "unusable" in answer:
                raise Unusable(Reason(answer["unusable"]))
            return {name: _seen(found) for name, found in answer["sight"].items()}
        raise Unusable(Reason.ENGINE_FAILED)

    async def _ask(self, wish: dict[str, object], picture: bytes) -> dict[str, Any]:
        if self._is_stopped:
            raise PoolStopped
        slot = await self._free.get()
        try:
            child = await slot.ready()
            return await child.ask(wish, picture, self._picture_seconds)
        except (ChildDied, ChildHung, EngineFailed) as error:
            if self._is_stopped:
                raise PoolStopped from error
            raise
        finally:
            self._free.put_nowait(slot)


def _seen(found: Any) -> Seen | Reason:
    return Reason(found) if isinstance(found, str) else Seen(found["vector"], found["quality"])


def _raised(outcome: Child | BaseException) -> Child:
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


class _Slot:
    """The place of one child; a child that ended is replaced when the place is needed (进程位)."""

    def __init__(self, engines: Sequence[str], command: Sequence[str]) -> None:
        self.child: Child | None = None
        self._engines = engines
        self._command = command
        self._is_closed = False

    async def ready(self) -> Child:
        """The living child of this place (就绪子进程)."""
        if not self._is_closed and (self.child is None or not self.child.is_alive):
            self.child = await Child.spawn(self._engines, self._command)
            if self._is_closed:
                await self.child.kill()
            await self.child.ready()
        if self._is_closed or self.child is None:
            raise PoolStopped
        return self.child

    async def close(self) -> None:
        """End the child and start no other (关闭)."""
        self._is_closed = True
        if self.child:
            await self.child.kill()
