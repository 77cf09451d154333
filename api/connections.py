"""What stays open (长连接): sockets and event streams, counted, looked after, and closed by and by."""

import asyncio
from collections import Counter
from typing import Protocol

import settings
from api.context import Context
from api.eager import begin
from engines.logs import log_fault
from policy.terms import Role

TICK_SECONDS = 0.5
PAUSE_MAX = 0.02
"""Few connections need not wait for each other when the server goes away."""


class Connection(Protocol):
    """A socket or an event stream (长连接)."""

    @property
    def context(self) -> Context:
        """Who is connected."""

    async def tend(self) -> None:
        """Look whether the peer is alive and its token good; end the connection if not."""

    async def go_away(self) -> None:
        """End because the server stops, so that the client goes on elsewhere."""


class Connections:
    """Every open connection of a process (本进程的长连接)."""

    def __init__(self) -> None:
        self.open: set[Connection] = set()
        self.callers: Counter[str] = Counter()
        self._entered: dict[Connection, str] = {}
        self._tending: dict[Connection, asyncio.Task[None]] = {}
        self._emptied = asyncio.Event()

    def add(self, connection: Connection) -> None:
        """Look after a connection from now on."""
        self.open.add(connection)

    def enter(self, connection: Connection, caller: str) -> bool:
        """Count a connection that has signed in (连接数); give False when its caller has too many already."""
        actor = connection.context.actor
        is_person = actor is None or actor.role is Role.PATIENT
        most = settings.SOCKETS_MAX * (1 if is_person else settings.INSTITUTION_FACTOR)
        if self.callers[caller] >= most:
            return False
        self._entered[connection] = caller
        self.callers[caller] += 1
        return True

    def leave(self, connection: Connection) -> None:
        """Forget a connection that has closed."""
        self.open.discard(connection)
        caller = self._entered.pop(connection, None)
        if caller is not None:
            self.callers[caller] -= 1
            if not self.callers[caller]:
                del self.callers[caller]
        if not self.open:
            self._emptied.set()

    async def all_gone(self) -> None:
        """Wait until every connection has closed."""
        self._emptied.clear()
        if self.open:
            await self._emptied.wait()

    async def tend(self) -> None:
        """Look after all of them, as long as this runs (连接看护)."""
        while True:
            await asyncio.sleep(TICK_SECONDS)
            self._look_around()

    def _look_around(self) -> None:
        for connection in list(self.open):
            # one that cannot be spoken to must not keep the others waiting
            if connection not in self._tending and (rest := begin(self._tend(connection))):
                self._tending[connection] = asyncio.ensure_future(rest)

    async def _tend(self, connection: Connection) -> None:
        try:
            await connection.tend()
        # An edge: whatever is wrong with one, the others are looked after.
        except Exception as error:
            log_fault("connection.fault", error, request_id=connection.context.request_id)
        finally:
            self._tending.pop(connection, None)

    async def go_away(self) -> None:
        """Close them over DRAIN_SPREAD_SECONDS (分批关闭): clients closed together come back together."""
        leaving = list(self.open)
        pause = min(settings.DRAIN_SPREAD_SECONDS / max(len(leaving), 1), PAUSE_MAX)
        async with asyncio.TaskGroup() as group:
            for connection in leaving:
                group.create_task(connection.go_away())
                await asyncio.sleep(pause)
        await self.all_gone()
