"""The frame of every mutation: one transaction, idempotent by key, telling what happened."""

import hashlib
import json
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID, uuid4

import asyncpg
from tortoise.models import Model
from tortoise.transactions import in_transaction

from engines.metrics import REFUSALS
from engines.tracing import origin
from models import Case, Event, IdempotencyRecord, Institution, Job
from models.job import JobKind
from policy.terms import CaseKind, EventKind
from services.actor import Actor, Call
from services.audit import answered_before, audit
from services.errors import BadInput, Busy, IdempotencyKeyReused, Refused
from services.topics import area_topic, institution_topic, stock_topic

P = ParamSpec("P")
M = TypeVar("M", bound=Model)

TRANSIENT = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.LockNotAvailableError,
)
"""Database errors that go away by trying again: the transaction was undone as a whole."""

ATTEMPTS = 4
"""How often a deadlock or a lock time-out is tried again before the caller hears of it."""

NEXT_NUMBERS = """
INSERT INTO topic (name, sequence)
SELECT n.name, n.more FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS n(name, more, place)
ORDER BY n.place
ON CONFLICT (name) DO UPDATE SET sequence = topic.sequence + excluded.sequence RETURNING name, sequence
"""

CLAIM_KEY = """
INSERT INTO idempotency_record (id, caller, key, mutation, request_hash, done_at)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (caller, key) DO NOTHING RETURNING id
"""


EXIT_KINDS = (CaseKind.REPEATED_FALSE_STOCK, CaseKind.VALUE_MISMATCH)
"""Cases that say that an agreement is to end (FJ-9.5): the agency hears them by another name."""


@dataclass
class Work:
    """What a use case does besides its rows (工作单元): events, jobs and audit, written at its end."""

    call: Call
    events: list[tuple[str, Event]] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    stocks: set[str] = field(default_factory=set)

    @property
    def actor(self) -> Actor:
        return self.call.actor

    @property
    def now(self) -> datetime:
        return self.call.now

    def tell(
        self,
        kind: EventKind,
        *topics: str,
        prescription_id: UUID | None = None,
        fill_id: UUID | None = None,
        subject_id: UUID | None = None,
    ) -> None:
        """Remember an event (事件) for these topics."""
        for topic in dict.fromkeys(topics):
            event = Event(
                topic=topic,
                sequence=0,
                kind=kind,
                prescription_id=prescription_id,
                fill_id=fill_id,
                subject_id=subject_id,
                occurred_at=self.now,
            )
            self.events.append((topic, event))

    def enqueue(self, kind: JobKind, subject_id: UUID) -> None:
        """Remember a job (后台任务) for the workers."""
        self.jobs.append(
            Job(kind=kind, subject_id=subject_id, due_at=self.now, created_at=self.now, **origin())
        )

    def stock_changed(self, pharmacy_code: str) -> None:
        """What this pharmacy can sell may have changed (库存变化): rung after the commit, no event kept."""
        self.stocks.add(pharmacy_code)

    async def open_cases(self, cases: Sequence[Case]) -> list[Case]:
        """Open the cases (立案) whose facts have none yet and tell pharmacy and agency; gives those."""
        await Case.bulk_create(cases, ignore_conflicts=True)
        fresh = await Case.filter(id__in=[case.id for case in cases]).order_by("id")
        areas = {
            row.code: row.area
            for row in await Institution.filter(code__in=[case.pharmacy_id for case in fresh])
        }
        for case in fresh:
            kind = EventKind.EXIT_ALERT if case.kind in EXIT_KINDS else EventKind.CASE_OPENED
            topics = institution_topic(case.pharmacy_id), area_topic(areas[case.pharmacy_id])
            self.tell(kind, *topics, fill_id=case.fill_id, subject_id=case.id)
        return fresh

    async def write(self, connection: Any) -> None:
        """Write jobs and events; topics last and in order, so that number order is commit order."""
        for job in self.jobs:
            await job.save(force_create=True)
        counts = sorted(Counter(topic for topic, _ in self.events).items())
        if not counts:
            return
        rows = await connection.execute_query_dict(
            NEXT_NUMBERS, [list(one) for one in zip(*counts, strict=True)]
        )
        more = dict(counts)
        last = {row["name"]: row["sequence"] - more[row["name"]] for row in rows}
        for topic, event in self.events:
            last[topic] += 1
            event.sequence = last[topic]
        await Event.bulk_create([event for _, event in self.events])

    async def ring(self) -> None:
        """Ring the doorbell, after the commit."""
        topics = {topic for topic, _ in self.events} | {stock_topic(code) for code in self.stocks}
        if topics:
            await self.call.tools.bell.ring(topics)
        if self.jobs:
            await self.call.tools.bell.ring_jobs([job.id for job in self.jobs])


