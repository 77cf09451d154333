"""Sealing of audit entries (审计封存), every second, and the chain's head for the log."""

from datetime import datetime

import structlog

from services.audit_chain import BATCH, seal

SEAL_SECONDS = 1.0
HEAD_SECONDS = 60.0
"""How far apart heads are kept and logged: what came after the last one has no witness outside yet."""

log = structlog.get_logger(__name__)


async def seal_entries(now: datetime) -> int:
    """Seal whatever waits and log the head; gives how many entries were sealed."""
    entries = 0
    while True:
        done = await seal(now, heads_apart=HEAD_SECONDS)
        entries += done.entries
        if done.head is not None:
            log.info("audit.head", sequence=done.head.sequence, hash=done.head.hash.hex())
        if done.entries < BATCH:
            return entries
