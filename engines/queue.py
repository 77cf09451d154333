"""The queue (任务队列): tells workers that there is a job row to look at, and never carries the job."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from contextlib import suppress
from uuid import UUID

import structlog
from redis.exceptions import RedisError
from taskiq import AckableMessage
from taskiq.exceptions import TaskiqError
from taskiq.kicker import AsyncKicker
from taskiq_redis import RedisStreamBroker

STREAM = "yaolu:jobs"
GROUP = "workers"
TASK = "run_job"
LENGTH_MAX = 100_000
"""Rings beyond this many are forgotten; the sweeper finds the rows without them."""

UNACKNOWLEDGED_MS = 60_000
READ_MS = 1_000
RING_SECONDS = 2.0
LISTEN_AGAIN_SECONDS = 0.5

log = structlog.get_logger(__name__)


class JobBroker(RedisStreamBroker):
    """A stream broker that outlives its server (任务代理).

    Taskiq listens again at once after an error, without a pause, and never makes the consumer group anew that
    a Redis restarted without its data has forgotten.
    """

    async def startup(self) -> None:
        """Start, also while the server is away: `listen` makes the group when it is back."""
        try:
            await super().startup()
        except (RedisError, OSError) as error:
            log.warning("queue.lost", error=type(error).__name__)

    async def listen(self) -> AsyncGenerator[AckableMessage, None]:
        """The messages, again after every loss."""
        while True:
            try:
                async for message in super().listen():
                    yield message
            except (RedisError, OSError) as error:
                log.warning("queue.lost", error=type(error).__name__)
                await asyncio.sleep(LISTEN_AGAIN_SECONDS)
                with suppress(RedisError, OSError):
                    await self._declare_consumer_group()


def job_broker(url: str) -> RedisStreamBroker:
    """The broker (任务代理) over one Redis stream, read by any number of workers."""
    return JobBroker(
        url,
        queue_name=STREAM,
        consumer_group_name=GROUP,
        consumer_id="0",
        maxlen=LENGTH_MAX,
        idle_timeout=UNACKNOWLEDGED_MS,
        xread_block=READ_MS,
        unacknowledged_lock_timeout=UNACKNOWLEDGED_MS / 1000,
    )


class Queue:
    """Rings for jobs (任务铃)."""

    def __init__(self, broker: RedisStreamBroker) -> None:
        self.broker = broker
        self.failures = 0

    async def ring_jobs(self, job_ids: Iterable[UUID]) -> None:
        """Tell the workers about these jobs; never fails, for the rows are already committed."""
        for job_id in job_ids:
            kicker: AsyncKicker[[str], None] = AsyncKicker(TASK, self.broker, {})
            try:
                async with asyncio.timeout(RING_SECONDS):
                    await kicker.kiq(str(job_id))
            except (RedisError, TaskiqError, OSError, TimeoutError) as error:
                self.failures += 1
                log.warning("queue.ring_failed", error=type(error).__name__)
                return

    async def stop(self) -> None:
        """Let go of every connection."""
        await self.broker.connection_pool.disconnect()
