"""Who pays a bill (费用分担): the fund's share, the accounts, cash."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.facts import BillFacts, LineStatement
from policy.benefit.scheme import Scheme, deductible_due, limit_due, quota_due
from policy.money import ZERO, fen


@dataclass(frozen=True, slots=True)
class Costs:
    """Eligible costs (符合政策范围费用), and those of essential drugs among them."""

    eligible: Decimal
    essential: Decimal


@dataclass(frozen=True, slots=True)
class FundShare:
    """What the pooled fund pays (统筹基金支出), and how it came about.

    `beyond` are the eligible costs that only a limit or quota left unpaid.
    """

    deductible: Decimal
    payable: Decimal
    by_ratio: Decimal
    within_quotas: Decimal
    paid: Decimal
    beyond: Decimal
    deductible_left: Decimal
    limit_left: Decimal


@dataclass(frozen=True, slots=True)
class Purse:
    """Who pays the personal share (个人负担): own account, family account, cash."""

    account: Decimal
    family: Decimal
    cash: Decimal


def costs_of(facts: BillFacts, lines: Sequence[LineStatement]) -> Costs:
    """The eligible costs of a bill's lines (符合政策范围费用)."""
    return Costs(
        eligible=total(line.inscp_scp_amt for line in lines),
        essential=total(
            line.inscp_scp_amt for line, billed in zip(lines, facts.lines, strict=True) if billed.is_essential
        ),
    )


def fund_share(facts: BillFacts, costs: Costs, scheme: Scheme) -> FundShare:
    """The deductible, then the ratio, then quotas and what is left of the year's limit (SX-22, FJ-7.1)."""
    due = deductible_due(facts, scheme)
    deductible = fen(min(due, deductible_base(costs, scheme)))
    payable = costs.eligible - deductible
    by_ratio = fen(payable * scheme.ratio.amount)
    within = min((by_ratio, *(fen(quota_due(facts, quota)) for quota in scheme.quotas)))
    limit = limit_due(facts, scheme)
    paid = min(within, fen(limit))
    return FundShare(
        deductible=deductible,
        payable=payable,
        by_ratio=by_ratio,
        within_quotas=within,
        paid=paid,
        beyond=payable - min(payable, fen(paid / scheme.ratio.amount)) if paid < by_ratio else ZERO,
        deductible_left=fen(due - deductible),
        limit_left=fen(limit - paid),
    )


def deductible_base(costs: Costs, scheme: Scheme) -> Decimal:
    """What the deductible is taken from (起付基数); some cities spare essential drugs (基本药物)."""
    return costs.eligible - costs.essential if scheme.essential_waives.flag else costs.eligible


def purse(facts: BillFacts, personal: Decimal) -> Purse:
    """The personal share: own account first where it is to be used, then the family's, then cash (SX-23).

    Account money needs the credential and a contracted institution; it may pay what the fund does not.
    """
    if not (facts.contracted and facts.has_credential):
        return Purse(ZERO, ZERO, personal)
    account = min(fen(facts.account_balance), personal) if facts.use_account else ZERO
    family = min(fen(facts.family_balance), personal - account)
    return Purse(account, family, personal - account - family)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts of money."""
    return sum(amounts, ZERO)
