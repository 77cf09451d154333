"""Charging callers (计费限流) for what their operations cost, before anything is executed."""

from collections.abc import AsyncIterator
from math import ceil
from typing import Any

from graphql import GraphQLError
from strawberry.extensions import SchemaExtension

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


class Charged(SchemaExtension):
    """Count what an operation costs, refuse what is too much, and say in `extensions.cost` what is left."""

    def __init__(self) -> None:
        self.report: dict[str, Any] = {}

    async def on_validate(self) -> AsyncIterator[None]:
        said = self.execution_context
        document, context = said.graphql_document, said.context
        # Stands behind the check of the document: what is not valid has no cost.
        if document is None or said.pre_execution_errors or not isinstance(context, Context):
            yield
            return
        context.trail.is_about(document, said.operation_name)
        if not context.is_paid:
            cost = cost_of(said.schema._schema, document, said.operation_name, said.variables)
            refusal = too_costly(cost) or await self._charge(context, cost + fee_of(document))
            said.pre_execution_errors = [refusal] if refusal else []
        yield

    async def _charge(self, context: Context, cost: int) -> GraphQLError | None:
        rate = rate_of(context)
        # more than a bucket holds nobody could ever pay
        cost = min(cost, int(rate.points))
        taken = await context.parts.rates.take(caller_of(context), cost, rate)
        self.report = {
            "requested": cost,
            "available": int(taken.left),
            "maximum": int(rate.points),
            "perSecond": int(rate.per_second),
        }
        return None if taken.is_granted else too_fast(taken.wait)

    def get_results(self) -> dict[str, Any]:
        """What the caller is told of the cost (成本报告), once: the events of a subscription are free."""
        report, self.report = self.report, {}
        return {"cost": report} if report else {}


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
