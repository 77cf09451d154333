"""Electronic invoices that tills issued, as they were recorded."""

from uuid import UUID

from tortoise import fields
from tortoise.fields.base import OnDelete
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.reversal import Reversal
from models.row import Row
from models.settlement import Settlement
from policy.terms import InvoiceColour


class Invoice(Row):
    """An invoice of a settlement (发票), or the red one of a reversal; amounts are positive. Never edited."""

    id = fields.UUIDField(primary_key=True)
    settlement: fields.ForeignKeyRelation[Settlement] = fields.ForeignKeyField(
        "models.Settlement", related_name="invoices", on_delete=OnDelete.RESTRICT, description="结算"
    )
    settlement_id: UUID
    reversal: fields.OneToOneNullableRelation[Reversal] = fields.OneToOneField(
        "models.Reversal",
        related_name="invoice",
        null=True,
        on_delete=OnDelete.RESTRICT,
        description="所冲的冲正; 蓝字发票为空",
    )
    reversal_id: UUID | None
    colour = fields.CharEnumField(InvoiceColour, max_length=32, description="红蓝标志")
    code = fields.CharField(max_length=12, default="", description="发票代码; 数电发票没有")
    number = fields.CharField(max_length=20, description="发票号码")
    check_code = fields.CharField(max_length=20, default="", description="校验码; 数电发票没有")
    issued_at = fields.DatetimeField(description="开具时间")
    amount = fields.DecimalField(max_digits=16, decimal_places=2, description="价税合计, 红字也为正数")
    recorded_at = fields.DatetimeField(description="登记时间")
    recorded_by = fields.CharField(max_length=64, description="登记者")

    class Meta:
        table = "invoice"
        table_description = "电子发票"
        unique_together = (("code", "number"),)
        indexes = (("settlement_id",),)
        constraints = (
            CheckConstraint(check="amount > 0", name="invoice_amount"),
            CheckConstraint(
                check="(colour = 'RED') = (reversal_id IS NOT NULL)", name="invoice_red_of_reversal"
            ),
            UniqueConstraint(
                fields=("settlement_id",),
                name="invoice_one_blue_of_a_settlement",
                condition="colour = 'BLUE'",
            ),
        )
