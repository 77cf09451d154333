"""Spreadsheets as tests need them (表格): the smallest workbook that is one, and CSV."""

import csv
import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import escape

Cell = str | int | float | None
Rows = Sequence[Sequence[Cell]]

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
HIDDEN = ' state="hidden"'

TYPES = (
    f'<Types xmlns="{PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{SHEET_TYPE}"/></Types>'
)


def csv_of(rows: Rows, encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    """A CSV file."""
    text = io.StringIO()
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue().encode(encoding)


def workbook(*sheets: Rows, hidden: int = 0) -> bytes:
    """An XLSX file; its first `hidden` sheets are not shown."""
    numbers = range(1, len(sheets) + 1)
    listed = "".join(
        f'<sheet name="表{number}" sheetId="{number}" r:id="r{number}"{HIDDEN if number <= hidden else ""}/>'
        for number in numbers
    )
    links = "".join(link(number, "worksheet", f"worksheets/{number}.xml") for number in numbers)
    book = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
    parts = {
        "[Content_Types].xml": TYPES,
        "_rels/.rels": relations(link(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": book,
        "xl/_rels/workbook.xml.rels": relations(links),
        **{f"xl/worksheets/{number}.xml": sheet(rows) for number, rows in enumerate(sheets, 1)},
    }
    return packed(parts)


def packed(parts: dict[str, str]) -> bytes:
    """A ZIP file of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def link(number: int, kind: str, target: str) -> str:
    return f'<Relationship Id="r{number}" Type="{OFFICE}/{kind}" Target="{target}"/>'


def relations(links: str) -> str:
    return f'<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def sheet(rows: Rows) -> str:
    """A sheet's XML."""
    body = "".join(
        f'<row r="{number}">{"".join(cell(f"{letter(at)}{number}", one) for at, one in enumerate(row))}</row>'
        for number, row in enumerate(rows, 1)
    )
    return f'<worksheet xmlns="{MAIN}"><sheetData>{body}</sheetData></worksheet>'


def letter(place: int) -> str:
    """The name of one of the first 26 columns."""
    return chr(ord("A") + place)


def cell(place: str, value: Cell) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return f'<c r="{place}" t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
    return f'<c r="{place}"><v>{value!r}</v></c>'
