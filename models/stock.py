"""What a pharmacy has, what is held for whom, and how it came and went."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.drug import Drug
from models.institution import Institution
from models.row import Row
from policy.terms import MovementKind, TraceState


class StockItem(Row):
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
    sellable = fields.DecimalField(
        max_digits=16,
        decimal_places=4,
        default=0,
        db_default=0,
        description="可售数量: 未过期、未召回的批次之和, 包装",
    )
    next_expiry: date | None = fields.DateField(null=True, description="可售批次中最早的有效期止")
    local_code = fields.CharField(max_length=30, default="", db_default="", description="本店目录编号")
    local_name = fields.CharField(max_length=200, default="", db_default="", description="本店目录名称")

    class Meta:
        table = "stock_item"
        table_description = "药店库存"
        unique_together = (("pharmacy", "drug"),)
        constraints = (
            CheckConstraint(check="held >= 0 AND on_hand >= held", name="stock_item_never_below_zero"),
            CheckConstraint(check="price > 0", name="stock_item_price_positive"),
            CheckConstraint(check="sellable >= 0 AND sellable <= on_hand", name="stock_item_sellable"),
        )


class StockBatch(Row):
    """The boxes of one production batch in one pharmacy (批次)."""

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[StockItem] = fields.ForeignKeyField(
        "models.StockItem", related_name="batches", description="库存"
    )
    item_id: UUID
    serial = fields.CharField(max_length=30, default="", db_default="", description="本店批次流水号")
    batch_number = fields.CharField(max_length=30, default="", description="生产批号")
    made_on: date | None = fields.DateField(null=True, description="生产日期")
    expires_on: date | None = fields.DateField(null=True, description="有效期止")
    approval_number = fields.CharField(max_length=100, default="", db_default="", description="批准文号")
    supplier = fields.CharField(max_length=200, default="", description="供货单位")
    on_hand = fields.DecimalField(max_digits=16, decimal_places=4, default=0, description="在库数量, 包装")
    came_at = fields.DatetimeField(description="首次入库时间")
    recalled_at: datetime | None = fields.DatetimeField(null=True, description="召回时间")
    recall_reason = fields.CharField(max_length=200, default="", db_default="", description="召回原因")

    class Meta:
        table = "stock_batch"
        table_description = "库存批次"
        unique_together = (("item", "batch_number"),)
        constraints = (CheckConstraint(check="on_hand >= 0", name="stock_batch_never_below_zero"),)


class StockMovement(Row):
    """One immutable change of stock (进销存明细)."""

    id = fields.UUIDField(primary_key=True)
    item: fields.ForeignKeyRelation[StockItem] = fields.ForeignKeyField(
        "models.StockItem", related_name="movements", description="库存"
    )
    item_id: UUID
    batch: fields.ForeignKeyNullableRelation[StockBatch] = fields.ForeignKeyField(
        "models.StockBatch", related_name="movements", null=True, description="批次"
    )
    batch_id: UUID | None
    kind = fields.CharEnumField(MovementKind, max_length=32, description="变动类型")
    quantity = fields.DecimalField(max_digits=16, decimal_places=4, description="数量, 入正出负")
    batch_number = fields.CharField(max_length=30, default="", description="生产批号")
    made_on: date | None = fields.DateField(null=True, description="生产日期")
    expires_on: date | None = fields.DateField(null=True, description="有效期止")
    approval_number = fields.CharField(max_length=100, default="", db_default="", description="批准文号")
    supplier = fields.CharField(max_length=200, default="", description="供货单位")
    supplier_licence = fields.CharField(
        max_length=50, default="", db_default="", description="供货单位许可证号"
    )
    delivery_note = fields.CharField(max_length=50, default="", db_default="", description="随货单号")
    invoice_code = fields.CharField(max_length=50, default="", db_default="", description="采购发票编码")
    invoice_number = fields.CharField(max_length=50, default="", db_default="", description="采购发票号")
    is_gift = fields.BooleanField(default=False, db_default=False, description="商品赠送标志")
    is_split = fields.BooleanField(default=False, db_default=False, description="拆零标志")
    change_type = fields.CharField(max_length=6, default="", db_default="", description="库存变更类型")
    counterparty = fields.CharField(max_length=200, default="", db_default="", description="调拨对方")
    counted = fields.DecimalField(
        max_digits=16, decimal_places=4, null=True, description="盘得数量, 包装; 仅盘点"
    )
    original_id: UUID | None = fields.UUIDField(null=True, description="所退回或更正的原明细")
    fill_line_id: UUID | None = fields.UUIDField(null=True, description="配药明细; 仅销售与销售退货")
    barcode = fields.CharField(max_length=30, default="", db_default="", description="药品条形码")
    shelf = fields.CharField(max_length=20, default="", db_default="", description="货架位")
    memo = fields.CharField(max_length=500, default="", db_default="", description="备注")
    operator_name = fields.CharField(max_length=50, default="", db_default="", description="经办人姓名")
    unit_cost = fields.DecimalField(max_digits=16, decimal_places=6, null=True, description="单价")
    trace_codes: fields.JSONField[list[str]] = fields.JSONField(default=list, description="药品追溯码")
    reference = fields.CharField(max_length=64, default="", description="单据号")
    moved_at = fields.DatetimeField(description="变动时间")
    recorded_by = fields.CharField(max_length=64, description="经办人")

    class Meta:
        table = "stock_movement"
        table_description = "进销存明细"
        indexes = (("item_id", "moved_at"),)


class StockHold(Row):
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


class TraceCode(Row):
    """Where a box with its own number is (药品追溯码). A box is sold once; an opened one by its parts."""

    id = fields.UUIDField(primary_key=True)
    code = fields.CharField(max_length=20, description="药品追溯码")
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="trace_codes", description="药品"
    )
    drug_id: str
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="trace_codes", description="药店"
    )
    pharmacy_id: str
    state = fields.CharEnumField(TraceState, max_length=32, description="追溯码状态")
    is_split = fields.BooleanField(default=False, db_default=False, description="拆零标志")
    fill_line_id: UUID | None = fields.UUIDField(null=True, description="配药明细")
    changed_at = fields.DatetimeField(description="状态时间")

    class Meta:
        table = "trace_code"
        table_description = "药品追溯码"
        indexes = (("code",), ("fill_line_id",))
        constraints = (
            UniqueConstraint(
                fields=("code",), name="trace_code_sold_once", condition="state = 'SOLD' AND NOT is_split"
            ),
            UniqueConstraint(
                fields=("code", "pharmacy_id"), name="trace_code_stocked_once", condition="state = 'IN_STOCK'"
            ),
        )
