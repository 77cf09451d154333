"""How far a pharmacy's word about its shelves carries (可供情况的时效)."""

from datetime import datetime, timedelta

QUIET_AFTER = timedelta(hours=24)
"""A pharmacy without a movement or heartbeat for so long has gone quiet: what it said may be wrong by now."""


def quiet_before(now: datetime) -> datetime:
    """Whoever was last heard before this instant has gone quiet (失联界限)."""
    return now - QUIET_AFTER


def is_quiet(heard_at: datetime | None, now: datetime) -> bool:
    """Whether a pharmacy has gone quiet (久未上报): shown as stale, ranked last."""
    return heard_at is None or heard_at < quiet_before(now)
