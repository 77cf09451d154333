"""What is kept for how long, and how it goes (留存与清除, FJ-2.4): in small steps, safe to repeat."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from tortoise.expressions import Q
from tortoise.models import Model
from tortoise.transactions import in_transaction

from models import FaceEnrolment, FeeListSignature, IdentityImage
from policy.calendar import shanghai_day
from policy.terms import EnrolmentState
from services.actor import Call
from services.audit import audit

BATCH = 200
"""How many pictures one round purges; the next round takes the rest."""

ROWS = 1000
BATCHES = 20
"""Old rows go in transactions of so many rows, and so many transactions a round: nobody waits for them."""

ORPHAN_AGE = timedelta(hours=24)
"""A picture that no row names is an orphan after that: every upload has ended long before."""

FOLDERS = 256
FOLDER_SECONDS = 300
"""Each round looks at one folder of the store, all of them within a day."""

IMAGE_KEYS: Sequence[tuple[type[Model], str]] = (
    (IdentityImage, "image_key"),
    (FaceEnrolment, "image_key"),
    (FaceEnrolment, "second_image_key"),
    (FeeListSignature, "image_key"),
)
"""Every column that names a picture in the store. What none of them names is removed."""

ENDED = Q(withdrawn_at__isnull=False) | Q(state=EnrolmentState.REFUSED)


@dataclass(frozen=True, slots=True)
class Terms:
    """How long what is no record of the law is kept (留存期限, 系统设置)."""

    events: timedelta
    idempotency: timedelta


async def retain(call: Call, terms: Terms) -> None:
    """One round of everything (留存巡检); what fails keeps no other, and is raised at the end, together."""
    steps: Sequence[Callable[[], Awaitable[int]]] = (
        lambda: purge_due(call),
        lambda: sweep_orphans(call, folder_of(call.now)),
        lambda: forget_old(call, terms),
    )
    failed: list[Exception] = []
    for step in steps:
        try:
            await step()
        except Exception as error:  # an edge: it is raised again below
            failed.append(error)
    if failed:
        raise ExceptionGroup("some of what is over could not be removed", failed)


async def purge_due(call: Call) -> int:
    """Purge the pictures whose time is over (影像到期清除); gives how many. Each in its own transaction.

    A row keeps verdict and digest and says when the picture went; so does an audit row.
    """
    today = shanghai_day(call.now)
    images = IdentityImage.filter(kept_until__lt=today, purged_at__isnull=True).order_by("kept_until")
    signatures = FeeListSignature.filter(kept_until__lt=today, purged_at__isnull=True)
    faces = FaceEnrolment.filter(ENDED, purged_at__isnull=True).order_by("consented_at")
    due: list[tuple[type[Model], UUID]] = [
        (IdentityImage, row.id) for row in await images.limit(BATCH).only("id")
    ]
    due += [
        (FeeListSignature, row.id) for row in await signatures.order_by("kept_until").limit(BATCH).only("id")
    ]
    due += [(FaceEnrolment, row.id) for row in await faces.limit(BATCH).only("id")]
    failed: list[Exception] = []
    purged = 0
    for model, key in due:
        try:
            purged += await purge(call, model, key)
        except Exception as error:  # an edge: it is raised again below
            failed.append(error)
    if failed:
        raise ExceptionGroup("some pictures were not purged", failed)
    return purged


async def purge(call: Call, model: type[Model], key: UUID) -> bool:
    """Purge the pictures of one row (清除影像): the store first, so that a row never says too much.

    A worker that dies in between leaves the row as it was, and the next one deletes once more, which is no
    error. A row that another worker has is left to it.
    """
    async with in_transaction():
        rows = model.select_for_update(skip_locked=True).filter(id=key, purged_at__isnull=True)
        row = await rows.first()
        if row is None:
            return False
        for column in [name for owner, name in IMAGE_KEYS if owner is model]:
            if getattr(row, column):
                await call.tools.images.delete(getattr(row, column))
        await model.filter(id=key).update(purged_at=call.now)
        await audit(call, f"purge{model.__name__}", "DONE", row)
    return True


def folder_of(now: datetime) -> str:
    """The folder of the store whose turn it is (轮检目录)."""
    return f"{int(now.timestamp() // FOLDER_SECONDS) % FOLDERS:02x}"


async def sweep_orphans(call: Call, folder: str) -> int:
    """Remove pictures that no row names (无主影像): their process was killed before its transaction ended."""
    images = call.tools.images
    old = await images.older_than(folder, call.now - ORPHAN_AGE)
    orphans = set(old) - await named(old)
    for key in sorted(orphans):
        await images.delete(key)
        await audit(call, "sweepOrphanImage", "DONE", subject=key)
    return len(orphans)


async def named(keys: Sequence[str]) -> set[str]:
    """Those of the keys that a row names (在册影像)."""
    found: set[str] = set()
    for start in range(0, len(keys), ROWS):
        part = list(keys[start : start + ROWS])
        for model, column in IMAGE_KEYS:
            rows = await model.filter(**{f"{column}__in": part}).values_list(column, flat=True)
            found.update(str(key) for key in rows)
    return found


OLD_EVENTS = """
DELETE FROM event WHERE id IN (
    SELECT id FROM event WHERE occurred_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING 1 AS one
"""
OLD_KEYS = """
DELETE FROM idempotency_record WHERE id IN (
    SELECT id FROM idempotency_record WHERE done_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING 1 AS one
"""
OLD_JOBS = """
DELETE FROM job WHERE id IN (
    SELECT id FROM job WHERE state = 'DONE' AND due_at < $1 LIMIT $2 FOR UPDATE SKIP LOCKED
) RETURNING 1 AS one
"""
SAY_SO = "SELECT set_config('yaolu.retention', 'on', true)"
"""Events are append-only for everybody who does not say this in the transaction."""


async def forget_old(call: Call, terms: Terms) -> int:
    """Remove events, idempotency records and finished jobs of old (过期记录清除); gives how many rows."""
    return (
        await forget(OLD_EVENTS, call.now - terms.events)
        + await forget(OLD_KEYS, call.now - terms.idempotency)
        + await forget(OLD_JOBS, call.now - terms.idempotency)
    )


async def forget(statement: str, before: datetime) -> int:
    """Remove what is older, batch by batch (分批清除); several workers share the work."""
    gone = 0
    for _ in range(BATCHES):
        async with in_transaction() as connection:
            await connection.execute_query_dict(SAY_SO)
            rows = await connection.execute_query_dict(statement, [before, ROWS])
        gone += len(rows)
        if len(rows) < ROWS:
            break
    return gone
