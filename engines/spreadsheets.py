"""Lists as files for spreadsheets (表格文件): CSV as it comes, XLSX by way of the disk."""

import asyncio
import csv
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, BinaryIO

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n")
SHEET_ROWS = 1_048_576

Batches = AsyncIterator[list[list[Any]]]


def harmless(value: Any) -> Any:
    """A text that no spreadsheet takes for a formula (防公式注入); numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_BEGINS):
        return f"'{value}"
    return value


async def whole_file(form: str, heads: Sequence[str], batches: Batches) -> BinaryIO:
    """All rows as a file of that form (成文件), open and without a name: when it is closed it is gone.

    It is whole before anybody sees it, so that nobody takes half a list for all of it, and the database
    need not wait for who reads slowly.
    """
    with TemporaryDirectory(prefix="yaolu-export-") as folder:
        path = Path(folder) / f"export.{form}"
        await WRITERS[form](path, heads, batches)
        return path.open("rb")


async def write_csv(path: Path, heads: Sequence[str], batches: Batches) -> None:
    """A CSV file in UTF-8 with its mark (逗号分隔)."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        file.write(csv_lines([heads]))
        async for rows in batches:
            await asyncio.to_thread(file.write, csv_lines(rows))


def csv_lines(rows: Sequence[Sequence[Any]]) -> str:
    """Some rows as CSV."""
    text = StringIO()
    csv.writer(text).writerows([harmless(value) for value in row] for row in rows)
    return text.getvalue()


class Sheets:
    """An XLSX file that is written row by row (逐行写入); a full sheet is followed by another."""

    def __init__(self, path: Path, heads: Sequence[str]) -> None:
        # loaded with the first of these files: most processes never write one
        from xlsxwriter import Workbook

        folder = str(path.parent)
        self._book = Workbook(str(path), {"constant_memory": True, "tmpdir": folder})
        self._amount = self._book.add_format({"num_format": "#,##0.00"})
        self._heads = list(heads)
        self._begin()

    def _begin(self) -> None:
        self._sheet: Any = self._book.add_worksheet()
        self._row = 0
        self.write([self._heads])

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        """Write some rows: amounts as numbers, everything else as text."""
        for row in rows:
            if self._row >= SHEET_ROWS:
                self._begin()
            for column, value in enumerate(row):
                if isinstance(value, Decimal):
                    self._sheet.write_number(self._row, column, value, self._amount)
                elif isinstance(value, int):
                    self._sheet.write_number(self._row, column, value)
                elif value is not None:
                    self._sheet.write_string(self._row, column, str(value))
            self._row += 1

    def close(self) -> None:
        """Finish the file."""
        self._book.close()


async def write_xlsx(path: Path, heads: Sequence[str], batches: Batches) -> None:
    """An XLSX file (工作簿); its writing holds nobody up."""
    sheets = Sheets(path, heads)
    async for rows in batches:
        await asyncio.to_thread(sheets.write, rows)
    await asyncio.to_thread(sheets.close)


WRITERS: Mapping[str, Callable[[Path, Sequence[str], Batches], Awaitable[None]]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}
"""The forms that a list may have (导出格式)."""
