"""What resolvers know besides their arguments."""

from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol, TypeAlias

import strawberry

from schema.loaders import Loaders
from services.actor import Actor, Call, Tools


class Wakeups(Protocol):
    """Wake-ups of one listener (唤醒)."""

    async def wait(self, timeout: float | None = None) -> bool:  # noqa: ASYNC109  # the wait is its work
        """Wait for a ring, at most so many seconds."""


class Listening(Protocol):
    """Where subscriptions listen (门铃)."""

    def subscribe(self, *topics: str) -> AbstractAsyncContextManager[Wakeups]:
        """Be woken when one of these topics is rung."""


class Progress(Protocol):
    """Where a subscription stands (订阅进度), for those who carry its events."""

    after: str | None

    def reach(self, sequence: int, cursor: str) -> None:
        """The next event is this one."""

    def rest(self, sequence: int, cursor: str) -> bool:
        """Everything up to here is sent; when the answer is yes, somebody else sends what comes."""


class Context(Protocol):
    """The context of one operation (请求上下文), made by the door."""

    tools: Tools
    bell: Listening
    loaders: Loaders

    @property
    def is_narrow(self) -> bool:
        """Whether lists may read the selected columns alone (窄读)."""

    @property
    def progress(self) -> Progress:
        """Where this subscription stands."""

    def renew(self) -> None:
        """Forget what was loaded."""

    def now(self) -> datetime:
        """The present instant."""

    def require_actor(self) -> Actor:
        """The caller; raises `Unauthenticated` when nobody has signed in."""

    def guest(self) -> Actor:
        """Somebody who has not signed in yet, told apart by where he calls from."""


Info: TypeAlias = strawberry.Info[Context, None]


def call_of(info: Info, key: str | None = None) -> Call:
    """The call of a use case that this operation makes."""
    context = info.context
    return Call(context.require_actor(), context.now(), context.tools, key)


def guest_call_of(info: Info) -> Call:
    """The call of a use case that needs no token, because it gives one."""
    context = info.context
    return Call(context.guest(), context.now(), context.tools)
