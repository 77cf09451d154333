"""The cells of stock files (单元格) as people and spreadsheets leave them: read, or refused with a reason."""

import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from policy.calendar import SHANGHAI
from policy.terms import MovementKind
from services.entries import value_problem

KINDS = {
    "采购": MovementKind.PURCHASE,
    "采购入库": MovementKind.PURCHASE,
    "采购退货": MovementKind.PURCHASE_RETURN,
    "退货": MovementKind.PURCHASE_RETURN,
    "调整": MovementKind.ADJUSTMENT,
    "库存调整": MovementKind.ADJUSTMENT,
    "调拨": MovementKind.TRANSFER,
    "盘点": MovementKind.STOCK_TAKE,
    **{kind.value: kind for kind in MovementKind},
}
FLAGS = dict.fromkeys(("1", "是", "true", "y", "yes", "赠品", "√"), True) | dict.fromkeys(
    ("", "0", "否", "false", "n", "no", "×"), False
)

AS_TEXT = "请把该列的格式设为“文本”,重新填写完整的号码"
SCIENTIFIC = re.compile(r"[0-9](\.[0-9]+)?[Ee]\+[0-9]+")
FORMULA_TEXT = re.compile(r'="(.*)"')
NUMBER = re.compile(r"[+-]?([0-9]+|[0-9]{1,3}(,[0-9]{3})+)(\.[0-9]*)?")
DAY = re.compile(
    r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?(?:[T ]+(.+))?|([0-9]{4})([0-9]{2})([0-9]{2})"
)
SERIAL = re.compile(r"[0-9]{5}(\.[0-9]+)?")
SERIAL_BEGINS = datetime(1899, 12, 30, tzinfo=SHANGHAI)
SHORT_APPROVAL = re.compile(r"国药准字[A-Z]{1,2}[0-9]{1,7}")
CUT_TO_15 = re.compile(r"8[0-9]{14}0{5}")
SEPARATORS = re.compile(r"[\s,;、|/]+")
NUMBER_LENGTHS = {"invoice_code": (10, 12), "invoice_number": (8, 20)}
"""How long codes and numbers of VAT invoices are (发票代码、发票号码)."""

INVISIBLE = str.maketrans("", "", "\ufeff\u200b\u200c\u200d\u2060")
MINUS = str.maketrans("−–", "--")


class BadCell(ValueError):
    """A cell that can't be read (单元格有误); the message says why and what to do."""


def plain(cell: str) -> str:
    """A cell's text without what only looks: blanks around it, a leading apostrophe, `="…"`."""
    text = cell.translate(INVISIBLE).strip()
    if text[:1] in ("'", "="):
        wrapped = FORMULA_TEXT.fullmatch(text)
        text = wrapped[1].strip() if wrapped else text.removeprefix("'")
    return text


def narrow(cell: str) -> str:
    """A cell's text with full-width letters and digits made plain."""
    text = plain(cell)
    return text if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def words(cell: str) -> str:
    """A name or a remark."""
    return plain(cell)


def code(cell: str) -> str:
    """A code or number that is not for counting; one that a spreadsheet has rounded is refused."""
    text = narrow(cell)
    if SCIENTIFIC.fullmatch(text):
        raise BadCell(f"号码被表格软件变成了科学计数,后几位已丢失。{AS_TEXT}")
    return text


def drug_code(cell: str) -> str:
    """A drug code (医保药品编码)."""
    return code(cell).upper()


def approval_number(cell: str) -> str:
    """An approval number (批准文号), whose digits are eight."""
    text = code(cell)
    if SHORT_APPROVAL.fullmatch(text):
        raise BadCell("“国药准字”的字母后应有 8 位数字,可能丢了前面的 0。请核对")
    return text


