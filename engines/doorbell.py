"""The doorbell that use cases ring after their commit: listeners and workers alike."""

from collections.abc import Iterable
from uuid import UUID

from engines.bell import Bell
from engines.queue import Queue


class Doorbell:
    """Rings for events and for jobs (门铃与任务铃)."""

    def __init__(self, bell: Bell, queue: Queue) -> None:
        self.bell, self.queue = bell, queue

    async def ring(self, topics: Iterable[str]) -> None:
        """Wake who listens to these topics."""
        await self.bell.ring(topics)

    async def ring_jobs(self, job_ids: Iterable[UUID]) -> None:
        """Wake the workers for these jobs."""
        await self.queue.ring_jobs(job_ids)
