"""Stock rows, batches and movements as the ledger keeps and writes them (库存行、批次行、明细行)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from services.bulk import Row, copy_in

MOVEMENT = (
    "id",
    "item_id",
    "batch_id",
    "kind",
    "quantity",
    "batch_number",
    "made_on",
    "expires_on",
    "approval_number",
    "supplier",
    "supplier_licence",
    "delivery_note",
    "invoice_code",
    "invoice_number",
    "is_gift",
    "is_split",
    "change_type",
    "counterparty",
    "counted",
    "original_id",
    "fill_line_id",
    "barcode",
    "shelf",
    "memo",
    "operator_name",
    "unit_cost",
    "trace_codes",
    "reference",
    "moved_at",
    "recorded_by",
)

NEW_BATCH = (
    "id",
    "item_id",
    "serial",
    "batch_number",
    "made_on",
    "expires_on",
    "approval_number",
    "supplier",
    "on_hand",
    "came_at",
)


@dataclass(slots=True)
class Batch:
    """A batch (批次) as the ledger moves it; the mapper's rows take longer to load than all the rest."""

    id: UUID
    item_id: UUID
    batch_number: str
    made_on: date | None
    expires_on: date | None
    approval_number: str
    supplier: str
    on_hand: Decimal
    came_at: datetime
    recalled_at: datetime | None = None
    has_moved: bool = False

    def row(self) -> Row:
        """The columns of `NEW_BATCH`."""
        return (
            self.id,
            self.item_id,
            self.batch_number,
            self.batch_number,
            self.made_on,
            self.expires_on,
            self.approval_number,
            self.supplier,
            self.on_hand,
            self.came_at,
        )


@dataclass(slots=True)
class Stock:
    """A stock row (库存) as the ledger moves it."""

    id: UUID
    drug_code: str
    on_hand: Decimal
    held: Decimal
    moved_at: datetime | None


@dataclass(slots=True)
class Portion:
    """New batches and movements that are ready to be written (待写)."""

    batches: list[Batch] = field(default_factory=list)
    movements: list[Row] = field(default_factory=list)

    async def write(self) -> None:
        """Write them; what the batches hold by now is written with the figures."""
        await copy_in("stock_batch", NEW_BATCH, [batch.row() for batch in self.batches])
        await copy_in("stock_movement", MOVEMENT, self.movements)
