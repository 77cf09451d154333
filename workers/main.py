"""The worker process: jobs off the queue, the sweeper, what ends by itself, and the daily monitors."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any
from uuid import UUID

import structlog
from taskiq.api import run_receiver_task
from tortoise import Tortoise

from engines.logs import log_fault
from engines.metrics import ROUNDS_FAILED
from engines.queue import TASK, Queue
from engines.tracing import with_statements
from models import Job
from models.job import JobKind, JobState
from services.daily import reconcile_due
from services.expiry import expire_due
from services.manual_checks import watch_manual_checks
from services.monitoring import monitor_due
from workers.auditing import SEAL_SECONDS, seal_entries
from workers.cards.job import read_cards
from workers.enrolment import look_at_enrolment
from workers.gauges import FIGURES_SECONDS, Watch
from workers.identity import check_identity
from workers.jobs import Bench, Run, run_job
from workers.payments import order_payment, refund_payment, watch_payments
from workers.retention import RETAIN_SECONDS, keep_house
from workers.upkeep import Upkeep

SWEEP_SECONDS = 2.0
"""How often rows are looked for whose ring was lost."""

EXPIRE_SECONDS = 1.0
MONITOR_SECONDS = 5.0
RECONCILE_SECONDS = 30.0
UPKEEP_SECONDS = 15.0
WATCH_SECONDS = 3600.0
PAYMENT_SECONDS = 2.0
BATCH = 500

RUNNERS: dict[JobKind, Run] = {
    JobKind.IDENTITY_CHECK: check_identity,
    JobKind.CARD_READING: read_cards,
    JobKind.FACE_ENROLMENT: look_at_enrolment,
    JobKind.PAYMENT_ORDER: order_payment,
    JobKind.PAYMENT_REFUND: refund_payment,
}

log = structlog.get_logger(__name__)


async def work(bench: Bench, queue: Queue, orm: dict[str, Any], stop: asyncio.Event) -> None:
    """Work until told to stop (后台进程); what is not finished then is taken up by the next worker."""
    async with AsyncExitStack() as stack:
        context = await Tortoise.init(config=dict(with_statements(orm)), _enable_global_fallback=True)
        stack.push_async_callback(context.close_connections)
        stack.push_async_callback(bench.faces.stop)
        stack.push_async_callback(bench.cards.stop)
        await bench.faces.start()
        stack.push_async_callback(queue.broker.shutdown)
        await queue.broker.startup()
        queue.broker.task(task_name=TASK)(job_runner(bench))
        watch = Watch(bench, queue)
        stack.enter_context(watch.gauges().shown())
        tasks = [
            asyncio.create_task(run_receiver_task(queue.broker, max_async_tasks=8)),
            asyncio.create_task(every(SWEEP_SECONDS, lambda: sweep(bench, queue))),
            asyncio.create_task(every(EXPIRE_SECONDS, lambda: expire_due(bench.call()))),
            asyncio.create_task(every(MONITOR_SECONDS, lambda: monitor_due(bench.call()))),
            asyncio.create_task(every(RECONCILE_SECONDS, lambda: reconcile_due(bench.call()))),
            asyncio.create_task(every(PAYMENT_SECONDS, lambda: watch_payments(bench))),
            asyncio.create_task(every(UPKEEP_SECONDS, Upkeep(bench).round)),
            asyncio.create_task(every(RETAIN_SECONDS, lambda: keep_house(bench))),
            asyncio.create_task(every(WATCH_SECONDS, lambda: watch_manual_checks(bench.call()))),
            asyncio.create_task(every(FIGURES_SECONDS, watch.round)),
            asyncio.create_task(every(SEAL_SECONDS, lambda: seal_entries(bench.now()))),
        ]
        log.info("worker.ready", faces=len(bench.faces.pids()))
        await stop.wait()
        await end(tasks)


async def end(tasks: Sequence[asyncio.Task[None]]) -> None:
    """Cancel until everything has ended: on Python 3.11 `wait_for` may swallow a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=1)


def job_runner(bench: Bench) -> Callable[[str], Awaitable[None]]:
    """The task that the queue's messages name."""

    async def run(job_id: str) -> None:
        await run_job(bench, UUID(job_id), RUNNERS)

    return run


async def sweep(bench: Bench, queue: Queue) -> int:
    """Ring again for jobs that are due (补铃): their ring was lost, or their worker died."""
    due = Job.filter(state=JobState.PENDING, due_at__lte=bench.now()).order_by("due_at")
    rows = await due.limit(BATCH).only("id")
    await queue.ring_jobs([row.id for row in rows])
    return len(rows)


async def every(seconds: float, what: Callable[[], Awaitable[object]]) -> None:
    """Do something again and again; a failure is logged and the next round comes all the same."""
    while True:
        try:
            await what()
        # An edge: the database may be away for a while.
        except Exception as error:
            ROUNDS_FAILED.inc()
            log_fault("worker.round_failed", error)
        await asyncio.sleep(seconds)