def invoice(name: str) -> Callable[[str], str]:
    """An invoice's code or number (发票代码、发票号码)."""
    lengths = NUMBER_LENGTHS[name]

    def read(cell: str) -> str:
        text = code(cell)
        if text.isdigit() and len(text) < max(lengths) and len(text) not in lengths:
            known = "、".join(str(length) for length in lengths)
            raise BadCell(f"应为 {known} 位,现为 {len(text)} 位,可能丢了前面的 0。{AS_TEXT}")
        return text

    return read


def trace_codes(cell: str) -> tuple[str, ...]:
    """Trace codes (药品追溯码), parted by blanks or commas."""
    text = narrow(cell)
    if not text:
        return ()
    found = tuple(filter(None, SEPARATORS.split(text)))
    for one in map(code, found):
        if CUT_TO_15.fullmatch(one):
            raise BadCell(f"追溯码 {one} 只剩 15 位有效数字,后 5 位被表格软件变成了 0。{AS_TEXT}")
    return found


def number(cell: str) -> Decimal | None:
    """A number; none for a blank cell."""
    text = narrow(cell).translate(MINUS).replace(" ", "").removeprefix("¥").removesuffix("元")
    if not text:
        return None
    if not NUMBER.fullmatch(text):
        raise BadCell("不是数字。请只填数字,小数点用“.”,不带单位")
    found = Decimal(text.replace(",", "")).normalize()
    return found if found.as_tuple().exponent <= 0 else found.quantize(Decimal(1))  # type: ignore[operator]  # finite


def quantity(cell: str) -> Decimal:
    """A quantity (数量), which is always there."""
    found = number(cell)
    if found is None:
        raise BadCell("没有填数量。请填写")
    return found


def day(cell: str) -> date | None:
    """A day; none for a blank cell."""
    text = narrow(cell)
    if not text:
        return None
    found, _ = moment(text)
    return found


def instant(cell: str) -> datetime | None:
    """A moment in Beijing; a day alone is its beginning."""
    text = narrow(cell)
    if not text:
        return None
    found, rest = moment(text)
    try:
        clock = time.fromisoformat(rest.strip()) if rest else time.min
    except ValueError as error:
        raise BadCell("时间应写成 2026-03-16 09:30:00。请改正") from error
    return datetime.combine(found, clock, clock.tzinfo or SHANGHAI).astimezone(UTC)


def moment(text: str) -> tuple[date, str]:
    """The day a text says, and what it says of the time of day."""
    if SERIAL.fullmatch(text):
        at = SERIAL_BEGINS + timedelta(seconds=round(float(text) * 86400))
        return at.date(), at.time().isoformat()
    parts = DAY.fullmatch(text)
    if parts is None:
        raise BadCell("日期应写成 2026-03-16,年在前并写到日。请改正")
    year, month, of_month = filter(None, (*parts.group(1, 2, 3), *parts.group(5, 6, 7)))
    try:
        return date(int(year), int(month), int(of_month)), parts[4] or ""
    except ValueError as error:
        raise BadCell("没有这一天。请改正") from error


def flag(cell: str) -> bool:
    """Yes or no."""
    found = FLAGS.get(narrow(cell).lower())
    if found is None:
        raise BadCell("应为“是”或“否”。请改正")
    return found


def kind(cell: str) -> MovementKind:
    """What kind of movement a line is (变动类型)."""
    found = KINDS.get(narrow(cell).upper())
    if found is None:
        raise BadCell("应为采购、采购退货、调整、调拨或盘点。请改正")
    return found


class Reader(dict[str, Any]):
    """Reads the cells of one column (列读取): each different text once, however often it comes."""

    def __init__(self, name: str, read: Callable[[str], Any], instead: object) -> None:
        super().__init__()
        self.name, self.read, self.instead = name, read, instead
        self.bad: dict[str, str] = {}

    def __missing__(self, cell: str) -> Any:
        try:
            found = self.read(cell)
            if found and (text := value_problem(self.name, found)):
                raise BadCell(f"{text}。请核对后改正")
        except BadCell as bad:
            self.bad[cell] = str(bad)
            found = self.instead
        self[cell] = found
        return found
