"""External payments and their refunds as callers see them."""

from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import PaymentState, PersonalData, RefundState
from schema.context import Info
from schema.scalars import Instant, Money
from services.reading import note

if TYPE_CHECKING:
    from schema.fill import Fill
    from schema.settlement import Settlement


@strawberry.type(description="线上退款")
class PaymentRefund:
    id: UUID = field(description="退款编号")
    number: str = field(description="商户退款单号")
    amount: Money = field(description="退款金额")
    state: RefundState = field(description="退款状态; 退款中的由系统反复向渠道申请, 直至退回")
    reason: str = field(description="退款原因")
    requested_at: Instant = field(description="申请时间")
    refunded_at: Instant | None = field(description="退回时间")

    @classmethod
    def of(cls, row: models.PaymentRefund) -> Self:
        return cls(
            id=row.id,
            number=row.number,
            amount=Money(row.amount),
            state=row.state,
            reason=row.reason,
            requested_at=Instant(row.requested_at),
            refunded_at=Instant(row.refunded_at) if row.refunded_at else None,
        )


@strawberry.type(description="线上支付的一次状态变化")
class PaymentStep:
    state: PaymentState = field(description="变为")
    happened_at: Instant = field(description="时间")
    text: str = field(description="经过")

    @classmethod
    def of(cls, row: models.PaymentStep) -> Self:
        return cls(state=row.state, happened_at=Instant(row.happened_at), text=row.text)


@strawberry.type(description="线上支付: 经支付渠道支付一次配药的个人现金部分")
class Payment:
    row: Private[models.Payment]
    id: UUID = field(description="支付编号; 付款后结算时作为 paymentId")
    number: str = field(description="商户订单号")
    provider: str = field(description="支付渠道")
    state: PaymentState = field(description="支付状态")
    amount: Money = field(description="应付金额")
    received: Money | None = field(description="渠道实收金额; 未付款为空")
    created_at: Instant = field(description="发起时间")
    due_at: Instant = field(description="此时仍未付款即关闭")
    paid_at: Instant | None = field(description="得知已付款的时间")

    @classmethod
    def of(cls, row: models.Payment) -> Self:
        note(row.member_id, PersonalData.SETTLEMENT)
        return cls(
            row=row,
            id=row.id,
            number=row.number,
            provider=row.provider,
            state=row.state,
            amount=Money(row.amount),
            received=None if row.received is None else Money(row.received),
            created_at=Instant(row.created_at),
            due_at=Instant(row.due_at),
            paid_at=Instant(row.paid_at) if row.paid_at else None,
        )

    @strawberry.field(
        description="付款链接, 可显示为二维码; 尚在下单或已不可付款时为空, 下单后有事件 PAYMENT_OPENED"
    )
    def pay_url(self) -> str | None:
        return self.row.pay_url if self.row.pay_url and self.row.state == PaymentState.CREATED else None

    @strawberry.field(description="退款, 先后排列")
    async def refunds(self, info: Info) -> list[PaymentRefund]:
        rows = await info.context.loaders.refunds_of_payment.of(self.row.id)
        return [PaymentRefund.of(row) for row in rows]

    @strawberry.field(description="状态变化, 先后排列")
    async def steps(self, info: Info) -> list[PaymentStep]:
        rows = await info.context.loaders.steps_of_payment.of(self.row.id)
        return [PaymentStep.of(row) for row in rows]

    @strawberry.field(description="所抵付的结算; 尚未用于结算为空")
    async def settlement(
        self, info: Info
    ) -> Annotated["Settlement", strawberry.lazy("schema.settlement")] | None:
        from schema.settlement import Settlement

        row = await info.context.loaders.settlement.find(self.row.settlement_id)
        return Settlement.of(row) if row else None

    @strawberry.field(description="配药; 无权查看时为空")
    async def fill(self, info: Info) -> Annotated["Fill", strawberry.lazy("schema.fill")] | None:
        from schema.fill import Fill

        row = await info.context.loaders.fill.find(self.row.fill_id)
        return Fill.of(row) if row else None
