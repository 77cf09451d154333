"""A stock file from its rows to movements (进销存文件解析), every bad cell named with row and column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice, repeat
from typing import Any

from engines.tables import Table, Unreadable
from policy.calendar import shanghai_day
from policy.rule import broken
from policy.terms import MovementKind
from policy.violation import Code, Violation
from services.entries import StockEntry, line_problems
from services.stock_files.cells import Reader
from services.stock_files.columns import (
    BY_FIELD,
    COLUMNS,
    HEADER_ROWS_MAX,
    BadHeader,
    Header,
    header_of,
    is_header,
    missing_columns,
)

ROWS_MAX = 100_000
BLANK_ROWS_MAX = 1_000_000
"""A full file has fewer rows than the first; one of nothing but line breaks is not read to its end."""

NAMED_MAX = 200
"""How many bad cells a refusal names; it says how many more there are."""

STEP = 2000
SHOWN = 40
ORDER = {name: place for place, name in enumerate(StockEntry._fields)}

Row = list[str]


@dataclass(slots=True)
class Sheet:
    """What a file says (文件内容): movements with their rows' numbers, what is wrong, what was left aside."""

    entries: list[StockEntry] = field(default_factory=list)
    numbers: list[int] = field(default_factory=list)
    wrong: list[Violation] = field(default_factory=list)
    wrong_count: int = 0
    name: str = ""
    ignored: tuple[str, ...] = ()

    def refuse(self, text: str, row: int | None = None, actual: str | None = None) -> None:
        """Note something wrong; only the first are kept."""
        self.wrong_count += 1
        if len(self.wrong) < NAMED_MAX:
            line = None if row is None else str(row)
            self.wrong.append(broken(Code.INVALID_VALUE, "FJ-2.5", text, line_id=line, actual=actual))


def read_sheet(table: Table, kind: MovementKind | None, now: datetime) -> Sheet:
    """The movements in a table. `kind` is what all of them are; None if a column says it."""
    sheet = Sheet(name=table.sheet)
    rows = enumerate(table.rows, 1)
    try:
        header = find_header(rows)
        sheet.ignored = header.ignored
        if kind is not None and "kind" in header.places:
            raise BadHeader(f"文件已有“{header.title('kind')}”列,又选定了类型。请不选类型,或删去这一列")
        if lacking := missing_columns(header, kind):
            for column in lacking:
                sheet.refuse(
                    f"缺少列“{column.title}”(也可写作:{'、'.join(column.headers[1:])})。请补上这一列"
                )
            return sheet
        Lines(sheet, header, kind, now).read(rows)
    except (BadHeader, Unreadable) as bad:
        sheet.refuse(f"{bad}。")
    if not sheet.entries and not sheet.wrong:
        sheet.refuse("表头下面没有内容。请核对是否选对了文件。")
    return sheet


def find_header(rows: Iterator[tuple[int, Row]]) -> Header:
    """The header, which stands in one of the first rows."""
    for _, row in islice(rows, HEADER_ROWS_MAX):
        if is_header(row):
            return header_of(row)
    wanted = "、".join(BY_FIELD[name].title for name in ("drugCode", "quantity", "batchNumber"))
    raise BadHeader(f"前 {HEADER_ROWS_MAX} 行里没有表头。第一行应写列名,如{wanted},见 docs/stock.md")


class Lines:
    """The rows under a header (明细行), read many at a time and column by column."""

    def __init__(self, sheet: Sheet, header: Header, kind: MovementKind | None, now: datetime) -> None:
        self.sheet, self.header, self.kind, self.now = sheet, header, kind, now
        self.today: date = shanghai_day(now)
        self.readers = {
            column.name: Reader(column.name, column.read, column.instead)
            for column in COLUMNS
            if column.name in header.places
        }

    def read(self, rows: Iterator[tuple[int, Row]]) -> None:
        """Read what is left of the file."""
        while block := list(islice(rows, STEP)):
            filled = [(number, row) for number, row in block if row and "".join(row).strip()]
            if block[-1][0] > BLANK_ROWS_MAX:
                raise Unreadable("文件里几乎全是空行。请删去空行,再上传")
            if not filled:
                continue
            if len(self.sheet.numbers) + len(filled) > ROWS_MAX:
                raise Unreadable(f"文件超过 {ROWS_MAX} 行。请拆成几个文件,再上传")
            self.block([number for number, _ in filled], [row for _, row in filled])

    def block(self, numbers: list[int], rows: list[Row]) -> None:
        """Read some rows into movements, and look at each."""
        width = len(self.header.titles)
        rows = [
            row if len(row) == width else self.fitted(number, row)
            for number, row in zip(numbers, rows, strict=True)
        ]
        entries = self.entries(rows)
        has_bad = any(reader.bad for reader in self.readers.values())
        for number, entry, row in zip(numbers, entries, rows, strict=True):
            found = line_problems(entry, self.now, self.today, is_complete=True)
            if found or has_bad:
                self.name_problems(number, row, found)
        self.sheet.entries += entries
        self.sheet.numbers += numbers

    def fitted(self, number: int, row: Row) -> Row:
        """A row of as many cells as the header has; cells beyond it must be empty."""
        width = len(self.header.titles)
        if any(cell.strip() for cell in row[width:]):
            self.sheet.refuse(
                f"第 {number} 行有 {len(row)} 格,表头只有 {width} 列:内容里可能有没加引号的分隔符。请改正。",
                number,
            )
        return (row + [""] * width)[:width]

    def entries(self, rows: Sequence[Row]) -> list[StockEntry]:
        """The movements of rows, made column by column."""
        columns = list(zip(*rows, strict=True))
        values: list[Any] = [repeat(StockEntry._field_defaults.get(name)) for name in StockEntry._fields]
        for name, reader in self.readers.items():
            values[ORDER[name]] = list(map(reader.__getitem__, columns[self.header.places[name]]))
        kind, quantity = ORDER["kind"], ORDER["quantity"]
        if self.kind is not None:
            values[kind] = [self.kind] * len(rows)
        if MovementKind.PURCHASE_RETURN in values[kind]:
            # files write a return as 3 or as -3
            pairs = zip(values[kind], values[quantity], strict=True)
            values[quantity] = [
                -abs(amount) if one == MovementKind.PURCHASE_RETURN else amount for one, amount in pairs
            ]
        return list(map(StockEntry._make, zip(*values, strict=False)))

    def name_problems(self, number: int, row: Row, found: list[tuple[str, str]]) -> None:
        """Name the bad cells of one row: those that can't be read, then those that make no sense."""
        bad = set()
        for name, reader in self.readers.items():
            cell = row[self.header.places[name]]
            if cell in reader.bad:
                bad.add(name)
                self.cell(number, name, cell, reader.bad[cell])
        for field_name, text in found:
            column = BY_FIELD[field_name]
            is_known = column.name in bad or (column.name == "trace_codes" and "quantity" in bad)
            if not is_known and column.name in self.header.places:
                cell = row[self.header.places[column.name]]
                self.cell(number, column.name, cell, f"{text}。请核对后改正")
            elif not is_known:
                self.sheet.refuse(f"第 {number} 行:{text}。请补上列“{column.title}”。", number)

    def cell(self, number: int, name: str, cell: str, text: str) -> None:
        """Name one bad cell."""
        shown = cell.strip()
        shown = shown if len(shown) <= SHOWN else f"{shown[:SHOWN]}…"
        self.sheet.refuse(
            f"第 {number} 行“{self.header.title(name)}”列的“{shown}”:{text}。", number, actual=shown
        )
