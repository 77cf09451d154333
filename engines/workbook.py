"""An XLSX workbook (工作簿) as texts: a program of its own, as a workbook can be built to fill the memory.

It gets the file on its standard input, and writes the name of the sheet and then its rows, so many to a line,
as JSON to its standard output. It may use so much memory and time and no more; whoever started it only sees
that it ended.
"""

import io
import resource
import sys
import zipfile
from collections.abc import Iterator
from datetime import date, datetime, time
from enum import IntEnum
from itertools import islice

import orjson
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetVisibleEnum

MEMORY_BYTES_MAX = 1536 * 1024 * 1024
CPU_SECONDS_MAX = 60
INFLATED_BYTES_MAX = 256 * 1024 * 1024
"""A full file of 12 MiB inflates to half of that; what says it is larger is not opened at all."""

STEP = 1000

EXACT_DIGITS = 15
"""A spreadsheet keeps so many digits of a number; the rest of a longer code is lost."""


class Ending(IntEnum):
    """How the program ended (结束状态)."""

    DONE = 0
    NOT_A_WORKBOOK = 10
    HAS_PASSWORD = 11
    TOO_LARGE = 12
    EMPTY = 13


def main() -> Ending:
    """Read, convert, say how it went."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS_MAX, CPU_SECONDS_MAX))
    content = io.BytesIO(sys.stdin.buffer.read())
    try:
        with zipfile.ZipFile(content) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                return Ending.NOT_A_WORKBOOK
            if sum(part.file_size for part in archive.infolist()) > INFLATED_BYTES_MAX:
                return Ending.TOO_LARGE
        content.seek(0)
        with CalamineWorkbook.from_filelike(content) as workbook:
            sheet = first_filled(workbook)
            if sheet is None:
                return Ending.EMPTY
            write(sheet)
    except PasswordError:
        return Ending.HAS_PASSWORD
    except MemoryError:
        return Ending.TOO_LARGE
    except (CalamineError, zipfile.BadZipFile, ValueError, OSError):
        return Ending.NOT_A_WORKBOOK
    return Ending.DONE


def first_filled(workbook: CalamineWorkbook) -> CalamineSheet | None:
    """The first sheet that people see and that has something in it."""
    for about in workbook.sheets_metadata:
        if about.visible == SheetVisibleEnum.Visible:
            sheet = workbook.get_sheet_by_name(about.name)
            if sheet.height and any(cell != "" for row in sheet.iter_rows() for cell in row):
                return sheet
    return None


def write(sheet: CalamineSheet) -> None:
    """The sheet's name, then its rows from the very first, as people count them."""
    out = sys.stdout.buffer
    out.write(orjson.dumps([[sheet.name]], option=orjson.OPT_APPEND_NEWLINE))
    texts = rows(sheet)
    while some := list(islice(texts, STEP)):
        out.write(orjson.dumps(some, option=orjson.OPT_APPEND_NEWLINE))
    out.flush()


def rows(sheet: CalamineSheet) -> Iterator[list[str]]:
    """The rows as texts."""
    for row in sheet.iter_rows():
        yield [cell if cell.__class__ is str else shown(cell) for cell in row]


def shown(cell: object) -> str:
    """A cell as its reader would write it (单元格文字)."""
    if isinstance(cell, float):
        return whole(cell) if cell.is_integer() else f"{cell:.{EXACT_DIGITS}g}"
    if isinstance(cell, datetime):
        return cell.isoformat(" ") if cell.time() != time.min else cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    return str(cell)


def whole(number: float) -> str:
    """A whole number; one with more digits than a spreadsheet keeps is shown as the spreadsheet does."""
    return f"{number:.0f}" if abs(number) < 10**EXACT_DIGITS else f"{number:.{EXACT_DIGITS - 1}E}"


if __name__ == "__main__":
    sys.exit(main())
