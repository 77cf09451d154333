"""How fast a caller may go (限流): buckets of points that fill up again, in Redis for all processes together.

While Redis is away each process keeps buckets of its own: nobody is let in without measure, and no settlement
waits for a bell that does not answer.
"""

import asyncio
import math
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic
from typing import NamedTuple

import structlog
from redis.exceptions import RedisError

from engines.redis_script import Script

PREFIX = "yaolu:rate:"
ANSWER_SECONDS = 0.25
"""How long Redis may take; a caller waits for his answer meanwhile."""

AWAY_SECONDS = 1.0
"""How long Redis is not asked again after it failed."""

TOGETHER_MAX = 100
"""How many callers one question to Redis is about at most."""

CALLERS_MAX = 10_000
"""How many buckets a process keeps of its own."""

TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local answers = {}
for number, key in ipairs(KEYS) do
    local size, speed, cost = unpack(ARGV, 3 * number - 2, 3 * number)
    size, speed, cost = tonumber(size), tonumber(speed), tonumber(cost)
    local kept = redis.call('HMGET', key, 'left', 'at')
    local left = size
    if kept[1] then
        left = math.min(size, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * speed)
    end
    local wait = 0
    if left >= cost then left = left - cost else wait = (cost - left) / speed end
    redis.call('HSET', key, 'left', tostring(left), 'at', string.format('%.6f', now))
    redis.call('PEXPIRE', key, math.ceil(size / speed * 1000) + 1000)
    answers[2 * number - 1] = tostring(left)
    answers[2 * number] = tostring(wait)
end
return answers
"""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Rate:
    """A bucket (令牌桶): how many points it holds, and how many come back a second."""

    points: float
    per_second: float


@dataclass(frozen=True, slots=True)
class Taken:
    """What a bucket answered (扣减结果): points left, and seconds to wait; 0 says that they were taken."""

    left: float
    wait: float

    @property
    def is_granted(self) -> bool:
        """Whether the points were taken."""
        return self.wait == 0


class Asked(NamedTuple):
    """One who waits for his points (扣减请求)."""

    caller: str
    cost: float
    rate: Rate
    answer: asyncio.Future[Taken]


class OwnBuckets:
    """Buckets of this process alone (进程内令牌桶); the least used are forgotten first, which fills them."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str, cost: float, rate: Rate) -> Taken:
        """Take `cost` points of the caller's bucket, or say how long to wait."""
        now = monotonic()
        left, at = self._buckets.pop(caller, (rate.points, now))
        left = min(rate.points, left + (now - at) * rate.per_second)
        wait = 0.0 if left >= cost else (cost - left) / rate.per_second
        left = left if wait else left - cost
        self._buckets[caller] = left, now
        if len(self._buckets) > CALLERS_MAX:
            self._buckets.popitem(last=False)
        return Taken(left, wait)


class Rates:
    """The buckets of all processes (限流器), and of this one while Redis is away.

    `alone` counts how often this process had to judge by itself. `namespace` parts those who share a server.
    """

    def __init__(self, url: str, namespace: str = "") -> None:
        self._script = Script(url, TAKE, ANSWER_SECONDS)
        self._own = OwnBuckets()
        self._prefix = f"{PREFIX}{namespace}"
        self._away_until = -math.inf
        self._waiting: list[Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self.alone = 0

    async def take(self, caller: str, cost: float, rate: Rate) -> Taken:
        """Take `cost` points of the caller's bucket, or say how long to wait; never fails.

        One question is on its way at a time: who comes meanwhile is asked for with all others in the next.
        """
        answer: asyncio.Future[Taken] = asyncio.get_running_loop().create_future()
        self._waiting.append(Asked(caller, cost, rate, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask(), name="rates")
        return await answer

    async def _ask(self) -> None:
        """Ask for all who wait, until nobody does."""
        asked: list[Asked] = []
        try:
            while self._waiting:
                asked, self._waiting = self._waiting[:TOGETHER_MAX], self._waiting[TOGETHER_MAX:]
                for one, taken in zip(asked, await self._taken(asked), strict=True):
                    if not one.answer.done():
                        one.answer.set_result(taken)
        finally:
            self._asking = None
            # nobody waits for what does not come; who has his answer feels nothing
            left, self._waiting = [*asked, *self._waiting], []
            for one in left:
                one.answer.cancel()

    async def _taken(self, asked: Sequence[Asked]) -> list[Taken]:
        if monotonic() >= self._away_until:
            try:
                keys = [self._key(one.caller) for one in asked]
                figures = [
                    figure for one in asked for figure in (one.rate.points, one.rate.per_second, one.cost)
                ]
                said = [float(figure) for figure in await self._script(keys, figures)]
                return [Taken(left, wait) for left, wait in zip(said[::2], said[1::2], strict=True)]
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = monotonic() + AWAY_SECONDS
                log.warning("rates.alone", error=type(error).__name__)
        self.alone += len(asked)
        return [self._own.take(one.caller, one.cost, one.rate) for one in asked]

    def _key(self, caller: str) -> str:
        """The name of a caller's bucket; a caller is named by a person's number, which has no place there."""
        return self._prefix + sha256(caller.encode()).hexdigest()[:32]

    async def stop(self) -> None:
        """Let go of the connection."""
        await self._script.stop()
