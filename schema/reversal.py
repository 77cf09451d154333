"""Reversals as callers see them."""

from asyncio import gather
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import GoodsFate
from schema.context import Info
from schema.payment import PaymentRefund
from schema.refusal import Violation
from schema.scalars import Instant, Money
from services import people
from services.invoices import is_red_due
from services.reversal_plan import Plan

if TYPE_CHECKING:
    from schema.settlement import BenefitStatement, Settlement


@strawberry.type(description="退回金额: 各支付方退回多少, 均为正数")
class Refund:
    total: Money = field(description="退回医疗费总额")
    deductible: Money = field(description="恢复的起付标准")
    pooled_fund: Money = field(description="退回统筹基金")
    fund_total: Money = field(description="退回基金合计")
    personal_total: Money = field(description="退回个人负担合计")
    account: Money = field(description="退回本人个人账户")
    family_account: Money = field(description="退回共济账户")
    cash: Money = field(description="退现金")

    @classmethod
    def of(cls, row: models.Reversal) -> Self:
        return cls(
            total=Money(row.total),
            deductible=Money(row.deductible),
            pooled_fund=Money(row.pooled_fund),
            fund_total=Money(row.fund_total),
            personal_total=Money(row.personal_total),
            account=Money(row.account),
            family_account=Money(row.family_account),
            cash=Money(row.cash),
        )

    @classmethod
    def of_plan(cls, plan: Plan) -> Self:
        back = plan.back
        return cls(
            total=Money(back["medfee_sumamt"]),
            deductible=Money(back["act_pay_dedc"]),
            pooled_fund=Money(back["hifp_pay"]),
            fund_total=Money(back["fund_pay_sumamt"]),
            personal_total=Money(back["psn_part_amt"]),
            account=Money(back["acct_pay"]),
            family_account=Money(back["acct_mulaid_pay"]),
            cash=Money(back["psn_cash_pay"]),
        )


@strawberry.type(description="受冲正影响的另一结算: 若只结算剩余明细, 它会相差多少; 只说明, 不更改")
class ReversalEffect:
    key: Private[UUID]
    deductible: Money = field(description="起付标准会多付(正)或少付(负)")
    pooled_fund: Money = field(description="统筹基金会多付或少付")
    fund_total: Money = field(description="基金合计会多付或少付")
    personal_total: Money = field(description="个人会多负担或少负担")

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Self:
        from schema.settlement import money

        return cls(
            key=UUID(form["settlement"]),
            deductible=money(form["deductible"]),
            pooled_fund=money(form["pooled"]),
            fund_total=money(form["fund"]),
            personal_total=money(form["personal"]),
        )

    @strawberry.field(description="那次结算")
    async def settlement(self, info: Info) -> Annotated["Settlement", strawberry.lazy("schema.settlement")]:
        from schema.settlement import Settlement

        return Settlement.of(await info.context.loaders.settlement.get(self.key))


async def seen_effects(info: Info, forms: Sequence[Mapping[str, str]]) -> list[ReversalEffect]:
    """The effects on settlements that the caller may see: where else a member buys is nobody's business."""
    effects = [ReversalEffect.of(form) for form in forms]
    rows = await gather(*(info.context.loaders.settlement.find(one.key) for one in effects))
    return [one for one, row in zip(effects, rows, strict=True) if row is not None]


@strawberry.type(description="冲正的一条明细")
class ReversedLine:
    number: int = field(description="结算明细序号")
    drug_code: str = field(description="医保药品编码")
    total: Money = field(description="明细金额")
    goods: GoodsFate = field(description="退货处理")

    @classmethod
    def of(cls, line: models.SettlementLine, goods: GoodsFate) -> Self:
        return cls(number=line.number, drug_code=line.drug_code, total=Money(line.total), goods=goods)


