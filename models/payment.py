"""External payments of the cash share, and their refunds."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.fill import Fill
from models.institution import Institution
from models.member import Member
from models.reversal import Reversal
from models.row import Row
from models.settlement import Settlement
from policy.terms import PaymentState, RefundState


class Payment(Row):
    """An external payment (线上支付) for a fill's cash share, known to the provider by our own `number`."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=32, unique=True, description="商户订单号")
    provider = fields.CharField(max_length=20, description="支付渠道")
    fill: fields.ForeignKeyRelation[Fill] = fields.ForeignKeyField(
        "models.Fill", related_name="payments", on_delete=OnDelete.RESTRICT, description="配药"
    )
    fill_id: UUID
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="payments", on_delete=OnDelete.RESTRICT, description="参保人"
    )
    member_id: UUID
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="payments", on_delete=OnDelete.RESTRICT, description="药店"
    )
    pharmacy_id: str
    settlement: fields.OneToOneNullableRelation[Settlement] = fields.OneToOneField(
        "models.Settlement",
        related_name="payment",
        null=True,
        on_delete=OnDelete.RESTRICT,
        description="所抵付的结算; 空为尚未用于结算",
    )
    settlement_id: UUID | None
    state = fields.CharEnumField(PaymentState, max_length=32, description="支付状态")
    amount = fields.DecimalField(max_digits=16, decimal_places=2, description="应付金额")
    received: Decimal | None = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="渠道实收金额"
    )
    pay_url = fields.CharField(max_length=500, default="", description="付款链接, 空为尚未下单")
    trade_number = fields.CharField(max_length=64, default="", description="渠道交易号")
    created_at = fields.DatetimeField(description="发起时间")
    created_by = fields.CharField(max_length=64, description="发起者")
    due_at = fields.DatetimeField(description="此时仍未付款即关闭")
    look_at = fields.DatetimeField(description="下次查看时间")
    paid_at: datetime | None = fields.DatetimeField(null=True, description="得知已付款的时间")
    ended_at: datetime | None = fields.DatetimeField(null=True, description="关闭或全部退回的时间")

    refunds: fields.ReverseRelation["PaymentRefund"]

    class Meta:
        table = "payment"
        table_description = "线上支付"
        indexes = (
            ("fill_id",),
            ("member_id", "created_at"),
            ("pharmacy_id", "created_at"),
            ("state", "look_at"),
        )
        constraints = (
            CheckConstraint(
                check="amount > 0 AND (received IS NULL OR received > 0)", name="payment_amounts"
            ),
            CheckConstraint(
                check="(received IS NULL) = (state IN ('CREATED', 'CLOSED'))",
                name="payment_received_when_paid",
            ),
            CheckConstraint(
                check="settlement_id IS NULL OR received = amount", name="payment_settles_its_amount"
            ),
            UniqueConstraint(
                fields=("fill_id",),
                name="payment_one_open_of_a_fill",
                condition="state IN ('CREATED', 'PAID')",
            ),
        )


class PaymentRefund(Row):
    """Money on its way back (线上退款), of a payment that was not used or whose settlement was reversed."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=40, unique=True, description="商户退款单号")
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "models.Payment", related_name="refunds", on_delete=OnDelete.RESTRICT, description="线上支付"
    )
    payment_id: UUID
    reversal: fields.OneToOneNullableRelation[Reversal] = fields.OneToOneField(
        "models.Reversal",
        related_name="payment_refund",
        null=True,
        on_delete=OnDelete.RESTRICT,
        description="冲正; 空为未用于结算而退",
    )
    reversal_id: UUID | None
    amount = fields.DecimalField(max_digits=16, decimal_places=2, description="退款金额")
    state = fields.CharEnumField(RefundState, max_length=32, description="退款状态")
    reason = fields.CharField(max_length=100, description="退款原因")
    requested_at = fields.DatetimeField(description="申请时间")
    refunded_at: datetime | None = fields.DatetimeField(null=True, description="退回时间")

    class Meta:
        table = "payment_refund"
        table_description = "线上退款"
        indexes = (("payment_id",),)
        constraints = (CheckConstraint(check="amount > 0", name="payment_refund_amount"),)


class PaymentStep(Row):
    """One change of a payment's state (线上支付状态变化), append-only."""

    id = fields.UUIDField(primary_key=True)
    payment: fields.ForeignKeyRelation[Payment] = fields.ForeignKeyField(
        "models.Payment", related_name="steps", on_delete=OnDelete.RESTRICT, description="线上支付"
    )
    payment_id: UUID
    number = fields.SmallIntField(description="第几次变化")
    state = fields.CharEnumField(PaymentState, max_length=32, description="变为")
    happened_at = fields.DatetimeField(description="时间")
    text = fields.CharField(max_length=100, description="经过")

    class Meta:
        table = "payment_step"
        table_description = "线上支付状态变化"
        unique_together = (("payment", "number"),)
