"""Settlements, benefit statements and balances as callers see them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy import benefit
from policy.benefit.kept import jsonable
from policy.terms import BenefitKind, PersonalData
from policy.violation import Code
from schema.context import Info, call_of
from schema.institution import Hospital, Pharmacy
from schema.invoice import Invoice
from schema.member import Member
from schema.payment import Payment
from schema.receipt import Receipt
from schema.refusal import Violation
from schema.reversal import Reversal
from schema.scalars import Instant, Money, Price, Quantity
from services import people, receipts, settling
from services.reading import note

if TYPE_CHECKING:
    from schema.fill import Fill


@strawberry.type(description="待遇计算的一步, 与清单出自同一次计算")
class ExplanationStep:
    number: int = field(description="步骤序号")
    text: str = field(description="说明")
    amount: Money = field(description="金额")
    rule: str = field(description="规则编号")
    basis: str = field(description="依据的文件与条款")
    parameter: str | None = field(description="所用参数的名称; 只依条款的步骤为空")
    verified: bool = field(description="所用参数是否经核实")


@strawberry.type(description="待遇清单中一条明细的分割")
class StatementLine:
    line_id: str = field(description="处方明细编号")
    drug_code: str = field(description="医保药品编码")
    total: Money = field(description="明细金额 det_item_fee_sumamt")
    full_self_pay: Money = field(description="全自费 fulamt_ownpay_amt")
    over_limit_self_pay: Money = field(description="超限价自费 overlmt_amt")
    advance_self_pay: Money = field(description="先行自付 preselfpay_amt")
    eligible: Money = field(description="符合政策范围 inscp_scp_amt")


@strawberry.type(description="医保待遇清单")
class BenefitStatement:
    total: Money = field(description="医疗费总额 medfee_sumamt")
    full_self_pay: Money = field(description="全自费 fulamt_ownpay_amt")
    over_limit_self_pay: Money = field(description="超限价自费 overlmt_selfpay")
    advance_self_pay: Money = field(description="先行自付 preselfpay_amt")
    eligible: Money = field(description="符合政策范围 inscp_scp_amt")
    deductible: Money = field(description="实际支付起付线 act_pay_dedc")
    ratio: Quantity = field(description="统筹支付比例 pool_prop_selfpay")
    pooled_fund: Money = field(description="统筹基金支出 hifp_pay")
    civil_servants: Money = field(description="公务员医疗补助 cvlserv_pay")
    enterprise: Money = field(description="企业补充医疗保险 hifes_pay")
    resident_large_amount: Money = field(description="居民大病保险 hifmi_pay")
    large_amount: Money = field(description="职工大额医疗费用补助 hifob_pay")
    assistance: Money = field(description="医疗救助 maf_pay")
    fund_total: Money = field(description="基金支付总额 fund_pay_sumamt")
    personal_total: Money = field(description="个人负担总额 psn_part_amt")
    account: Money = field(description="个人账户支出 acct_pay")
    family_account: Money = field(description="共济账户支出 acct_mulaid_pay")
    cash: Money = field(description="现金支付 psn_cash_pay")
    deductible_left: Money | None = field(description="起付标准余额")
    limit_left: Money | None = field(description="年度支付限额余额")
    rests_on_unverified: bool = field(description="计算用到了未经核实的示例参数")
    unpaid_reasons: list[Violation] = field(description="基金不予支付的理由")
    lines: list[StatementLine] = field(description="明细分割")
    explanation: list[ExplanationStep] = field(description="计算说明")

    @classmethod
    def of(cls, found: benefit.Statement) -> Self:
        return cls.of_json(jsonable(found))

    @classmethod
    def of_json(cls, form: Mapping[str, Any]) -> Self:
        """From the JSON that a settlement keeps."""
        return cls(
            total=money(form["medfee_sumamt"]),
            full_self_pay=money(form["fulamt_ownpay_amt"]),
            over_limit_self_pay=money(form["overlmt_selfpay"]),
            advance_self_pay=money(form["preselfpay_amt"]),
            eligible=money(form["inscp_scp_amt"]),
            deductible=money(form["act_pay_dedc"]),
            ratio=Quantity(Decimal(form["pool_prop_selfpay"])),
            pooled_fund=money(form["hifp_pay"]),
            civil_servants=money(form["cvlserv_pay"]),
            enterprise=money(form["hifes_pay"]),
            resident_large_amount=money(form["hifmi_pay"]),
            large_amount=money(form["hifob_pay"]),
            assistance=money(form["maf_pay"]),
            fund_total=money(form["fund_pay_sumamt"]),
            personal_total=money(form["psn_part_amt"]),
            account=money(form["acct_pay"]),
            family_account=money(form["acct_mulaid_pay"]),
            cash=money(form["psn_cash_pay"]),
            deductible_left=optional_money(form["deductible_left"]),
            limit_left=optional_money(form["limit_left"]),
            rests_on_unverified=form["is_estimate_of_unverified"],
            unpaid_reasons=[violation(one) for one in form["unpaid_reasons"]],
            lines=[statement_line(one) for one in form["lines"]],
            explanation=[step(one) for one in form["steps"]],
        )


def violation(form: Mapping[str, Any]) -> Violation:
    """One violation of a kept statement."""
    return Violation(**{**form, "code": Code(form["code"])})


def statement_line(form: Mapping[str, Any]) -> StatementLine:
    """One line of a kept statement."""
    return StatementLine(
        line_id=form["id"],
        drug_code=form["drug_code"],
        total=money(form["det_item_fee_sumamt"]),
        full_self_pay=money(form["fulamt_ownpay_amt"]),
        over_limit_self_pay=money(form["overlmt_amt"]),
        advance_self_pay=money(form["preselfpay_amt"]),
        eligible=money(form["inscp_scp_amt"]),
    )


def step(form: Mapping[str, Any]) -> ExplanationStep:
    """One step of a kept statement."""
    return ExplanationStep(
        number=form["number"],
        text=form["text"],
        amount=money(form["amount"]),
        rule=form["rule"],
        basis=form["basis"],
        parameter=form["parameter"],
        verified=form["verified"],
    )


def money(text: str) -> Money:
    """An amount from its exact text."""
    return Money(Decimal(text))


def optional_money(text: str | None) -> Money | None:
    """An amount that may be missing."""
    return None if text is None else money(text)


@strawberry.type(description="结算明细")
class SettlementLine:
    number: int = field(description="序号")
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(description="数量, 包装")
    price: Price = field(description="单价")
    total: Money = field(description="明细金额")
    trace_codes: list[str] = field(description="药品追溯码")

    @classmethod
    def of(cls, row: models.SettlementLine) -> Self:
        return cls(
            number=row.number,
            drug_code=row.drug_code,
            quantity=Quantity(row.quantity),
            price=Price(row.price),
            total=Money(row.total),
            trace_codes=row.trace_codes,
        )


@strawberry.type(description="医保结算")
class Settlement:
    row: Private[models.Settlement]
    id: UUID = field(description="结算编号")
    number: str = field(description="结算单号")
    benefit: BenefitKind = field(description="待遇类型")
    settled_at: Instant = field(description="结算时间")
    total: Money = field(description="医疗费总额 medfee_sumamt")
    fund_total: Money = field(description="基金支付总额 fund_pay_sumamt")

    @classmethod
    def of(cls, row: models.Settlement) -> Self:
        note(row.member_id, PersonalData.SETTLEMENT)
        return cls(
            row=row,
            id=row.id,
            number=row.number,
            benefit=row.benefit,
            settled_at=Instant(row.settled_at),
            total=money(row.statement["medfee_sumamt"]),
            fund_total=money(row.statement["fund_pay_sumamt"]),
        )

    @strawberry.field(description="医保待遇清单; 医院看不到个人支付与余额, 为空")
    def statement(self, info: Info) -> BenefitStatement | None:
        is_shown = people.sees_statement(info.context.require_actor())
        return BenefitStatement.of_json(self.row.statement) if is_shown else None

    @strawberry.field(description="计算说明, 与清单出自同一次计算; 医院看不到")
    def explanation(self, info: Info) -> list[ExplanationStep]:
        is_shown = people.sees_statement(info.context.require_actor())
        return BenefitStatement.of_json(self.row.statement).explanation if is_shown else []

    @strawberry.field(description="结算明细")
    async def lines(self, info: Info) -> list[SettlementLine]:
        rows = await info.context.loaders.lines_of_settlement.of(self.row.id)
        return [SettlementLine.of(row) for row in rows]

    @strawberry.field(description="冲正, 先后排列; 为空则没有冲正过")
    async def reversals(self, info: Info) -> list[Reversal]:
        rows = await info.context.loaders.reversals_of_settlement.of(self.row.id)
        return [Reversal.of(row) for row in rows]

    @strawberry.field(description="冲正后仍有效的待遇清单: 未冲正时即原清单, 全部冲正后为空; 医院不可见")
    async def standing(self, info: Info) -> BenefitStatement | None:
        if not people.sees_statement(info.context.require_actor()):
            return None
        rows = await info.context.loaders.reversals_of_settlement.of(self.row.id)
        form = rows[-1].remaining if rows else self.row.statement
        return BenefitStatement.of_json(form) if form is not None else None

    @strawberry.field(description="抵付个人现金部分的线上支付; 收现金的与无权查看时为空")
    async def payment(self, info: Info) -> Payment | None:
        row = await info.context.loaders.payment_of_settlement.find(self.row.id)
        return Payment.of(row) if row else None

    @strawberry.field(description="电子发票, 由药店开具并登记, 红字在后; 医院不可见")
    async def invoices(self, info: Info) -> list[Invoice]:
        if not people.sees_statement(info.context.require_actor()):
            return []
        rows = await info.context.loaders.invoices_of_settlement.of(self.row.id)
        return [Invoice.of(row) for row in rows]

    @strawberry.field(description="结算单, 含限时的 PDF 链接; 医院不可见")
    def receipt(self, info: Info) -> Receipt | None:
        call = call_of(info)
        is_shown = people.sees_statement(call.actor)
        return Receipt.of(receipts.receipt_of(call, self.row)) if is_shown else None

    @strawberry.field(description="参保人")
    async def member(self, info: Info) -> Member:
        return Member.of(await info.context.loaders.member.get(self.row.member_id))

    @strawberry.field(description="药店")
    async def pharmacy(self, info: Info) -> Pharmacy:
        return Pharmacy.of(await info.context.loaders.institution.get(self.row.pharmacy_id))

    @strawberry.field(description="开方机构, 费用年终计入其总额")
    async def hospital(self, info: Info) -> Hospital:
        return Hospital.of(await info.context.loaders.institution.get(self.row.hospital_id))

    @strawberry.field(description="配药")
    async def fill(self, info: Info) -> Annotated["Fill", strawberry.lazy("schema.fill")] | None:
        from schema.fill import Fill

        row = await info.context.loaders.fill.find(self.row.fill_id)
        return Fill.of(row) if row else None


@strawberry.type(description="预结算")
class SettlementPreview:
    statement: BenefitStatement = field(description="医保待遇清单")
    digest: str = field(description="清单摘要; 结算时带上, 费用变化则拒绝")
    obstacles: list[Violation] = field(description="现在还不能结算的理由; 为空则可以结算")

    @strawberry.field(description="计算说明, 与清单出自同一次计算")
    def explanation(self) -> list[ExplanationStep]:
        return self.statement.explanation

    @classmethod
    def of(cls, found: settling.Preview) -> Self:
        return cls(
            statement=BenefitStatement.of(found.statement),
            digest=found.digest,
            obstacles=[Violation.of(one) for one in found.violations],
        )
