"""Watching the read replica (副本监视): it is asked only while it is there and keeps up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from math import inf
from time import monotonic

from tortoise import connections

from engines.logs import log
from models.replica import PRIMARY, REPLAYED, REPLICA, WRITTEN, Lag, Standby

LOOK_SECONDS = 1.0
ANSWER_SECONDS = 2.0


class NotAStandby(Exception):
    """DATABASE_REPLICA_URL names a server that follows nobody (不是只读副本)."""


@asynccontextmanager
async def replica_watched(lag_max: float) -> AsyncIterator[None]:
    """Look at the replica for the length of the block; `lag_max` is how far behind it may be, in seconds."""
    task = asyncio.create_task(watch(lag_max), name="replica")
    try:
        yield
    finally:
        while not task.done():
            task.cancel()
            await asyncio.wait({task}, timeout=1)
        Standby.is_fresh, Standby.lag_seconds = False, inf


async def watch(lag_max: float) -> None:
    """Look again and again; say in the log when the replica goes and when it is back."""
    lag = Lag()
    while True:
        reason = ""
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                Standby.lag_seconds = await look(lag)
        # An edge: the replica, or the primary, is away; searches ask the primary then.
        except Exception as error:
            Standby.lag_seconds, reason = inf, type(error).__name__
        was, Standby.is_fresh = Standby.is_fresh, Standby.lag_seconds <= lag_max
        if was != Standby.is_fresh:
            event = "replica.used" if Standby.is_fresh else "replica.lost"
            log.warning(event, lag=round(Standby.lag_seconds, 1), error=reason)
        await asyncio.sleep(LOOK_SECONDS)


async def look(lag: Lag) -> float:
    """How many seconds the replica is behind now."""
    (primary,) = await connections.get(PRIMARY).execute_query_dict(WRITTEN)
    lag.wrote(monotonic(), primary["position"])
    (replica,) = await connections.get(REPLICA).execute_query_dict(REPLAYED)
    if replica["position"] is None:
        raise NotAStandby
    return lag.seconds(monotonic(), replica["position"])
