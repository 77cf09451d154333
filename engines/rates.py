"""How fast a caller may go (限流): buckets of points that fill up again, in Redis for all processes together.

While Redis is away each process keeps buckets of its own: nobody is let in without measure, and no settlement
waits for a bell that does not answer.
"""

import math
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from time import monotonic

import structlog
from redis.exceptions import RedisError

from engines.redis_client import impatient

PREFIX = "yaolu:rate:"
ANSWER_SECONDS = 0.25
"""How long Redis may take; a caller waits for his answer meanwhile."""

AWAY_SECONDS = 1.0
"""How long Redis is not asked again after it failed."""

CALLERS_MAX = 10_000
"""How many buckets a process keeps of its own."""

TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local size, speed, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'left', 'at')
local left = size
if kept[1] then
    left = math.min(size, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * speed)
end
local wait = 0
if left >= cost then left = left - cost else wait = (cost - left) / speed end
redis.call('HSET', KEYS[1], 'left', tostring(left), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(size / speed * 1000) + 1000)
return {tostring(left), tostring(wait)}
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
        self._client = impatient(url, ANSWER_SECONDS)
        self._take = self._client.register_script(TAKE)
        self._own = OwnBuckets()
        self._prefix = f"{PREFIX}{namespace}"
        self._away_until = -math.inf
        self.alone = 0

    async def take(self, caller: str, cost: float, rate: Rate) -> Taken:
        """Take `cost` points of the caller's bucket, or say how long to wait; never fails."""
        if monotonic() >= self._away_until:
            try:
                left, wait = await self._take([self._key(caller)], [rate.points, rate.per_second, cost])
                return Taken(float(left), float(wait))
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = monotonic() + AWAY_SECONDS
                log.warning("rates.alone", error=type(error).__name__)
        self.alone += 1
        return self._own.take(caller, cost, rate)

    def _key(self, caller: str) -> str:
        """The name of a caller's bucket; a caller is named by a person's number, which has no place there."""
        return self._prefix + sha256(caller.encode()).hexdigest()[:32]

    async def stop(self) -> None:
        """Let go of every connection."""
        await self._client.aclose()
