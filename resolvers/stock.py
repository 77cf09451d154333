"""Stock in and out: what a pharmacy records, recalls, and says of itself."""

from collections.abc import Sequence
from typing import Annotated

import strawberry
from strawberry import field

from policy.terms import MovementKind, Role
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.drug import Drug
from schema.institution import Pharmacy
from schema.paging import (
    FIRST_DEFAULT,
    After,
    Connection,
    First,
    check_first,
    connection,
    cursor_text,
    text_cursor,
)
from schema.refusal import Refusal
from schema.scalars import StockFile
from schema.stock import (
    CountLineInput,
    PurchaseLineInput,
    PurchaseReturnLineInput,
    StockChangeLineInput,
    StockItem,
    StockUpload,
)
from services.entries import StockEntry
from services.movements import record_movements
from services.recalls import recall_batch
from services.shelf import shelf
from services.stock import heartbeat
from services.stock_files.uploading import upload_stock

LINES = "1 至 1000 条, 全部成功或全部不成; 拒绝时逐条列出原因, lineId 为行号"


@strawberry.input(description="采购入库登记")
class RecordPurchasesInput:
    idempotency_key: str = field(description=KEY_WORDS)
    lines: list[PurchaseLineInput] = field(description=LINES)


@strawberry.input(description="采购退货登记")
class RecordPurchaseReturnsInput:
    idempotency_key: str = field(description=KEY_WORDS)
    lines: list[PurchaseReturnLineInput] = field(description=LINES)


@strawberry.input(description="库存调整登记")
class RecordAdjustmentsInput:
    idempotency_key: str = field(description=KEY_WORDS)
    lines: list[StockChangeLineInput] = field(description=LINES)


@strawberry.input(description="调拨登记")
class RecordTransfersInput:
    idempotency_key: str = field(description=KEY_WORDS)
    lines: list[StockChangeLineInput] = field(description=LINES)


@strawberry.input(description="盘点登记")
class RecordStockTakeInput:
    idempotency_key: str = field(description=KEY_WORDS)
    lines: list[CountLineInput] = field(description=LINES)


@strawberry.input(description="进销存文件登记")
class UploadStockInput:
    idempotency_key: str = field(description=KEY_WORDS)
    kind: MovementKind | None = field(
        default=None, description="全部各行的变动类型; 为空则文件须有“变动类型”一列"
    )
    file: StockFile = field(description="CSV 或 XLSX 文件, 至多 12 MiB、10 万行")


@strawberry.input(description="批次召回")
class RecallBatchInput:
    idempotency_key: str = field(description=KEY_WORDS)
    drug_code: str = field(description="医保药品编码")
    batch_number: str = field(description="生产批号")
    reason: str = field(description="召回原因")


@strawberry.input(description="心跳")
class HeartbeatInput:
    idempotency_key: str = field(description=KEY_WORDS)


RecordPurchasesResult = Annotated[
    Pharmacy | Refusal, strawberry.union("RecordPurchasesResult", description="采购入库登记结果")
]
RecordPurchaseReturnsResult = Annotated[
    Pharmacy | Refusal, strawberry.union("RecordPurchaseReturnsResult", description="采购退货登记结果")
]
RecordAdjustmentsResult = Annotated[
    Pharmacy | Refusal, strawberry.union("RecordAdjustmentsResult", description="库存调整登记结果")
]
RecordTransfersResult = Annotated[
    Pharmacy | Refusal, strawberry.union("RecordTransfersResult", description="调拨登记结果")
]
RecordStockTakeResult = Annotated[
    Pharmacy | Refusal, strawberry.union("RecordStockTakeResult", description="盘点登记结果")
]
UploadStockResult = Annotated[
    StockUpload | Refusal, strawberry.union("UploadStockResult", description="进销存文件登记结果或拒绝")
]
RecallBatchResult = Annotated[
    Drug | Refusal, strawberry.union("RecallBatchResult", description="批次召回结果")
]
HeartbeatResult = Annotated[Pharmacy | Refusal, strawberry.union("HeartbeatResult", description="心跳结果")]


