"""Reversals of settlements, line by line."""

from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations.constraints import CheckConstraint

from models.institution import Institution
from models.member import Member
from models.row import Row
from models.settlement import Settlement, SettlementLine
from policy.terms import GoodsFate


class Reversal(Row):
    """One reversal of a settlement (冲正): what was given back. Amounts are positive. Never edited."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=30, unique=True, description="冲正单号")
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="reversals", on_delete=OnDelete.RESTRICT, description="原结算"
    )
    settlement_id: UUID
    sequence = fields.SmallIntField(description="该结算的第几次冲正")
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="reversals", description="参保人"
    )
    member_id: UUID
    payer: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="refunds", null=True, description="共济账户所有人"
    )
    payer_id: UUID | None
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="reversals", description="药店"
    )
    pharmacy_id: str
    hospital: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="attributed_reversals", description="开方机构"
    )
    hospital_id: str
    area = fields.CharField(max_length=6, description="参保统筹区")
    reversed_at = fields.DatetimeField(description="冲正时间")
    reversed_by = fields.CharField(max_length=64, description="冲正者")
    reason = fields.CharField(max_length=200, description="冲正原因")
    total = fields.DecimalField(max_digits=16, decimal_places=2, description="退回医疗费总额")
    full_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="其中全自费")
    over_limit_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="其中超限价自费")
    advance_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="其中先行自付")
    eligible = fields.DecimalField(max_digits=16, decimal_places=2, description="其中符合政策范围")
    deductible = fields.DecimalField(max_digits=16, decimal_places=2, description="恢复的起付标准")
    pooled_fund = fields.DecimalField(max_digits=16, decimal_places=2, description="退回统筹基金")
    fund_total = fields.DecimalField(max_digits=16, decimal_places=2, description="退回基金合计")
    personal_total = fields.DecimalField(max_digits=16, decimal_places=2, description="退回个人负担合计")
    account = fields.DecimalField(max_digits=16, decimal_places=2, description="退回个人账户")
    family_account = fields.DecimalField(max_digits=16, decimal_places=2, description="退回共济账户")
    cash = fields.DecimalField(max_digits=16, decimal_places=2, description="退现金")
    budget_cost = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="冲减开方机构的药品费用; 空为不计入"
    )
    budget_fund = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="冲减开方机构的基金支付; 空为不计入"
    )
    remaining: fields.JSONField[dict[str, Any] | None] = fields.JSONField(
        null=True, description="剩余明细的医保待遇清单; 空为已全部冲正"
    )
    effects: fields.JSONField[list[dict[str, str]]] = fields.JSONField(
        default=list, description="对参保人其他结算的影响, 只说明不更改"
    )

    lines: fields.ReverseRelation["ReversalLine"]

    class Meta:
        table = "reversal"
        table_description = "结算冲正"
        unique_together = (("settlement", "sequence"),)
        indexes = (
            ("member_id", "reversed_at"),
            ("pharmacy_id", "reversed_at"),
            ("hospital_id", "reversed_at"),
        )
        constraints = (
            CheckConstraint(
                check="total = full_self_pay + over_limit_self_pay + advance_self_pay + eligible",
                name="reversal_parts",
            ),
            CheckConstraint(
                check="total = fund_total + personal_total"
                " AND personal_total = account + family_account + cash",
                name="reversal_payers",
            ),
            CheckConstraint(
                check="full_self_pay >= 0 AND over_limit_self_pay >= 0 AND advance_self_pay >= 0"
                " AND eligible >= 0 AND deductible >= 0 AND pooled_fund >= 0 AND fund_total >= pooled_fund"
                " AND account >= 0 AND family_account >= 0 AND cash >= 0",
                name="reversal_never_negative",
            ),
        )


class ReversalLine(Row):
    """A settlement line that was taken back, once (冲正明细), and what became of the goods."""

    id = fields.UUIDField(primary_key=True)
    reversal: fields.ForeignKeyRelation[Reversal] = fields.ForeignKeyField(
        "models.Reversal", related_name="lines", description="冲正"
    )
    reversal_id: UUID
    settlement_line: fields.OneToOneRelation[SettlementLine] = fields.OneToOneField(
        "models.SettlementLine", related_name="reversal", on_delete=OnDelete.RESTRICT, description="结算明细"
    )
    settlement_line_id: UUID
    goods = fields.CharEnumField(GoodsFate, max_length=32, description="退货处理")

    class Meta:
        table = "reversal_line"
        table_description = "冲正明细"
        indexes = (("reversal_id",),)
