"""Explaining a computation step by step (计算说明)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from policy.benefit.facts import BillFacts, LineStatement, Step
from policy.benefit.scheme import PER_VISIT, Scheme
from policy.benefit.shares import FundShare, Purse, total
from policy.money import ZERO
from policy.parameter import Parameter
from policy.regulation import Regulation, regulation
from policy.rule import rule
from policy.violation import Violation


@dataclass(frozen=True, slots=True)
class Articles:
    """The rules that a regulation has for the parts of a bill."""

    catalogue: str
    standard: str
    personal: str


ARTICLES: Mapping[Regulation, Articles] = {
    Regulation.FUJIAN_2023_6: Articles(catalogue="FJ-7.1", standard="FJ-7.1", personal="FJ-8.4"),
    Regulation.SHANXI_2022_27: Articles(catalogue="SX-20", standard="SX-21", personal="SX-23"),
}


@dataclass(slots=True)
class Account:
    """The steps so far (计算步骤)."""

    steps: list[Step] = field(default_factory=list)

    def by_rule(self, text: str, amount: Decimal, rule_id: str, basis: str | None = None) -> None:
        """Add a step that follows from an article alone."""
        self.add(text, amount, rule_id, basis or rule(rule_id).basis, None, rule(rule_id).verified)

    def by_parameter(self, text: str, amount: Decimal, value: Parameter, *also: Parameter) -> None:
        """Add a step that follows from a dated value, and from others that chose it."""
        verified = all(used.verified for used in (value, *also))
        self.add(text, amount, value.rule, value.basis, value.name, verified)

    def add(
        self, text: str, amount: Decimal, rule_id: str, basis: str, parameter: str | None, verified: bool
    ) -> None:
        """Add a step with the next number."""
        self.steps.append(Step(len(self.steps) + 1, text, amount, rule_id, basis, parameter, verified))


def explain(
    facts: BillFacts, lines: Sequence[LineStatement], scheme: Scheme, share: FundShare, purse: Purse
) -> tuple[Step, ...]:
    """How the fund's share of this bill comes about (计算过程), in the order of the computation."""
    articles = ARTICLES[regulation(facts.area, on=facts.on)]
    account = Account()
    explain_lines(account, lines, scheme, articles)
    explain_fund(account, scheme, share)
    explain_purse(account, purse, articles)
    return tuple(account.steps)


def explain_lines(
    account: Account, lines: Sequence[LineStatement], scheme: Scheme, articles: Articles
) -> None:
    """Total, full self-pay, above the standard, advance self-pay, eligible."""
    account.by_rule("药品费用合计", total(line.det_item_fee_sumamt for line in lines), articles.catalogue)
    if full := total(line.fulamt_ownpay_amt for line in lines):
        account.by_rule("全自费：目录外或限制用药未经审批", full, articles.catalogue)
    if over := total(line.overlmt_amt for line in lines):
        account.by_rule("超医保支付标准自费", over, articles.standard)
    if advance := total(line.preselfpay_amt for line in lines):
        text = f"乙类先行自付 {percent(scheme.class_b.amount)}"
        account.by_parameter(text, advance, scheme.class_b)
    account.by_rule("符合政策范围", total(line.inscp_scp_amt for line in lines), articles.catalogue)


def explain_fund(account: Account, scheme: Scheme, share: FundShare) -> None:
    """Deductible, ratio, annual limit."""
    per = "本次就诊" if scheme.deductible.unit == PER_VISIT else "本年度"
    text = f"起付标准：{per} {scheme.deductible.amount:f} 元"
    if scheme.essential_waives.flag:
        text += "，基本药物不设起付"
    account.by_parameter(
        text, share.deductible, scheme.deductible, scheme.essential_waives, scheme.year_ceiling
    )
    text = f"{share.payable:f} 元按统筹支付比例 {percent(scheme.ratio.amount)}"
    account.by_parameter(text, share.by_ratio, scheme.ratio, scheme.tier_source)
    text = f"年度支付限额 {scheme.limit.amount:f} 元内由统筹基金支付"
    account.by_parameter(text, share.paid, scheme.limit, scheme.pool)


def explain_purse(account: Account, purse: Purse, articles: Articles) -> None:
    """Own account, family account, cash."""
    personal = purse.account + purse.family + purse.cash
    account.by_rule("个人负担", personal, articles.personal)
    if purse.account:
        account.by_rule("其中个人账户支付", purse.account, articles.personal)
    if purse.family:
        account.by_rule("其中家庭共济账户支付", purse.family, articles.personal)
    account.by_rule("其中现金支付", purse.cash, articles.personal)


def explain_unpaid(
    facts: BillFacts, amount: Decimal, reasons: Sequence[Violation], purse: Purse
) -> tuple[Step, ...]:
    """Why the fund pays nothing of this bill (不予支付的说明)."""
    articles = ARTICLES[regulation(facts.area, on=facts.on)]
    account = Account()
    account.by_rule("药品费用合计", amount, articles.catalogue)
    for reason in reasons:
        account.by_rule(reason.message, ZERO, reason.rule, reason.basis)
    explain_purse(account, purse, articles)
    return tuple(account.steps)


def percent(ratio: Decimal) -> str:
    """A ratio as people read it."""
    return f"{(ratio * 100).normalize():f}%"
