"""Shared subscriptions (共享订阅): what many wait for alike is executed once and encoded once.

Alike means the same caller, document, variables and engine; only `after` may differ. Each subscriber first
runs alone, with its own checks, its own cost and its own replay. When it has read everything there is and
somebody else waits for the same, it leaves the rest to one shared run.
"""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol
from uuid import uuid4

import orjson
from graphql import FieldNode, OperationType, VariableNode, Visitor, get_operation_ast, parse, visit
from strawberry.http import GraphQLRequestData
from strawberry.schema import BaseSchema

import settings
from api.context import Context
from api.ending import ended
from api.errors import Formatted
from api.observing import Trail, observed
from api.progress import Progress
from api.streaming import Failed, answers
from services.actor import Actor

CURSOR_ARGUMENT = "after"
AT_ONCE = 500
"""So many subscribers get an event before other work has its turn."""


class Subscriber(Protocol):
    """One who gets what is shared (订阅者)."""

    def take(self, payload: str, cursor: str | None) -> None:
        """Get an event, without waiting."""

    def fail(self, errors: list[Formatted]) -> None:
        """Learn that the subscription has ended."""


@dataclass(frozen=True, slots=True)
class Alike:
    """What subscriptions must have in common to be one (共享条件)."""

    actor: Actor
    engine: str | None
    query: str
    operation_name: str | None
    variables: bytes


@dataclass(slots=True)
class Shared:
    """One run for all who wait for the same (共享的一次执行)."""

    sequence: int
    """The last event that everybody has."""
    places: dict[Subscriber, int]
    """Who listens, and the last event that each of them has."""
    task: asyncio.Task[None] | None = None

    async def send(self, answer: Formatted, progress: Progress) -> None:
        """Give an event to all who do not have it yet."""
        payload, number = orjson.dumps(answer).decode(), progress.sequence
        # somebody may join while this waits
        while lacking := [one for one, place in self.places.items() if place < number]:
            for start in range(0, len(lacking), AT_ONCE):
                for subscriber in lacking[start : start + AT_ONCE]:
                    if subscriber in self.places:
                        self.places[subscriber] = number
                        subscriber.take(payload, progress.cursor)
                await asyncio.sleep(0)
        self.sequence = number


class Offer:
    """One subscriber's readiness to share (共享意愿), until it ends."""

    def __init__(self, streams: "SharedStreams", said: GraphQLRequestData, subscriber: Subscriber) -> None:
        self.streams, self.said, self.subscriber = streams, said, subscriber
        self.key: Alike | None = None
        self.is_withdrawn = False

    def hand_over(self, context: Context) -> Callable[[int, str], bool]:
        """What the subscription asks whenever it has read everything."""

        def ask(sequence: int, cursor: str) -> bool:
            if self.is_withdrawn:
                return False
            self.key = self.key or alike(self.said, context)
            is_joined = self.streams.join(self, self.key, context, sequence, cursor)
            if is_joined:
                # only the shared run needs it from here on
                self.said = GraphQLRequestData(None, None, None, None)
            return is_joined

        return ask

    def withdraw(self) -> None:
        """Send nothing more to this subscriber."""
        self.is_withdrawn = True
        if self.key is not None:
            self.streams.leave(self.key, self.subscriber)


class SharedStreams:
    """The shared subscriptions of one process (本进程的共享订阅)."""

    def __init__(self, schema: BaseSchema) -> None:
        self.schema = schema
        self.running: dict[Alike, Shared] = {}
        self.alone: dict[Alike, Subscriber] = {}
        """Who was the first to wait for something, and runs alone until the next event."""

    def join(self, offer: Offer, key: Alike, context: Context, sequence: int, cursor: str) -> bool:
        """Whether a subscriber who has everything up to here gets the rest from a shared run."""
        shared = self.running.get(key)
        if shared is None:
            if self.alone.setdefault(key, offer.subscriber) is offer.subscriber:
                return False
            shared = self._start(key, offer.said, context, sequence, cursor)
        elif sequence < shared.sequence:
            return False
        if self.alone.get(key) is offer.subscriber:
            del self.alone[key]
        shared.places[offer.subscriber] = sequence
        return True

    def leave(self, key: Alike, subscriber: Subscriber) -> None:
        """Forget a subscriber; a run that nobody listens to ends."""
        if self.alone.get(key) is subscriber:
            del self.alone[key]
        shared = self.running.get(key)
        if shared is not None and shared.places.pop(subscriber, None) is not None and not shared.places:
            del self.running[key]
            assert shared.task is not None
            shared.task.cancel()

    async def stop(self) -> None:
        """End every run."""
        tasks = {shared.task for shared in self.running.values() if shared.task is not None}
        self.running.clear()
        self.alone.clear()
        await ended(tasks)

    def _start(
        self, key: Alike, said: GraphQLRequestData, context: Context, sequence: int, cursor: str
    ) -> Shared:
        shared = Shared(sequence, {})
        # until Python 3.12 a cancellation may get lost: then it ends when it sees that nobody is there
        progress = Progress(after=cursor, hand_over=lambda *_: not shared.places)
        context = replace(context, request_id=uuid4().hex, trail=Trail(), progress=progress, is_paid=True)
        shared.task = asyncio.create_task(self._run(key, shared, said, context), name="shared")
        self.running[key] = shared
        return shared

    async def _run(self, key: Alike, shared: Shared, said: GraphQLRequestData, context: Context) -> None:
        errors: list[Formatted] = []
        try:
            with observed(context.trail, context.request_id, "shared"):
                async with aclosing(answers(self.schema, said, context)) as stream:
                    async for answer in stream:
                        await shared.send(answer, context.progress)
        except Failed as failure:
            errors = failure.errors
        finally:
            if self.running.get(key) is shared:
                del self.running[key]
        while shared.places:
            subscriber, _ = shared.places.popitem()
            subscriber.fail(errors)


def alike(said: GraphQLRequestData, context: Context) -> Alike:
    """What must be the same for another subscription to be this one."""
    query = said.query or ""
    variables = dict(said.variables or {})
    variables.pop(cursor_variable(query, said.operation_name) or "", None)
    written = orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)
    return Alike(context.require_actor(), context.engine, query, said.operation_name, written)


@lru_cache(maxsize=settings.QUERY_CACHE_SIZE)
def cursor_variable(query: str, operation_name: str | None) -> str | None:
    """The variable that only says where a subscription begins, if there is one."""
    document = parse(query)
    operation = get_operation_ast(document, operation_name)
    if operation is None or operation.operation is not OperationType.SUBSCRIPTION:
        return None
    names = [
        argument.value.name.value
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == CURSOR_ARGUMENT and isinstance(argument.value, VariableNode)
    ]
    uses = _Uses()
    visit(document, uses)
    # its definition and its one use
    return names[0] if len(names) == 1 and uses.names.count(names[0]) == 2 else None


class _Uses(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_variable(self, node: VariableNode, *_: Any) -> None:
        self.names.append(node.name.value)
