"""What one member offers another (授权内容): relation, scopes, limits, term."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from models import Member
from policy.calendar import shanghai_day
from policy.money import ZERO
from policy.parameters import parameter
from policy.terms import FamilyRelation, GrantScope
from services.errors import BadInput
from services.law import lawful


@dataclass(frozen=True, slots=True)
class Offer:
    """What is offered (授权内容): limits in yuan, the term in days; None where nothing was said."""

    relation: FamilyRelation
    scopes: Sequence[GrantScope]
    pay_limit: Decimal | None = None
    pay_limit_month: Decimal | None = None
    pay_limit_year: Decimal | None = None
    term_days: int | None = None

    @property
    def limits(self) -> list[Decimal]:
        """The limits that were set (代付上限)."""
        every = (self.pay_limit, self.pay_limit_month, self.pay_limit_year)
        return [amount for amount in every if amount is not None]


def whole(scopes: Sequence[GrantScope]) -> list[str]:
    """The scopes in their order; who may buy sees what there is to buy."""
    wanted = {*scopes} | ({GrantScope.SEE} if GrantScope.BUY in scopes else set())
    return [scope.value for scope in GrantScope if scope in wanted]


def check_offer(offer: Offer) -> None:
    """Refuse an offer that says nothing, or limits what it does not give."""
    if not offer.scopes:
        raise BadInput("scopes", "请至少选择一项授权:查看(SEE)、代购(BUY)或支付(PAY)。")
    if offer.limits and GrantScope.PAY not in offer.scopes:
        raise BadInput("scopes", "设定了支付上限,但没有授权支付(PAY)。请加上 PAY 或去掉上限。")
    if any(amount <= ZERO for amount in offer.limits):
        raise BadInput("payLimit", "支付上限应大于 0 元;不设上限请留空。")


def term_of(offer: Offer, owner: Member, now: datetime) -> int:
    """The days a grant holds (授权期限): as offered, at most and without a word those of the owner's area."""
    with lawful():
        most = parameter("family_grant_days", owner.area, on=shanghai_day(now)).days
    if offer.term_days is None:
        return most
    if not 1 <= offer.term_days <= most:
        raise BadInput("termDays", f"授权期限应为 1 至 {most} 天,收到 {offer.term_days} 天。")
    return offer.term_days
