"""Who pays a bill (费用分担): the fund's share, the accounts, cash."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.facts import BillFacts, LineStatement
from policy.benefit.scheme import Scheme, deductible_due, limit_due
from policy.money import ZERO, fen


@dataclass(frozen=True, slots=True)
class FundShare:
    """What the pooled fund pays (统筹基金支出), and how it came about."""

    deductible: Decimal
    payable: Decimal
    by_ratio: Decimal
    paid: Decimal
    deductible_left: Decimal
    limit_left: Decimal


@dataclass(frozen=True, slots=True)
class Purse:
    """Who pays the personal share (个人负担): own account, family account, cash."""

    account: Decimal
    family: Decimal
    cash: Decimal


def fund_share(facts: BillFacts, lines: Sequence[LineStatement], scheme: Scheme) -> FundShare:
    """The deductible, then the ratio, then what is left of the annual limit (SX-22, FJ-7.1)."""
    eligible = total(line.inscp_scp_amt for line in lines)
    due = deductible_due(facts, scheme)
    deductible = fen(min(due, deductible_base(facts, lines, scheme)))
    payable = eligible - deductible
    by_ratio = fen(payable * scheme.ratio.amount)
    limit = limit_due(facts, scheme)
    paid = min(by_ratio, fen(limit))
    return FundShare(
        deductible=deductible,
        payable=payable,
        by_ratio=by_ratio,
        paid=paid,
        deductible_left=fen(due - deductible),
        limit_left=fen(limit - paid),
    )


def deductible_base(facts: BillFacts, lines: Sequence[LineStatement], scheme: Scheme) -> Decimal:
    """What the deductible is taken from (起付基数); some cities spare essential drugs (基本药物)."""
    if not scheme.essential_waives.flag:
        return total(line.inscp_scp_amt for line in lines)
    return total(
        line.inscp_scp_amt for line, billed in zip(lines, facts.lines, strict=True) if not billed.is_essential
    )


def purse(facts: BillFacts, personal: Decimal) -> Purse:
    """The personal share: own account first, then the family's, then cash (SX-23).

    Account money needs the credential and a contracted institution; it may pay what the fund does not.
    """
    if not (facts.use_account and facts.contracted and facts.has_credential):
        return Purse(ZERO, ZERO, personal)
    account = min(fen(facts.account_balance), personal)
    family = min(fen(facts.family_balance), personal - account)
    return Purse(account, family, personal - account - family)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The sum of amounts of money."""
    return sum(amounts, ZERO)
