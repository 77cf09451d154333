"""Settlements with the insurance, line by line."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations.constraints import CheckConstraint

from models.fill import Fill
from models.institution import Institution
from models.member import Member
from models.row import Row
from policy.terms import BenefitKind

if TYPE_CHECKING:
    from models.reversal import Reversal


class Settlement(Row):
    """One settlement (医保结算). Never edited; reversal is another row."""

    id = fields.UUIDField(primary_key=True)
    number = fields.CharField(max_length=30, unique=True, description="结算编号")
    fill: fields.OneToOneRelation[Fill] = fields.OneToOneField(
        "models.Fill", related_name="settlement", on_delete=OnDelete.RESTRICT, description="配药"
    )
    fill_id: UUID
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="settlements", description="参保人"
    )
    member_id: UUID
    payer: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="paid_settlements", null=True, description="共济账户所有人"
    )
    payer_id: UUID | None
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="settlements", description="药店"
    )
    pharmacy_id: str
    hospital: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="attributed_settlements", description="开方机构"
    )
    hospital_id: str
    area = fields.CharField(max_length=6, description="参保统筹区")
    benefit = fields.CharEnumField(BenefitKind, max_length=32, description="待遇类型")
    settled_at = fields.DatetimeField(description="结算时间")
    total = fields.DecimalField(max_digits=16, decimal_places=2, description="医疗费总额")
    full_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="全自费")
    over_limit_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="超限价自费")
    advance_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="先行自付")
    eligible = fields.DecimalField(max_digits=16, decimal_places=2, description="符合政策范围")
    deductible = fields.DecimalField(max_digits=16, decimal_places=2, description="实际支付起付线")
    ratio = fields.DecimalField(max_digits=5, decimal_places=4, description="统筹支付比例")
    pooled_fund = fields.DecimalField(max_digits=16, decimal_places=2, description="统筹基金支出")
    fund_total = fields.DecimalField(max_digits=16, decimal_places=2, description="基金支付总额")
    personal_total = fields.DecimalField(max_digits=16, decimal_places=2, description="个人负担总额")
    account = fields.DecimalField(max_digits=16, decimal_places=2, description="个人账户支出")
    family_account = fields.DecimalField(max_digits=16, decimal_places=2, description="共济账户支出")
    cash = fields.DecimalField(max_digits=16, decimal_places=2, description="现金支付")
    statement: fields.JSONField[dict[str, Any]] = fields.JSONField(description="医保待遇清单")
    facts: fields.JSONField[dict[str, Any] | None] = fields.JSONField(
        null=True, description="待遇计算依据, 按行冲正时重算用; 空为尚未留存时的结算"
    )
    budget_cost = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="计入开方机构的药品费用; 空为不计入"
    )
    budget_fund = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="计入开方机构的基金支付; 空为不计入"
    )

    lines: fields.ReverseRelation["SettlementLine"]
    reversals: fields.ReverseRelation["Reversal"]

    class Meta:
        table = "settlement"
        table_description = "医保结算"
        indexes = (
            ("member_id", "settled_at"),
            ("pharmacy_id", "settled_at"),
            ("hospital_id", "settled_at"),
            ("payer_id", "settled_at"),
            ("area", "settled_at"),
        )
        constraints = (
            CheckConstraint(
                check="total = full_self_pay + over_limit_self_pay + advance_self_pay + eligible",
                name="settlement_parts",
            ),
            CheckConstraint(check="total = fund_total + personal_total", name="settlement_payers"),
            CheckConstraint(
                check="personal_total = account + family_account + cash", name="settlement_personal"
            ),
            CheckConstraint(
                check="full_self_pay >= 0 AND over_limit_self_pay >= 0 AND advance_self_pay >= 0"
                " AND eligible >= 0 AND deductible >= 0 AND pooled_fund >= 0 AND fund_total >= pooled_fund"
                " AND account >= 0 AND family_account >= 0 AND cash >= 0",
                name="settlement_never_negative",
            ),
        )


class SettlementLine(Row):
    """One line of a settlement (费用明细分割)."""

    id = fields.UUIDField(primary_key=True)
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="lines", description="结算"
    )
    settlement_id: UUID
    number = fields.SmallIntField(description="序号")
    drug_code = fields.CharField(max_length=23, description="医保药品编码")
    quantity = fields.DecimalField(max_digits=16, decimal_places=4, description="数量, 包装")
    price = fields.DecimalField(max_digits=16, decimal_places=6, description="单价")
    total = fields.DecimalField(max_digits=16, decimal_places=2, description="明细金额")
    full_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="全自费")
    over_limit_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="超限价自费")
    advance_self_pay = fields.DecimalField(max_digits=16, decimal_places=2, description="先行自付")
    eligible = fields.DecimalField(max_digits=16, decimal_places=2, description="符合政策范围")
    self_pay_ratio = fields.DecimalField(max_digits=5, decimal_places=4, description="自付比例")
    trace_codes: fields.JSONField[list[str]] = fields.JSONField(default=list, description="药品追溯码")

    class Meta:
        table = "settlement_line"
        table_description = "结算明细"
        unique_together = (("settlement", "number"),)
        constraints = (
            CheckConstraint(
                check="total = full_self_pay + over_limit_self_pay + advance_self_pay + eligible",
                name="settlement_line_parts",
            ),
        )


class FeeListSignature(Row):
    """The buyer's signature under the fee list (药品费用清单签字)."""

    id = fields.UUIDField(primary_key=True)
    fill: fields.ForeignKeyRelation[Fill] = fields.ForeignKeyField(
        "models.Fill", related_name="signatures", description="配药"
    )
    fill_id: UUID
    signed_by: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="signatures", description="签字人"
    )
    signed_by_id: UUID
    fee_list_sha256 = fields.CharField(max_length=64, description="费用清单散列")
    signature_sha256 = fields.CharField(max_length=64, description="签名数据散列")
    image_key = fields.CharField(max_length=64, default="", description="签名影像存储键")
    kept_until: date | None = fields.DateField(null=True, description="签名影像保存至; 没有影像为空")
    purged_at: datetime | None = fields.DatetimeField(null=True, description="签名影像清除时间")
    signed_at = fields.DatetimeField(description="签字时间")

    class Meta:
        table = "fee_list_signature"
        table_description = "费用清单签字"
