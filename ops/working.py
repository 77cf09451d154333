"""Run a worker on the engines of the settings (后台进程)."""

import asyncio
import signal

import settings
from engines.bell import Bell
from engines.clock import Clock
from engines.doorbell import Doorbell
from engines.http_payments import payment_provider
from engines.images import ImageStore
from engines.live_keys import LiveKeyRing
from engines.logs import configure
from engines.metrics import metrics_page
from engines.queue import Queue, job_broker
from engines.tracing import traced
from models.config import orm_config
from policy.calendar import shanghai_day
from policy.faces import engines_from
from services.actor import Tools
from workers.faces.pool import FacePool
from workers.jobs import Bench
from workers.main import work


async def run_worker(faces: int, metrics_port: int = 0) -> None:
    """Work until SIGINT or SIGTERM."""
    configure(settings.IS_PRODUCTION)
    clock = Clock.of(settings.YAOLU_CLOCK)
    keys = LiveKeyRing(settings.YAOLU_KEYS)
    bell = Bell(settings.REDIS_URL)
    queue = Queue(job_broker(settings.REDIS_URL))
    tools = Tools(
        Doorbell(bell, queue),
        keys,
        ImageStore(settings.IMAGE_STORE_URL, keys),
        allows_samples=not settings.IS_PRODUCTION,
        payments=payment_provider(),
    )
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        pool = FacePool(faces, engines=engines_from(shanghai_day(clock.now())))
        bench = Bench(tools, pool, clock.now)
        with metrics_page(settings.METRICS_HOST, metrics_port), traced("worker"):
            await work(bench, queue, orm_config(settings.DATABASE_URL), stop)
    finally:
        await bell.stop()
