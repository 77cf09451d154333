"""Monthly claims of pharmacies to agencies."""

from datetime import datetime
from uuid import UUID

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations.constraints import CheckConstraint

from models.institution import Institution
from models.reversal import Reversal
from models.row import Row
from models.settlement import Settlement
from policy.terms import ClaimState


class ClearingClaim(Row):
    """What a pharmacy claims of one pooling area for a month (清算申报). Sums are net of reversals."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=30, unique=True, description="申报单号")
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="claims", on_delete=OnDelete.RESTRICT, description="药店"
    )
    pharmacy_id: str
    area = fields.CharField(max_length=6, description="参保统筹区")
    month = fields.DateField(description="清算月份, 该月第一日")
    state = fields.CharEnumField(ClaimState, max_length=32, description="申报状态")
    settlements = fields.IntField(description="结算笔数")
    reversals = fields.IntField(description="冲正笔数")
    total = fields.DecimalField(max_digits=16, decimal_places=2, description="医疗费净额")
    pooled = fields.DecimalField(max_digits=16, decimal_places=2, description="统筹基金净额")
    further = fields.DecimalField(max_digits=16, decimal_places=2, description="其他基金净额")
    account = fields.DecimalField(max_digits=16, decimal_places=2, description="个人账户净额, 含共济")
    cut = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="审核扣减")
    submitted_at = fields.DatetimeField(description="申报时间")
    submitted_by = fields.CharField(max_length=64, description="申报者")
    reviewed_at: datetime | None = fields.DatetimeField(null=True, description="审核时间")
    reviewed_by = fields.CharField(max_length=64, default="", description="审核者")
    note = fields.CharField(max_length=200, default="", description="审核说明")
    paid_at: datetime | None = fields.DatetimeField(null=True, description="支付时间")
    paid_by = fields.CharField(max_length=64, default="", description="支付者")
    payment_reference = fields.CharField(max_length=64, default="", description="支付凭据号")

    class Meta:
        table = "clearing_claim"
        table_description = "清算申报"
        unique_together = (("pharmacy", "area", "month"),)
        indexes = (("pharmacy_id", "submitted_at"), ("area", "submitted_at"))


class ClearingItem(Row):
    """A settlement or a reversal in a claim, in one only (清算明细). A reversal's amounts are below zero."""

    id = fields.UUIDField(primary_key=True)
    claim: fields.ForeignKeyRelation[ClearingClaim] = fields.ForeignKeyField(
        "models.ClearingClaim", related_name="items", description="申报"
    )
    claim_id: UUID
    settlement: fields.OneToOneNullableRelation[Settlement] = fields.OneToOneField(
        "models.Settlement",
        related_name="cleared",
        null=True,
        on_delete=OnDelete.RESTRICT,
        description="结算",
    )
    settlement_id: UUID | None
    reversal: fields.OneToOneNullableRelation[Reversal] = fields.OneToOneField(
        "models.Reversal", related_name="cleared", null=True, on_delete=OnDelete.RESTRICT, description="冲正"
    )
    reversal_id: UUID | None
    number = fields.CharField(max_length=30, description="结算或冲正单号")
    happened_at = fields.DatetimeField(description="结算或冲正时间")
    total = fields.DecimalField(max_digits=16, decimal_places=2, description="医疗费总额")
    pooled = fields.DecimalField(max_digits=16, decimal_places=2, description="统筹基金")
    further = fields.DecimalField(max_digits=16, decimal_places=2, description="其他基金")
    account = fields.DecimalField(max_digits=16, decimal_places=2, description="个人账户, 含共济")
    cut = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="审核扣减")
    cut_reason = fields.CharField(max_length=200, default="", description="扣减理由")

    class Meta:
        table = "clearing_item"
        table_description = "清算明细"
        indexes = (("claim_id", "happened_at"),)
        constraints = (
            CheckConstraint(
                check="(settlement_id IS NULL) <> (reversal_id IS NULL)", name="clearing_item_of_one"
            ),
            CheckConstraint(check="cut >= 0 AND (cut = 0 OR cut <= pooled)", name="clearing_item_cut"),
        )


class ClearingDue(Row):
    """A settlement or reversal that no claim has yet (未申报的结算与冲正), under its own id.

    Triggers write a row with each of them, and take it away when a claim gets it: whoever writes them.
    """

    id = fields.UUIDField(primary_key=True)
    pharmacy_id = fields.CharField(max_length=12, description="药店")
    area = fields.CharField(max_length=6, description="参保统筹区")
    happened_at = fields.DatetimeField(description="结算或冲正时间")
    is_reversal = fields.BooleanField(description="是冲正")

    class Meta:
        table = "clearing_due"
        table_description = "未申报清算的结算与冲正"
        indexes = (("pharmacy_id", "area", "happened_at"),)
