"""Recording a file of stock movements (进销存文件登记): all of it or nothing."""

import asyncio
import hashlib
from dataclasses import dataclass, field

from engines.tables import Table, Unreadable, read_table
from models import Institution
from policy.rule import broken
from policy.terms import MovementKind, Role
from policy.violation import Code, Violation
from services.actor import Call
from services.bulk import collecting_later
from services.errors import Refused
from services.movements import Lines, enter
from services.stock import counter
from services.stock_files.reading import NAMED_MAX, Sheet, read_sheet
from services.use_case import Work, use_case

WHAT = "上传进销存文件"


@dataclass(frozen=True, slots=True)
class StockFile:
    """A file as a request names it (进销存文件): what it says hangs on these bytes alone."""

    kind: MovementKind | None
    digest: str
    sheet: Sheet = field(compare=False)


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What became of a file (上传结果)."""

    pharmacy: Institution
    sheet: Sheet


async def upload_stock(call: Call, *, kind: MovementKind | None, content: bytes) -> Uploaded:
    """Record the movements of a CSV or XLSX file, all or none (进销存文件登记, FJ-2.5).

    The file is read before the transaction begins, and away from the event loop. The same file under the same
    key is recorded once, and answered alike.
    """
    call.require(WHAT, Role.PHARMACY, Role.PHARMACIST)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    with collecting_later():
        sheet = await sheet_of(call, kind, content)
        pharmacy = await record_file(call, file=StockFile(kind, digest, sheet))
    return Uploaded(pharmacy, sheet)


async def sheet_of(call: Call, kind: MovementKind | None, content: bytes) -> Sheet:
    """What a file says."""
    try:
        table: Table = await read_table(content)
    except Unreadable as unreadable:
        sheet = Sheet()
        sheet.refuse(f"{unreadable}。")
        return sheet
    return await asyncio.to_thread(read_sheet, table, kind, call.now)


@use_case("uploadStock", Institution)
async def record_file(work: Work, file: StockFile) -> Institution:
    """Record what a file says."""
    pharmacy = await counter(work, WHAT)
    sheet = file.sheet
    if sheet.wrong:
        raise Refused(sheet.wrong + rest(sheet.wrong_count))
    try:
        await enter(work, pharmacy, Lines(sheet.entries, sheet.numbers, "行"))
    except Refused as refused:
        raise Refused([*refused.violations[:NAMED_MAX], *rest(len(refused.violations))]) from None
    return pharmacy


def rest(many: int) -> list[Violation]:
    """That there is more than is named."""
    if many <= NAMED_MAX:
        return []
    text = f"另有 {many - NAMED_MAX} 处问题没有列出。请先改正以上各处,再整份上传。"
    return [broken(Code.INVALID_VALUE, "FJ-2.5", text)]
