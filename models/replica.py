"""The read replica (只读副本): searches that may be some seconds old ask it, while it keeps up.

Whatever goes wrong there is asked again of the primary: a search never fails for its replica.
"""

from collections import deque
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any, TypeVar

from tortoise import connections

T = TypeVar("T")

PRIMARY, REPLICA = "default", "replica"
SAMPLES = 600

WRITTEN = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint AS position"
REPLAYED = """
SELECT CASE WHEN pg_is_in_recovery()
       THEN pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint END AS position
"""


class Standby:
    """What this process knows of its replica (副本状态)."""

    is_fresh = False
    lag_seconds = inf
    served = 0
    fallen_back = 0


class Lag:
    """How far behind a replica is (复制延迟), in seconds of this machine's clock.

    The primary's position in its log is kept with the time at which it was read: what the replica has
    replayed, the primary had written by then. So no clocks are compared, and an idle primary is no lag.
    """

    def __init__(self) -> None:
        self._written: deque[tuple[float, int]] = deque(maxlen=SAMPLES)

    def wrote(self, at: float, position: int) -> None:
        """Where the primary was at that time."""
        self._written.append((at, position))

    def seconds(self, now: float, replayed: int) -> float:
        """How long ago the primary was where the replica is; infinite while that is not known."""
        known = [at for at, position in self._written if position <= replayed]
        return now - known[-1] if known else inf


async def searched(read: Callable[[str], Awaitable[T]]) -> T:
    """What `read` finds by the name of a connection (检索): the replica's, or else the primary's."""
    if Standby.is_fresh:
        try:
            found = await read(REPLICA)
        # Whatever it is: the primary's answer, or the primary's error, is the one that counts.
        except Exception:
            Standby.is_fresh = False
            Standby.fallen_back += 1
        else:
            Standby.served += 1
            return found
    return await read(PRIMARY)


async def searched_rows(statement: str, values: list[Any]) -> list[dict[str, Any]]:
    """The rows of one statement (检索), of the replica or else of the primary."""
    return await searched(lambda name: connections.get(name).execute_query_dict(statement, values))
