"""Stock, batches, and what a pharmacy records."""

from datetime import date
from typing import Self

import strawberry
from strawberry import Private, field

import models
from policy.terms import MovementKind
from schema.context import Info
from schema.drug import Drug
from schema.institution import Pharmacy
from schema.scalars import Instant, Price, Quantity
from services.entries import StockEntry
from services.stock_files.uploading import Uploaded


@strawberry.type(description="库存批次")
class StockBatch:
    batch_number: str = field(description="生产批号")
    made_on: date | None = field(description="生产日期")
    expires_on: date | None = field(description="有效期止, 当日仍可售")
    supplier: str = field(description="供货单位")
    on_hand: Quantity = field(description="在库数量, 包装")
    recalled_at: Instant | None = field(description="召回时间")
    recall_reason: str = field(description="召回原因")

    @classmethod
    def of(cls, row: models.StockBatch) -> Self:
        return cls(
            batch_number=row.batch_number,
            made_on=row.made_on,
            expires_on=row.expires_on,
            supplier=row.supplier,
            on_hand=Quantity(row.on_hand),
            recalled_at=Instant(row.recalled_at) if row.recalled_at else None,
            recall_reason=row.recall_reason,
        )


@strawberry.type(description="库存")
class StockItem:
    row: Private[models.StockItem]
    batch_rows: Private[list[models.StockBatch]]
    on_hand: Quantity = field(description="在库数量, 包装")
    sellable: Quantity = field(description="可售数量: 未过期、未召回的批次之和, 包装")
    held: Quantity = field(description="已预留数量, 包装")
    price: Price | None = field(description="销售价, 元/包装")
    moved_at: Instant | None = field(description="最近变动时间")

    @classmethod
    def of(cls, row: models.StockItem, batches: list[models.StockBatch]) -> Self:
        return cls(
            row=row,
            batch_rows=batches,
            on_hand=Quantity(row.on_hand),
            sellable=Quantity(row.sellable),
            held=Quantity(row.held),
            price=Price(row.price) if row.price is not None else None,
            moved_at=Instant(row.moved_at) if row.moved_at else None,
        )

    @strawberry.field(description="药品")
    async def drug(self, info: Info) -> Drug:
        return Drug.of(await info.context.loaders.drug.get(self.row.drug_id))

    @strawberry.field(description="在库批次, 先过期的在前")
    def batches(self) -> list[StockBatch]:
        return [StockBatch.of(row) for row in self.batch_rows]


@strawberry.type(description="进销存文件登记结果")
class StockUpload:
    pharmacy: Pharmacy = field(description="药店")
    lines: int = field(description="登记的行数")
    sheet: str = field(description="读取的工作表; CSV 为空")
    ignored_columns: list[str] = field(description="没有读取的列, 按文件中的列名")

    @classmethod
    def of(cls, uploaded: Uploaded) -> Self:
        sheet = uploaded.sheet
        return cls(
            pharmacy=Pharmacy.of(uploaded.pharmacy),
            lines=len(sheet.entries),
            sheet=sheet.name,
            ignored_columns=list(sheet.ignored),
        )


def entry_of(line: object, kind: MovementKind, **other: object) -> StockEntry:
    """A line as the use case takes it: its fields by their names, and `other` for what it tells otherwise."""
    said = {name: getattr(line, name) for name in StockEntry._fields if hasattr(line, name)}
    said["trace_codes"] = tuple(said.get("trace_codes", ()))
    return StockEntry(**said | {"kind": kind} | other)


@strawberry.input(description="一条采购入库 (FJ-2.5, 国家接口 3503)")
class PurchaseLineInput:
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(description="数量, 包装, 大于 0")
    batch_number: str = field(description="生产批号")
    made_on: date = field(description="生产日期")
    expires_on: date = field(description="有效期止")
    approval_number: str = field(description="批准文号")
    supplier: str = field(description="供货单位")
    unit_cost: Price = field(description="采购单价; 赠品为 0")
    purchased_at: Instant | None = field(default=None, description="购进时间, 缺省为现在")
    supplier_licence: str = field(default="", description="供货单位许可证号")
    delivery_note: str = field(default="", description="随货单号")
    invoice_code: str = field(default="", description="采购发票编码")
    invoice_number: str = field(default="", description="采购发票号")
    is_gift: bool = field(default=False, description="商品赠送标志")
    trace_codes: list[str] = field(default_factory=list, description="药品追溯码, 至多每个包装一个")
    barcode: str = field(default="", description="药品条形码")
    shelf: str = field(default="", description="货架位")
    memo: str = field(default="", description="备注")
    operator_name: str = field(default="", description="经办人姓名")
    reference: str = field(default="", description="单据号")

    def entry(self) -> StockEntry:
        """The line as the use case takes it."""
        return entry_of(self, MovementKind.PURCHASE, happened_at=self.purchased_at)


@strawberry.input(description="一条采购退货 (国家接口 3504)")
class PurchaseReturnLineInput:
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(description="退货数量, 包装, 大于 0")
    batch_number: str = field(description="生产批号")
    supplier: str = field(description="供货单位")
    invoice_number: str = field(description="采购发票号")
    unit_cost: Price | None = field(default=None, description="退货单价")
    invoice_code: str = field(default="", description="采购发票编码")
    trace_codes: list[str] = field(default_factory=list, description="药品追溯码")
    memo: str = field(default="", description="备注")
    operator_name: str = field(default="", description="经办人姓名")
    reference: str = field(default="", description="单据号")

    def entry(self) -> StockEntry:
        """The line as the use case takes it."""
        return entry_of(self, MovementKind.PURCHASE_RETURN, quantity=-self.quantity)


@strawberry.input(description="一条库存调整或调拨 (国家接口 3502)")
class StockChangeLineInput:
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(description="变动数量, 包装; 增加为正, 减少为负")
    batch_number: str = field(description="生产批号")
    made_on: date | None = field(default=None, description="生产日期; 新批次应填")
    expires_on: date | None = field(default=None, description="有效期止; 新批次应填")
    counterparty: str = field(default="", description="调拨对方; 调拨必填")
    memo: str = field(default="", description="原因; 调整必填")
    change_type: str = field(default="", description="库存变更类型代码")
    unit_cost: Price | None = field(default=None, description="单价")
    trace_codes: list[str] = field(default_factory=list, description="药品追溯码")
    operator_name: str = field(default="", description="经办人姓名")
    reference: str = field(default="", description="单据号")

    def entry(self, kind: MovementKind) -> StockEntry:
        """The line as the use case takes it."""
        return entry_of(self, kind)


@strawberry.input(description="一条盘点 (国家接口 3501)")
class CountLineInput:
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(description="盘得数量, 包装")
    batch_number: str = field(description="生产批号")
    made_on: date | None = field(default=None, description="生产日期; 新批次应填")
    expires_on: date | None = field(default=None, description="有效期止; 新批次应填")
    memo: str = field(default="", description="备注")
    operator_name: str = field(default="", description="经办人姓名")
    reference: str = field(default="", description="单据号")

    def entry(self) -> StockEntry:
        """The line as the use case takes it."""
        return entry_of(self, MovementKind.STOCK_TAKE)