@strawberry.type(description="结算冲正: 原结算不改, 另记一笔")
class Reversal:
    row: Private[models.Reversal]
    id: UUID = field(description="冲正编号")
    number: str = field(description="冲正单号")
    reversed_at: Instant = field(description="冲正时间")
    reason: str = field(description="冲正原因")
    is_whole: bool = field(description="冲正后已无剩余明细")
    effects_count: int = field(description="受影响的其他结算共几笔, 含无权查看的")

    @classmethod
    def of(cls, row: models.Reversal) -> Self:
        return cls(
            row=row,
            id=row.id,
            number=row.number,
            reversed_at=Instant(row.reversed_at),
            reason=row.reason,
            is_whole=row.remaining is None,
            effects_count=len(row.effects),
        )

    @strawberry.field(description="退回金额; 医院不可见")
    def refund(self, info: Info) -> Refund | None:
        return Refund.of(self.row) if people.sees_statement(info.context.require_actor()) else None

    @strawberry.field(description="冲正前已开发票、尚未登记红字发票; 医院不可见, 恒为否")
    async def needs_red_invoice(self, info: Info) -> bool:
        if not people.sees_statement(info.context.require_actor()):
            return False
        rows = await info.context.loaders.invoices_of_settlement.of(self.row.settlement_id)
        return is_red_due(self.row, rows)

    @strawberry.field(description="现金部分经线上支付渠道原路退回; 收的是现金的为空, 医院不可见")
    async def payment_refund(self, info: Info) -> PaymentRefund | None:
        if not people.sees_statement(info.context.require_actor()):
            return None
        row = await info.context.loaders.refund_of_reversal.find(self.row.id)
        return PaymentRefund.of(row) if row else None

    @strawberry.field(description="对参保人其他结算的影响, 只列有权查看的, 医院不可见; 只说明, 不更改")
    async def effects(self, info: Info) -> list[ReversalEffect]:
        if not people.sees_statement(info.context.require_actor()):
            return []
        return await seen_effects(info, self.row.effects)

    @strawberry.field(description="冲正的明细")
    async def lines(self, info: Info) -> list[ReversedLine]:
        rows = await info.context.loaders.lines_of_reversal.of(self.row.id)
        settled = info.context.loaders.lines_of_settlement
        lines = {line.id: line for line in await settled.of(self.row.settlement_id)}
        found = [ReversedLine.of(lines[row.settlement_line_id], row.goods) for row in rows]
        return sorted(found, key=lambda line: line.number)

    @strawberry.field(description="原结算; 无权查看时为空")
    async def settlement(
        self, info: Info
    ) -> Annotated["Settlement", strawberry.lazy("schema.settlement")] | None:
        from schema.settlement import Settlement

        row = await info.context.loaders.settlement.find(self.row.settlement_id)
        return Settlement.of(row) if row else None


@strawberry.type(description="冲正预算: 退多少、影响什么、为什么还不能冲正; 不改变任何东西")
class ReversalPreview:
    plan: Private[Plan]
    refund: Refund = field(description="退回金额")
    lines: list[ReversedLine] = field(description="冲正的明细")
    effects_count: int = field(description="受影响的其他结算共几笔, 含无权查看的")
    obstacles: list[Violation] = field(description="现在不能冲正的理由; 为空则可以")

    @classmethod
    def of(cls, plan: Plan) -> Self:
        return cls(
            plan=plan,
            refund=Refund.of_plan(plan),
            lines=[ReversedLine.of(one.line, one.goods) for one in plan.lines],
            effects_count=len(plan.effects),
            obstacles=[Violation.of(one) for one in plan.violations],
        )

    @strawberry.field(description="对参保人其他结算的影响, 只列有权查看的")
    async def effects(self, info: Info) -> list[ReversalEffect]:
        return await seen_effects(info, [one.form() for one in self.plan.effects])

    @strawberry.field(description="冲正后剩余明细的待遇清单; 为空则无剩余")
    def remaining(
        self,
    ) -> Annotated["BenefitStatement", strawberry.lazy("schema.settlement")] | None:
        from schema.settlement import BenefitStatement

        return BenefitStatement.of(self.plan.after) if self.plan.after else None
