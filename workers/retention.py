"""The worker's part in retention (留存): how long, from the settings, and how often."""

from datetime import timedelta

import settings
from services.retention import Terms, retain
from workers.jobs import Bench

RETAIN_SECONDS = 300.0
"""As long as one folder of the image store has its turn."""

TERMS = Terms(
    events=timedelta(days=settings.EVENT_KEEP_DAYS),
    idempotency=timedelta(days=settings.IDEMPOTENCY_KEEP_DAYS),
)


async def keep_house(bench: Bench) -> None:
    """One round (留存巡检)."""
    await retain(bench.call(), TERMS)
