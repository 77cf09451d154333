"""The context (上下文) of an operation: who is calling, when, and with which tools."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Self
from uuid import UUID, uuid4

from starlette.requests import HTTPConnection

import settings
from api.errors import UNAUTHENTICATED, RequestRefused, away
from api.observing import REFERENCE, Trail
from api.parts import Parts
from api.progress import Progress
from engines.bell import Bell
from engines.jwks import KeysUnavailable
from engines.tokens import Claims, TokenExpired, TokenInvalid
from policy.terms import Role
from services.actor import Actor, Call, Images, Tools
from services.errors import Unauthenticated
from services.reading import Reading, record_reads

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass
class Context:
    """What resolvers know besides their arguments (请求上下文).

    `loaders` is made anew for every operation, and for every event of a subscription.
    """

    parts: Parts
    request: HTTPConnection
    request_id: str
    claims: Claims | None = None
    actor: Actor | None = None
    trail: Trail = field(default_factory=Trail)
    progress: Progress = field(default_factory=Progress)
    is_paid: bool = False
    """Whether others have paid for the operation already (已计费)."""
    tools: Tools = field(init=False)
    loaders: Any = field(init=False, default=None)

    def __post_init__(self) -> None:
        self.tools = self.parts.tools
        self.renew()

    def now(self) -> datetime:
        """The present instant of this process's clock."""
        return self.parts.clock.now()

    def require_actor(self) -> Actor:
        """The caller; raise Unauthenticated when nobody has signed in."""
        if self.actor is None:
            raise Unauthenticated
        return self.actor

    def guest(self) -> Actor:
        """Somebody who signs in (访客): told apart by a keyed hash of the address he calls from."""
        client = self.request.client
        address = self.tools.keys.lookup_hash(f"address:{client.host if client else ''}")
        return Actor(role=Role.PATIENT, subject=f"guest:{address[:32]}")

    @cached_property
    def engine(self) -> str | None:
        """The engine that the request, or the request that opened the socket, asks for (执行引擎)."""
        return self.request.headers.get("x-gql-engine")

    @property
    def is_narrow(self) -> bool:
        """Whether lists read the selected columns alone (窄读); for the reference engine they do not."""
        return settings.EXECUTION_PLANS and self.engine != REFERENCE

    @property
    def bell(self) -> Bell:
        """The bell, for subscriptions to listen to."""
        return self.parts.bell

    @property
    def ring(self) -> Callable[[Iterable[str]], Awaitable[None]]:
        """Ring the bell after a commit."""
        return self.tools.bell.ring

    @property
    def images(self) -> Images:
        """The image store."""
        return self.tools.images

    def for_operation(self) -> Self:
        """The context of one more operation of the same caller on the same socket."""
        return replace(self, request_id=uuid4().hex, trail=Trail(), progress=Progress())

    def renew(self) -> None:
        """Forget what was loaded."""
        self.loaders = self.parts.make_loaders(self)


def anonymous(parts: Parts, connection: HTTPConnection) -> Context:
    """The context of a caller who has not said who he is."""
    said = connection.headers.get("x-request-id", "")
    return Context(parts, connection, said if REQUEST_ID.fullmatch(said) else uuid4().hex)


async def sign_in(context: Context, authorization: str) -> None:
    """Take the caller's token (登录), "Bearer <token>"; raise TokenInvalid or KeysUnavailable."""
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenInvalid("Authorization 应为 Bearer 加令牌。")
    context.claims = await context.parts.tokens.verify(token.strip())
    context.actor = actor_of(context.claims)


async def sign_in_by_header(context: Context) -> None:
    """Take the token of an HTTP request, if it brings one; answer 401 to a bad one."""
    authorization = context.request.headers.get("authorization")
    if authorization is None:
        return
    try:
        await sign_in(context, authorization)
    except TokenInvalid as error:
        description = "expired" if isinstance(error, TokenExpired) else "invalid"
        challenge = f'Bearer error="invalid_token", error_description="{description}"'
        headers = {"WWW-Authenticate": challenge}
        raise RequestRefused(401, str(error), UNAUTHENTICATED, headers=headers) from error
    except KeysUnavailable as error:
        raise away("暂时无法校验令牌，请稍后重试。", 30) from error


async def put_on_record(context: Context, seen: Reading) -> None:
    """Write whose data the operation has shown (阅览审计), before its answer leaves the house."""
    if context.actor is not None and seen.seen:
        await record_reads(Call(context.actor, context.now(), context.tools), seen)


def actor_of(claims: Claims) -> Actor:
    """The caller whom a token names (操作者)."""
    try:
        member_id = UUID(claims.member) if claims.member else None
    except ValueError as error:
        raise TokenInvalid("令牌的声明不正确：member。") from error
    practitioner = claims.practitioner
    if practitioner is None and claims.role is Role.PHARMACIST:
        practitioner = claims.subject
    return Actor(
        role=claims.role,
        subject=claims.subject,
        member_id=member_id,
        institution=claims.institution,
        area=claims.area,
        practitioner=practitioner,
    )