async def recorded(info: Info, key: str, entries: Sequence[StockEntry]) -> Pharmacy:
    """The pharmacy after its movements were recorded."""
    return Pharmacy.of(await record_movements(call_of(info, key), entries=list(entries)))


@strawberry.type
class StockQuery:
    @strawberry.field(description="本店库存, 按药品编码排列")
    async def stock(
        self, info: Info, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[StockItem]:
        call = call_of(info)
        call.require("查看库存", Role.PHARMACY, Role.PHARMACIST)
        check_first(first)
        rows, batches = await shelf(call.actor.institution or "", first + 1, cursor_text(after))
        shown = [(text_cursor(row.drug_id), StockItem.of(row, batches[row.id])) for row in rows[:first]]
        return connection(shown, len(rows) > first)


@strawberry.type
class StockMutation:
    @strawberry.mutation(description="采购入库, 各项必填齐全 (FJ-2.5)")
    async def record_purchases(
        self, info: Info, input: Annotated[RecordPurchasesInput, strawberry.argument(description="采购")]
    ) -> RecordPurchasesResult:
        return await recorded(info, input.idempotency_key, [line.entry() for line in input.lines])

    @strawberry.mutation(description="采购退货")
    async def record_purchase_returns(
        self,
        info: Info,
        input: Annotated[RecordPurchaseReturnsInput, strawberry.argument(description="采购退货")],
    ) -> RecordPurchaseReturnsResult:
        return await recorded(info, input.idempotency_key, [line.entry() for line in input.lines])

    @strawberry.mutation(description="库存调整: 报损、报溢及其他")
    async def record_adjustments(
        self, info: Info, input: Annotated[RecordAdjustmentsInput, strawberry.argument(description="调整")]
    ) -> RecordAdjustmentsResult:
        lines = [line.entry(MovementKind.ADJUSTMENT) for line in input.lines]
        return await recorded(info, input.idempotency_key, lines)

    @strawberry.mutation(description="调拨: 调入为正, 调出为负; 双方各自登记")
    async def record_transfers(
        self, info: Info, input: Annotated[RecordTransfersInput, strawberry.argument(description="调拨")]
    ) -> RecordTransfersResult:
        lines = [line.entry(MovementKind.TRANSFER) for line in input.lines]
        return await recorded(info, input.idempotency_key, lines)

    @strawberry.mutation(description="盘点: 按批次登记盘得数量, 差额入账")
    async def record_stock_take(
        self, info: Info, input: Annotated[RecordStockTakeInput, strawberry.argument(description="盘点")]
    ) -> RecordStockTakeResult:
        return await recorded(info, input.idempotency_key, [line.entry() for line in input.lines])

    @strawberry.mutation(
        description="进销存文件登记: 全部成功或全部不成; 拒绝时逐格列出原因(至多 200 处), lineId 为行号"
    )
    async def upload_stock(
        self, info: Info, input: Annotated[UploadStockInput, strawberry.argument(description="文件")]
    ) -> UploadStockResult:
        call = call_of(info, input.idempotency_key)
        content: bytes = await input.file.read()  # type: ignore[attr-defined]  # starlette's UploadFile
        return StockUpload.of(await upload_stock(call, kind=input.kind, content=content))

    @strawberry.mutation(description="批次召回: 立即停售; 药店召回本店的, 经办机构召回本统筹区的")
    async def recall_batch(
        self, info: Info, input: Annotated[RecallBatchInput, strawberry.argument(description="召回")]
    ) -> RecallBatchResult:
        call = call_of(info, input.idempotency_key)
        row = await recall_batch(
            call, drug_code=input.drug_code, batch_number=input.batch_number, reason=input.reason
        )
        return Drug.of(row)

    @strawberry.mutation(description="心跳: 药店系统在线而无变动时定时调用, 否则其库存将显示为久未更新")
    async def heartbeat(
        self, info: Info, input: Annotated[HeartbeatInput, strawberry.argument(description="心跳")]
    ) -> HeartbeatResult:
        return Pharmacy.of(await heartbeat(call_of(info, input.idempotency_key)))
