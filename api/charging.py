"""Charging callers (计费限流) for what their operations cost, before anything is executed."""

from math import ceil
from typing import Any

from graphql import DocumentNode, GraphQLError, GraphQLSchema

import settings
from api.context import Context
from api.cost import cost_of, fee_of
from api.errors import QUERY_TOO_COSTLY, RATE_LIMITED, RequestRefused
from engines.rates import Rate
from policy.terms import Role

PERSON = Rate(settings.RATE_POINTS, settings.RATE_POINTS_PER_SECOND)
INSTITUTION = Rate(
    settings.RATE_POINTS * settings.INSTITUTION_FACTOR,
    settings.RATE_POINTS_PER_SECOND * settings.INSTITUTION_FACTOR,
)


async def charge(
    context: Context,
    schema: GraphQLSchema,
    document: DocumentNode,
    name: str | None,
    variables: dict[str, Any] | None,
) -> tuple[GraphQLError | None, dict[str, int]]:
    """Take what an operation costs from its caller: its refusal if any, and what `extensions.cost` says."""
    cost = cost_of(schema, document, name, variables)
    if refusal := too_costly(cost):
        return refusal, {}
    rate = rate_of(context)
    # more than a bucket holds nobody could ever pay
    points = min(cost + fee_of(document), int(rate.points))
    taken = await context.parts.rates.take(caller_of(context), points, rate)
    report = {
        "requested": points,
        "available": int(taken.left),
        "maximum": int(rate.points),
        "perSecond": int(rate.per_second),
    }
    return (None if taken.is_granted else too_fast(taken.wait)), report


def rate_of(context: Context) -> Rate:
    """The bucket of a caller: an institution's system speaks for many people."""
    actor = context.actor
    return PERSON if actor is None or actor.role is Role.PATIENT else INSTITUTION


def caller_of(context: Context) -> str:
    """Whose bucket it is: the caller's, or the address's while nobody has signed in."""
    if context.actor is not None:
        return context.actor.caller
    client = context.request.client
    return f"anonymous:{client.host if client else ''}"


def too_costly(cost: int) -> GraphQLError | None:
    """The refusal of an operation that costs too much on its own."""
    if cost <= settings.QUERY_COST_MAX:
        return None
    text = f"本次查询的成本为 {cost},上限 {settings.QUERY_COST_MAX};请减小 first 或少取嵌套列表。"
    return refusal(RequestRefused(400, text, QUERY_TOO_COSTLY), cost=cost, limit=settings.QUERY_COST_MAX)


def too_fast(wait: float) -> GraphQLError:
    """The refusal of an operation whose caller has used up his points."""
    return refusal(rate_limited(wait), retryAfter=round(wait, 1))


def rate_limited(wait: float) -> RequestRefused:
    """The refusal of a request whose caller has to wait so many seconds for points (限流)."""
    text = f"请求过于频繁,请在 {round(wait, 1)} 秒后重试。"
    headers = {"Retry-After": str(ceil(wait))}
    return RequestRefused(429, text, RATE_LIMITED, retry="backoff", headers=headers)


def refusal(said: RequestRefused, **figures: float) -> GraphQLError:
    """A refusal as the schema's runner takes it."""
    return GraphQLError(str(said), original_error=said, extensions=figures)