def use_case(
    name: str, result: type[M]
) -> Callable[[Callable[Concatenate[Work, P], Awaitable[M]]], Callable[Concatenate[Call, P], Awaitable[M]]]:
    """Make a function a use case (用例) whose result is one row of `result`.

    With an idempotency key the same request gives the same row again, however often and however
    simultaneously it is sent; another request under the key raises `IdempotencyKeyReused`. A refusal
    leaves nothing behind but an audit row.
    """

    def decorate(
        body: Callable[Concatenate[Work, P], Awaitable[M]],
    ) -> Callable[Concatenate[Call, P], Awaitable[M]]:
        @wraps(body)
        async def run(call: Call, /, *args: P.args, **kwargs: P.kwargs) -> M:
            for _ in range(ATTEMPTS):
                try:
                    row, work = await attempt(call, *args, **kwargs)
                except Refused as refusal:
                    await record_refusal(call, name, refusal)
                    raise
                except TRANSIENT:
                    continue
                if work is not None:
                    await work.ring()
                return row
            raise Busy

        async def attempt(call: Call, *args: P.args, **kwargs: P.kwargs) -> tuple[M, Work | None]:
            async with in_transaction() as connection:
                work = Work(call)
                fingerprint = request_hash(name, kwargs)
                if call.key is not None:
                    earlier = await claim_key(connection, call, name, fingerprint)
                    if earlier is not None:
                        row = await result.get(pk=earlier)
                        await answered_before(row)
                        return row, None
                row = await body(work, *args, **kwargs)
                if call.key is not None:
                    await IdempotencyRecord.filter(caller=call.actor.caller, key=call.key).update(
                        result_id=str(row.pk)
                    )
                await audit(call, name, "DONE", row)
                await work.write(connection)
                return row, work

        return run

    return decorate


async def claim_key(connection: Any, call: Call, name: str, fingerprint: str) -> str | None:
    """Take the idempotency key (幂等键), or give the result that was stored under it.

    A second caller waits here, on the unique index, until the first one's transaction has ended.
    """
    key = call.key
    if not key or len(key) > 64 or not key.isprintable():
        raise BadInput("idempotencyKey", "应为 1 至 64 个可见字符,建议使用 UUID。")
    values = [uuid4(), call.actor.caller, key, name, fingerprint, call.now]
    if await connection.execute_query_dict(CLAIM_KEY, values):
        return None
    earlier = await IdempotencyRecord.get(caller=call.actor.caller, key=key)
    if earlier.mutation != name or earlier.request_hash != fingerprint:
        raise IdempotencyKeyReused(key, earlier.mutation)
    return earlier.result_id


def request_hash(name: str, arguments: dict[str, Any]) -> str:
    """A digest of what was asked for (请求散列)."""
    text = json.dumps([name, arguments], sort_keys=True, default=plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def plain(value: object) -> object:
    """A JSON form for the values that arguments are made of."""
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    if isinstance(value, Decimal):
        return str(value.normalize())
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: getattr(value, one.name) for one in fields(value) if one.compare}
    return str(value)


async def record_refusal(call: Call, verb: str, refusal: Refused) -> None:
    """Write that a call was refused and the cases that gave cause for, after the rollback."""
    work = Work(call)
    for violation in refusal.violations:
        REFUSALS.labels(violation.code, verb).inc()
    async with in_transaction() as connection:
        await audit(call, verb, refusal.violations[0].code if refusal.violations else "REFUSED")
        if refusal.cases:
            await work.open_cases(refusal.cases)
            await work.write(connection)
    await work.ring()
