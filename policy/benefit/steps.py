"""Explaining a computation step by step (计算说明)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from policy.benefit.carry import JOINT, CarryOver
from policy.benefit.facts import BillFacts, Step
from policy.benefit.further import ABOVE_LIMIT, NAMES
from policy.benefit.result import Result
from policy.benefit.scheme import PER_VISIT, Scheme, takes
from policy.benefit.shares import FundShare, Purse, total
from policy.money import ZERO
from policy.parameter import Parameter
from policy.regulation import Regulation, regulation
from policy.rule import rule
from policy.terms import BillItem, ListClass
from policy.violation import Violation


@dataclass(frozen=True, slots=True)
class Articles:
    """The rules that a regulation has for the parts of a bill.

    `service`: consumables and services, among them the visit's own fee, are the hospital's to bill.
    """

    catalogue: str
    limited: str
    service: str
    standard: str
    personal: str


ARTICLES: Mapping[Regulation, Articles] = {
    Regulation.FUJIAN_2023_6: Articles(
        catalogue="FJ-7.1", limited="FJ-7.1", service="FJ-7.3", standard="FJ-7.1", personal="FJ-8.4"
    ),
    Regulation.SHANXI_2022_27: Articles(
        catalogue="SX-20", limited="SX-17", service="SX-9", standard="SX-21", personal="SX-23"
    ),
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


def explain(found: Result) -> tuple[Step, ...]:
    """How the funds' shares of this bill come about (计算过程), in the order of the computation."""
    facts, scheme = found.facts, found.scheme
    articles = ARTICLES[regulation(facts.area, on=facts.on)]
    account = Account()
    explain_lines(account, found, articles)
    explain_fund(account, facts, scheme, found.share)
    explain_overflow(account, found)
    explain_further(account, found)
    explain_purse(account, found.purse, articles)
    return tuple(account.steps)


def explain_lines(account: Account, found: Result, articles: Articles) -> None:
    """Total, full self-pay, above the standard, advance self-pay, eligible."""
    lines = found.lines
    account.by_rule("药品费用合计", total(line.det_item_fee_sumamt for line in lines), articles.catalogue)
    explain_full(account, found, articles)
    if over := total(line.overlmt_amt for line in lines):
        account.by_rule("超医保支付标准自费", over, articles.standard)
    explain_advance(account, found)
    account.by_rule("符合政策范围", total(line.inscp_scp_amt for line in lines), articles.catalogue)


def explain_full(account: Account, found: Result, articles: Articles) -> None:
    """Full self-pay, and why: no drug, outside the catalogue, limited (全自费)."""
    delivery, service, catalogue, limited = ZERO, ZERO, ZERO, ZERO
    for line, billed in zip(found.lines, found.facts.lines, strict=True):
        if not line.fulamt_ownpay_amt:
            continue
        if takes(billed, found.scheme):
            outside = billed.list_class is ListClass.C or not billed.covered
            catalogue += line.fulamt_ownpay_amt if outside else ZERO
            limited += ZERO if outside else line.fulamt_ownpay_amt
        elif billed.item is BillItem.DELIVERY:
            delivery += line.fulamt_ownpay_amt
        else:
            service += line.fulamt_ownpay_amt
    if delivery:
        account.by_parameter("全自费：配送服务费不纳入医保支付", delivery, found.scheme.delivery)
    if service:
        account.by_rule("全自费：诊查费、服务项目和耗材属于医疗机构费用", service, articles.service)
    if catalogue:
        account.by_rule("全自费：目录外", catalogue, articles.catalogue)
    if limited:
        account.by_rule("全自费：限制用药未经医院审批", limited, articles.limited)


def explain_advance(account: Account, found: Result) -> None:
    """The advance self-pay of class B (乙类先行自付), value by value."""
    for value in distinct(found.scheme.class_b.values()):
        codes = {code for code, row in found.scheme.class_b.items() if row is value}
        advance = total(line.preselfpay_amt for line in found.lines if line.drug_code in codes)
        if advance:
            account.by_parameter(f"乙类先行自付 {percent(value.amount)}", advance, value)


def explain_fund(account: Account, facts: BillFacts, scheme: Scheme, share: FundShare, of: str = "") -> None:
    """Deductible, ratio, quotas, annual limit; `of` names the benefit when it isn't the bill's own."""
    per = "本次就诊" if scheme.deductible.unit == PER_VISIT else "本年度"
    text = f"{of}起付标准：{per} {scheme.deductible.amount:f} 元"
    if scheme.essential_waives.flag:
        text += "，基本药物不设起付"
    explain_carried(account, scheme.carried, of)
    account.by_parameter(
        text,
        share.deductible,
        scheme.deductible,
        scheme.essential_waives,
        scheme.year_ceiling,
        scheme.carried.deductible_by,
    )
    text = f"{share.payable:f} 元按{of or '统筹'}支付比例 {percent(scheme.ratio.amount)}"
    account.by_parameter(text, share.by_ratio, scheme.ratio, scheme.tier_source)
    for quota in scheme.quotas:
        text = f"{PERIODS[dict(quota.keys)['period']]}限额 {quota.amount:f} 元内"
        account.by_parameter(text, share.within_quotas, quota)
    text = f"{of}年度支付限额 {scheme.limit.amount:f} 元内由统筹基金支付"
    if scheme.pool.text == JOINT:
        text += f"（门诊与住院合并计算，住院等已用 {facts.fund_used_joint:f} 元）"
    account.by_parameter(text, share.paid, scheme.limit, scheme.pool, scheme.carried.limit_by)


def explain_carried(account: Account, carried: CarryOver, of: str) -> None:
    """What last year leaves to this one (年度结转), where it leaves anything."""
    if carried.deductible:
        account.by_parameter(f"{of}上年已付的起付标准计入本年", carried.deductible, carried.deductible_by)
    if carried.limit:
        account.by_parameter(f"{of}上年未用的支付限额转入本年", carried.limit, carried.limit_by)


PERIODS = {"MONTH": "本月病种", "QUARTER": "本季度病种"}


def explain_overflow(account: Account, found: Result) -> None:
    """What of the costs beyond a quota enters 门诊统筹 (SX-25)."""
    flowed = found.overflow
    if flowed is None:
        return
    text = "病种限额用完之后的费用，转入门诊统筹"
    account.by_parameter(text, flowed.costs.eligible, found.scheme.overflows)
    for reason in flowed.reasons:
        account.by_rule(reason.message, ZERO, reason.rule, reason.basis)
    if flowed.scheme is not None and flowed.share is not None:
        explain_fund(account, flowed.facts, flowed.scheme, flowed.share, "门诊统筹")


def explain_further(account: Account, found: Result) -> None:
    """What each further fund pays (其他基金支出)."""
    for share in found.further:
        of = "限额以上" if share.of.base.text == ABOVE_LIMIT else "政策范围内未支付的"
        text = f"{NAMES[share.of.fund]}：{of} {share.base:f} 元的 {percent(share.of.ratio.amount)}"
        if not isinstance(share.of.limit.value, str):
            text += f"，年度 {share.of.limit.amount:f} 元内"
        account.by_parameter(text, share.paid, share.of.ratio, share.of.base, share.of.limit)


def distinct(values: Iterable[Parameter]) -> list[Parameter]:
    """Every row once, the lowest ratio first, whatever the order of the lines."""
    return sorted({id(value): value for value in values}.values(), key=lambda row: (row.amount, row.keys))


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
