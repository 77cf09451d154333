"""What a pharmacy has, what is held for whom, and how it came and went."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint
from tortoise.models import Model

from models.drug import Drug
from models.institution import Institution
from policy.terms import MovementKind


class StockItem(Model):
    """A drug in one pharmacy (库存): on hand, held for fills, and its sale price."""

    id = fields.UUIDField(primary_key=True)
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="stock", description="药店"
    )
    pharmacy_id: str
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="stock", description="药品"
    )
    drug_id: str
    on_hand = fields.DecimalField(max_digits=16, decimal_places=4, default=0, description="在库数量, 包装")
    held = fields.DecimalField(max_digits=16, decimal_places=4, default=0, description="已预留数量, 包装")
    price = fields.DecimalField(max_digits=16, decimal_places=6, null=True, description="销售价, 元/包装")
    moved_at = fields.DatetimeField(null=True, description="最近变动时间")

    class Meta:
        table = "stock_item"
        table_description = "药店库存"
        unique_together = (("pharmacy", "drug"),)
        constraints = (
            CheckConstraint(check="held >= 0 AND on_hand >= held", name="stock_item_never_below_zero"),
            CheckConstraint(check="price > 0", name="stock_item_price_positive"),
        )


class StockMovement(Model):
    """One immutable change of stock (进销存明细)."""

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[StockItem] = fields.ForeignKeyField(
        "models.StockItem", related_name="movements", description="库存"
    )
    item_id: UUID
    kind = fields.CharEnumField(MovementKind, max_length=32, description="变动类型")
    quantity = fields.DecimalField(max_digits=16, decimal_places=4, description="数量, 入正出负")
    batch_number = fields.CharField(max_length=30, default="", description="生产批号")
    expires_on = fields.DateField(null=True, description="有效期止")
    supplier = fields.CharField(max_length=200, default="", description="供货单位")
    unit_cost = fields.DecimalField(max_digits=16, decimal_places=6, null=True, description="单价")
    trace_codes: fields.JSONField[list[str]] = fields.JSONField(default=list, description="药品追溯码")
    reference = fields.CharField(max_length=64, default="", description="单据号")
    moved_at = fields.DatetimeField(description="变动时间")
    recorded_by = fields.CharField(max_length=64, description="经办人")

    class Meta:
        table = "stock_movement"
        table_description = "进销存明细"
        indexes = (("item_id", "moved_at"),)


class StockHold(Model):
    """Stock kept for a fill line until it is sold or let go (库存预留)."""

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[StockItem] = fields.ForeignKeyField(
        "models.StockItem", related_name="holds", description="库存"
    )
    item_id: UUID
    fill_line_id = fields.UUIDField(unique=True, description="配药明细")
    quantity = fields.DecimalField(max_digits=16, decimal_places=4, description="数量, 包装")
    taken_at = fields.DatetimeField(description="预留时间")
    ended_at = fields.DatetimeField(null=True, description="释放或出库时间")

    class Meta:
        table = "stock_hold"
        table_description = "库存预留"
