"""A receipt as PDF (结算单文件), with a QR code that leads to its verification.

The font is STSong-Light, one of the Chinese fonts that PDF readers bring along: no file is embedded, and a
reader without Chinese fonts shows empty boxes.
"""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib import colors
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from engines.receipt_sheet import Sheet

FONT = "STSong-Light"
SIZE = 9
QR_SIDE = 32 * mm
MARGIN = 16 * mm
WIDTH = A4[0] - 2 * MARGIN


def render(sheet: Sheet) -> bytes:
    """The file (生成 PDF)."""
    file = BytesIO()
    document = SimpleDocTemplate(
        file,
        pagesize=A4,
        title=sheet.title,
        leftMargin=MARGIN,
        rightMargin=MARGIN,
        topMargin=MARGIN,
        bottomMargin=MARGIN,
    )
    words, head = styles()
    document.build(
        [
            Paragraph(escape(sheet.title), head),
            Spacer(0, 4 * mm),
            pairs(sheet.facts, words),
            Spacer(0, 4 * mm),
            lines(sheet, words),
            Spacer(0, 4 * mm),
            pairs(sheet.sums, words),
            Spacer(0, 4 * mm),
            *[Paragraph(escape(note), words) for note in sheet.notes],
            Spacer(0, 4 * mm),
            qr_code(sheet.verify_url),
            Paragraph("扫码核验真伪", words),
        ]
    )
    return file.getvalue()


@cache
def styles() -> tuple[ParagraphStyle, ParagraphStyle]:
    """How words and the title look."""
    pdfmetrics.registerFont(UnicodeCIDFont(FONT))
    words = ParagraphStyle("words", fontName=FONT, fontSize=SIZE, leading=SIZE * 1.4, wordWrap="CJK")
    return words, ParagraphStyle("head", parent=words, fontSize=16, leading=22, alignment=TA_CENTER)


def pairs(found: Sequence[tuple[str, str]], words: ParagraphStyle) -> Table:
    """Words with their values, two pairs a row."""
    cells = [Paragraph(escape(text), words) for pair in found for text in pair]
    cells += [Paragraph("", words)] * (-len(cells) % 4)
    rows = [cells[start : start + 4] for start in range(0, len(cells), 4)]
    return Table(rows, colWidths=[WIDTH * part for part in (0.18, 0.32, 0.18, 0.32)], style=grid())


def lines(sheet: Sheet, words: ParagraphStyle) -> Table:
    """The table of lines; its first row comes again on every page."""
    rows = [[Paragraph(escape(name), words), *rest] for name, *rest in (sheet.columns, *sheet.rows)]
    first = 0.34
    rest = (1 - first) / (len(sheet.columns) - 1)
    widths = [WIDTH * first, *[WIDTH * rest] * (len(sheet.columns) - 1)]
    return Table(rows, colWidths=widths, repeatRows=1, style=grid())


def grid() -> TableStyle:
    """Thin lines around every cell."""
    everywhere = (0, 0), (-1, -1)
    return TableStyle(
        [
            ("GRID", *everywhere, 0.4, colors.grey),
            ("VALIGN", *everywhere, "TOP"),
            ("FONT", *everywhere, FONT, SIZE, SIZE * 1.4),
        ]
    )


def qr_code(url: str) -> Flowable:
    """The QR code (二维码) of an address."""
    drawing = Drawing(QR_SIDE, QR_SIDE)
    drawing.add(widget(url))
    return drawing


def widget(url: str) -> QrCodeWidget:
    """The QR code itself, which survives a stain or a fold."""
    return QrCodeWidget(url, barLevel="M", barWidth=QR_SIDE, barHeight=QR_SIDE)
