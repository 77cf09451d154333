"""One movement as a pharmacy sends it (进销存登记), and what can be wrong with it as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from math import ceil
from operator import attrgetter
from typing import NamedTuple

from policy.calendar import shanghai_day
from policy.identifiers import is_drug_code, is_trace_code
from policy.stock import REQUIRED
from policy.terms import MovementKind

SIGNS = {
    MovementKind.PURCHASE: 1,
    MovementKind.PURCHASE_RETURN: -1,
    MovementKind.ADJUSTMENT: 0,
    MovementKind.TRANSFER: 0,
    MovementKind.STOCK_TAKE: 0,
}
"""Kinds a pharmacy records by hand, with the sign their quantity must have (0: any)."""

QUANTITY_MAX = 1_000_000
PRICE_MAX = 10_000_000
"""Beyond these a number is a mistake of typing, and the books have no room for it."""

QUANTITY_PLACES, PRICE_PLACES = -4, -6

TEXTS = {
    "batch_number": ("batchNumber", 30),
    "approval_number": ("approvalNumber", 100),
    "supplier": ("supplier", 200),
    "supplier_licence": ("supplierLicence", 50),
    "delivery_note": ("deliveryNote", 50),
    "invoice_code": ("invoiceCode", 50),
    "invoice_number": ("invoiceNumber", 50),
    "change_type": ("changeType", 6),
    "counterparty": ("counterparty", 200),
    "barcode": ("barcode", 30),
    "shelf": ("shelf", 20),
    "memo": ("memo", 500),
    "operator_name": ("operatorName", 50),
    "reference": ("reference", 64),
}
"""The texts of an entry with the name callers know them by and their longest form."""


TEXTS_OF = attrgetter(*TEXTS)


class StockEntry(NamedTuple):
    """One movement to record (进销存登记). `quantity` is in packages; a stock-take gives what was counted.

    A tuple, because a file makes a hundred thousand of them.
    """

    drug_code: str
    kind: MovementKind
    quantity: Decimal
    batch_number: str = ""
    made_on: date | None = None
    expires_on: date | None = None
    approval_number: str = ""
    supplier: str = ""
    supplier_licence: str = ""
    delivery_note: str = ""
    invoice_code: str = ""
    invoice_number: str = ""
    is_gift: bool = False
    unit_cost: Decimal | None = None
    trace_codes: tuple[str, ...] = ()
    change_type: str = ""
    counterparty: str = ""
    barcode: str = ""
    shelf: str = ""
    memo: str = ""
    operator_name: str = ""
    reference: str = ""
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one field of one line (行错误)."""

    line: int
    field: str
    text: str


def check_entries(entries: Sequence[StockEntry], now: datetime, *, is_complete: bool) -> list[Problem]:
    """Everything that is wrong with movements as such (进销存登记校验), in their order.

    With `is_complete` every field that FJ-2.5 asks for must be there.
    """
    today = shanghai_day(now)
    return [
        Problem(number, field, text)
        for number, entry in enumerate(entries, 1)
        for field, text in problems_of(entry, now, today, is_complete)
    ]


def problems_of(entry: StockEntry, now: datetime, today: date, is_complete: bool) -> list[tuple[str, str]]:
    """What is wrong with one movement: each field with the reason."""
    if entry.kind not in SIGNS:
        return [("kind", f"{entry.kind} 由结算产生,不能手工登记")]
    found = [
        ("quantity", quantity_problem(entry.kind, entry.quantity)),
        ("drugCode", drug_code_problem(entry.drug_code)),
        ("unitCost", price_problem(entry.unit_cost)),
    ]
    found = [(field, text) for field, text in found if text]
    found += date_problems(entry, now, today)
    found += text_problems(TEXTS_OF(entry))
    if is_complete:
        for name, field, words in REQUIRED.get(entry.kind, ()):
            if getattr(entry, name) in ("", None):
                found.append((field, f"缺少{words}"))
    if entry.trace_codes:
        found += trace_problems(entry)
    return found


def quantity_problem(kind: MovementKind, quantity: Decimal) -> str:
    """What is wrong with the quantity of such a movement; nothing when it is empty."""
    sign = SIGNS[kind]
    if abs(quantity) > QUANTITY_MAX:
        return f"一条不超过 {QUANTITY_MAX} 个包装,收到 {quantity}"
    if places(quantity) < QUANTITY_PLACES:
        return f"至多 4 位小数,收到 {quantity}"
    if sign and quantity * sign <= 0:
        return f"{kind} 的数量应{'大于' if sign > 0 else '小于'} 0,收到 {quantity}"
    if kind == MovementKind.STOCK_TAKE:
        return f"盘点数量不能为负,收到 {quantity}" if quantity < 0 else ""
    return "" if quantity else "数量不能为 0"


@lru_cache(maxsize=4096)
def drug_code_problem(code: str) -> str:
    """What is wrong with the form of a drug code."""
    return "" if is_drug_code(code) else f"{code!r} 不是医保药品编码"


def price_problem(price: Decimal | None) -> str:
    """What is wrong with a price."""
    if price is None or (0 <= price <= PRICE_MAX and places(price) >= PRICE_PLACES):
        return ""
    return f"应在 0 至 {PRICE_MAX} 之间、至多 6 位小数,收到 {price}"


def date_problems(entry: StockEntry, now: datetime, today: date) -> list[tuple[str, str]]:
    """What is wrong with the days of a movement."""
    found = []
    if entry.made_on and entry.expires_on and entry.made_on > entry.expires_on:
        found.append(("expiresOn", f"有效期止 {entry.expires_on} 早于生产日期 {entry.made_on}"))
    if entry.made_on and entry.made_on > today:
        found.append(("madeOn", f"生产日期 {entry.made_on} 在今天之后"))
    if entry.happened_at and entry.happened_at > now:
        found.append(("happenedAt", "发生时间在现在之后"))
    return found


def text_problems(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Texts that can't be kept: too long, or with a NUL, which the database does not know."""
    found = []
    for (field, longest), text in zip(TEXTS.values(), texts, strict=True):
        if text and len(text) > longest:
            found.append((field, f"不超过 {longest} 个字符,收到 {len(text)} 个"))
        if text and "\0" in text:
            found.append((field, "含有空字符(NUL)"))
    return found


def trace_problems(entry: StockEntry) -> list[tuple[str, str]]:
    """What is wrong with the form and the number of trace codes (药品追溯码)."""
    codes = entry.trace_codes
    found = [
        ("traceCodes", f"{code!r} 不是药品追溯码:应为 8 开头 20 位数字")
        for code in codes
        if not is_trace_code(code)
    ]
    if len(set(codes)) < len(codes):
        found.append(("traceCodes", "追溯码重复"))
    if entry.kind != MovementKind.STOCK_TAKE and len(codes) > ceil(abs(entry.quantity)):
        found.append(("traceCodes", f"追溯码 {len(codes)} 个,多于数量 {abs(entry.quantity):f}"))
    return found


def places(number: Decimal) -> int:
    """The exponent of a number's last digit."""
    exponent = number.as_tuple().exponent
    return exponent if isinstance(exponent, int) else QUANTITY_PLACES
