"""Running one job: the row is claimed for a while, worked on, and told to be done."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from time import perf_counter
from typing import TypeVar
from uuid import UUID

from structlog.contextvars import bound_contextvars
from tortoise.expressions import F

from engines.images import ImageMissing
from engines.logs import log_fault
from engines.metrics import JOB_SECONDS, JOBS
from engines.pictures import Reason, Unusable
from engines.tracing import span
from models import Job
from models.job import JobKind, JobState
from policy.terms import Role
from services.actor import Actor, Call, Tools
from workers.cards.reader import CardReader
from workers.faces.pool import FacePool, PoolStopped

T = TypeVar("T")

LEASE = timedelta(seconds=60)
"""How long a claimed job is left alone; after that another worker takes it."""

ATTEMPTS_MAX = 3

WORKER = Actor(role=Role.SERVICE, subject="worker")


@dataclass(frozen=True, slots=True)
class Bench:
    """What a worker works with (工作台)."""

    tools: Tools
    faces: FacePool
    now: Callable[[], datetime]
    cards: CardReader = field(default_factory=CardReader)

    def call(self) -> Call:
        """A call of a use case by the worker."""
        return Call(WORKER, self.now(), self.tools)


Run = Callable[[Bench, Job], Awaitable[None]]


async def claim(job_id: UUID, now: datetime) -> Job | None:
    """Take the job (领取任务), unless it is done or another worker has it.

    A kind that only a newer version knows is left to its workers: no attempt at it is lost here.
    """
    open_job = Job.filter(id=job_id, kind__in=tuple(JobKind), state=JobState.PENDING, due_at__lte=now)
    taken = await open_job.update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return await Job.get(id=job_id) if taken else None


async def run_job(bench: Bench, job_id: UUID, runners: dict[JobKind, Run]) -> None:
    """Run a job (执行任务) if it is still to be done; a failure leaves it for the sweeper."""
    job = await claim(job_id, bench.now())
    if job is None:
        return
    facts = {"request_id": job.request_id, "job": str(job.id)}
    name = f"job {job.kind}"
    with bound_contextvars(**facts), span(name, job.traceparent, attempt=job.attempts) as current:
        began = perf_counter()
        outcome = await attempt(bench, job, runners[job.kind])
        JOB_SECONDS.labels(job.kind).observe(perf_counter() - began)
        if current is not None:
            current.set_attributes({"yaolu.outcome": outcome, **facts})
    JOBS.labels(job.kind, outcome).inc()


async def attempt(bench: Bench, job: Job, run: Run) -> str:
    """One attempt at a claimed job (一次尝试); gives what came of it."""
    try:
        await run(bench, job)
    except PoolStopped:
        # this worker stops: the next one takes it at once, and no attempt was made
        await Job.filter(id=job.id).update(due_at=bench.now(), attempts=F("attempts") - 1)
        return "put back"
    # An edge: whatever went wrong, the row keeps its state and the worker lives on.
    except Exception as error:
        log_fault("job.failed", error, kind=job.kind, attempt=job.attempts)
        await put_back(job, type(error).__name__, bench.now())
        return "failed"
    await Job.filter(id=job.id).update(state=JobState.DONE, error="")
    return "done"


async def answered(attempt: int, ask: Callable[[], Awaitable[T]], refused: Callable[[Reason], T]) -> T:
    """An engine's answer (引擎答复), or after the last attempt a refusal: nobody waits for ever.

    What is wrong with a picture stays wrong; whatever else a foreign engine raises is tried again.
    """
    # whatever ended its workers that often would end this one too
    if attempt > ATTEMPTS_MAX:
        return refused(Reason.ENGINE_FAILED)
    try:
        return await ask()
    except ImageMissing:
        return refused(Reason.REFERENCE_MISSING)
    except PoolStopped:
        raise
    except Exception as error:
        reason = error.reason if isinstance(error, Unusable) else Reason.ENGINE_FAILED
        if reason == Reason.ENGINE_FAILED and attempt < ATTEMPTS_MAX:
            raise
        return refused(reason)


async def put_back(job: Job, error: str, now: datetime) -> None:
    """Let the job be tried again: at once while it has attempts left, then once a lease.

    A job is never given up: its runner ends it with a verdict after the last attempt, so what fails then
    is the house, and somebody at the counter waits for the answer.
    """
    due_at = now if job.attempts < ATTEMPTS_MAX else now + LEASE
    await Job.filter(id=job.id).update(error=error[:200], due_at=due_at)
