"""Taking back a settlement (冲正), whole or by line: what remains, what is refunded, what else it touches."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from policy.benefit import settle
from policy.benefit.facts import BillFacts, Statement, Use, YearUse
from policy.calendar import quarter_start
from policy.money import ZERO
from policy.terms import BenefitKind

AMOUNTS = (
    "medfee_sumamt",
    "fulamt_ownpay_amt",
    "overlmt_selfpay",
    "preselfpay_amt",
    "inscp_scp_amt",
    "act_pay_dedc",
    "hifp_pay",
    "fund_pay_sumamt",
    "psn_part_amt",
    "acct_pay",
    "acct_mulaid_pay",
    "psn_cash_pay",
)
"""The amounts of a statement that a reversal gives back, by their national fields."""

Pot = tuple[BenefitKind, str | None]


def remaining(facts: BillFacts, paid: Statement, kept: Collection[str]) -> Statement | None:
    """The statement of the lines that stay (剩余明细的清单); None when none does.

    It is computed as of the day of the settlement, with what was used before it (FJ-7.1, SX-22). Each
    payer keeps its place: what the member owes less comes off the cash first, then off the family
    account, then off the own account (SX-23).
    """
    lines = tuple(line for line in facts.lines if line.id in kept)
    if not lines:
        return None
    return settle(
        replace(
            facts,
            lines=lines,
            use_account=True,
            account_balance=paid.acct_pay,
            family_balance=paid.acct_mulaid_pay,
        )
    )


def refund(before: Statement, after: Statement | None) -> dict[str, Decimal]:
    """What a reversal gives back (退回金额), by national field."""
    return {name: getattr(before, name) - (getattr(after, name) if after else ZERO) for name in AMOUNTS}


def changes(before: Statement | None, after: Statement | None) -> tuple[Use, ...]:
    """How the use of each benefit differs from one statement to another (累计差额)."""
    found: dict[Pot, Use] = {}
    for statement, sign in ((before, -1), (after, 1)):
        for use in statement.uses if statement else ():
            pot = pot_of(use.benefit, use.disease_code)
            had = found.get(pot, Use(*pot, ZERO, ZERO))
            found[pot] = replace(
                had, deductible=had.deductible + sign * use.deductible, fund=had.fund + sign * use.fund
            )
    return tuple(use for use in found.values() if use.deductible or use.fund)


@dataclass(frozen=True, slots=True)
class Settled:
    """A settlement with its reversals (结算及其冲正): what it was computed from, what stood since when.

    `visit` tells visits apart; `stands` are statements with the instants from which they stood, the
    settlement's own first, None once everything was taken back.
    """

    key: str
    visit: str
    facts: BillFacts
    stands: tuple[tuple[datetime, Statement | None], ...]

    @property
    def at(self) -> datetime:
        return self.stands[0][0]

    @property
    def now(self) -> Statement | None:
        """What stands today."""
        return self.stands[-1][1]

    def standing(self, at: datetime) -> Statement | None:
        """What stood at that instant."""
        return [statement for since, statement in self.stands if since <= at][-1]


@dataclass(frozen=True, slots=True)
class Effect:
    """How a settlement would be different (对其他结算的影响), had what was taken back never been settled."""

    key: str
    deductible: Decimal
    pooled: Decimal
    fund: Decimal
    personal: Decimal


def effects(before: Sequence[Settled], after: Sequence[Settled]) -> list[Effect]:
    """The settlements of a member that a reversal would have made different (冲正影响), in their order.

    `before` and `after` are the same settlements without and with the reversal. Nothing is changed by
    this: it states what each would be, had only the remaining lines ever been settled.
    """
    was = {one.key: otherwise for one, otherwise in replay(before)}
    found = []
    for one, otherwise in replay(after):
        had = was[one.key]
        if had is None or otherwise is None or had.lines != otherwise.lines:
            continue
        effect = Effect(
            key=one.key,
            deductible=otherwise.act_pay_dedc - had.act_pay_dedc,
            pooled=otherwise.hifp_pay - had.hifp_pay,
            fund=otherwise.fund_pay_sumamt - had.fund_pay_sumamt,
            personal=otherwise.psn_part_amt - had.psn_part_amt,
        )
        if effect.deductible or effect.pooled or effect.fund:
            found.append(effect)
    return found


def replay(history: Sequence[Settled]) -> Iterator[tuple[Settled, Statement | None]]:
    """Every settlement with what it would be, had only the remaining lines been settled (重算)."""
    earlier: list[tuple[Settled, Statement | None]] = []
    for one in sorted(history, key=lambda one: (one.at, one.key)):
        otherwise = None
        if one.now is not None:
            kept = {line.id for line in one.now.lines}
            otherwise = remaining(shifted(one, earlier), one.stands[0][1] or one.now, kept)
        earlier.append((one, otherwise))
        yield earlier[-1]


def shifted(one: Settled, earlier: Sequence[tuple[Settled, Statement | None]]) -> BillFacts:
    """The facts of a settlement, had the earlier ones been otherwise."""
    facts = one.facts
    for other, otherwise in earlier:
        for change in changes(other.standing(one.at), otherwise):
            facts = with_change(facts, change, other.facts.on, is_same_visit=other.visit == one.visit)
    return facts


def with_change(facts: BillFacts, change: Use, on: date, *, is_same_visit: bool) -> BillFacts:
    """The facts with another use of a benefit on an earlier day."""
    moved: dict[str, Decimal] = {}
    pot, own = pot_of(change.benefit, change.disease_code), pot_of(facts.benefit, facts.disease_code)
    if on.year == facts.on.year and pot == own:
        moved |= {"deductible_used_year": change.deductible, "fund_used_year": change.fund}
    if on.year == facts.on.year and pot == (BenefitKind.OUTPATIENT, None):
        moved["outpatient_deductible_used_year"] = change.deductible
        moved["outpatient_fund_used_year"] = change.fund
    if on.year == facts.on.year - 1:
        facts = with_last_year(facts, change, pot == own)
    if is_same_visit:
        moved["deductible_taken_visit"] = change.deductible
    if change.benefit is BenefitKind.SPECIAL_DISEASE and pot == own:
        if (on.year, on.month) == (facts.on.year, facts.on.month):
            moved["quota_used_month"] = change.fund
        if quarter_start(on) == quarter_start(facts.on):
            moved["quota_used_quarter"] = change.fund
    # nothing is used less than not at all
    return replace(
        facts, **{name: max(getattr(facts, name) + amount, ZERO) for name, amount in moved.items()}
    )


def with_last_year(facts: BillFacts, change: Use, is_own: bool) -> BillFacts:
    """The facts with another use of a benefit in the year before (年度结转, YL-CARRY)."""
    if is_own and facts.last_year is not None:
        facts = replace(facts, last_year=used_otherwise(facts.last_year, change))
    if change.benefit is BenefitKind.OUTPATIENT and facts.outpatient_last_year is not None:
        facts = replace(facts, outpatient_last_year=used_otherwise(facts.outpatient_last_year, change))
    return facts


def used_otherwise(used: YearUse, change: Use) -> YearUse:
    """A year's use and what it changes by; nothing is used less than not at all."""
    return replace(
        used,
        deductible=max(used.deductible + change.deductible, ZERO),
        fund=max(used.fund + change.fund, ZERO),
    )


def pot_of(benefit: BenefitKind, disease_code: str | None) -> Pot:
    """The pot in which a benefit accumulates (累计口径): one per special disease, one for the rest."""
    return benefit, disease_code if benefit is BenefitKind.SPECIAL_DISEASE else None
