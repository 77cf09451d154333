"""One movement as a pharmacy sends it (进销存登记), and what can be wrong with it as such."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
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


FIELDS = {
    "quantity": "quantity",
    "drug_code": "drugCode",
    "unit_cost": "unitCost",
    **{name: field for name, (field, _) in TEXTS.items()},
}
"""The fields whose values are looked at one by one, with the names callers know them by."""


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


# asked for beside what is always there: with one name alone attrgetter would not give a tuple
REQUIRED_OF = {
    kind: attrgetter("drug_code", *(name for name, _, _ in wanted)) for kind, wanted in REQUIRED.items()
}


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
    found = [
        (FIELDS[name], text)
        for name in FIELDS
        if (value := getattr(entry, name)) and (text := value_problem(name, value))
    ]
    return found + line_problems(entry, now, today, is_complete)


def value_problem(name: str, value: object) -> str:
    """What is wrong with one field's value, whatever the others say; nothing when it is empty."""
    if name not in FIELDS:
        return ""
    if isinstance(value, Decimal):
        return price_problem(value) if name == "unit_cost" else amount_problem(value)
    text = str(value)
    if name == "drug_code":
        return "" if is_drug_code(text) else f"{text!r} 不是医保药品编码"
    longest = TEXTS[name][1]
    if len(text) > longest:
        return f"不超过 {longest} 个字符,收到 {len(text)} 个"
    # a character that the database does not know
    return "含有空字符(NUL)" if "\0" in text else ""


def amount_problem(quantity: Decimal) -> str:
    """What is wrong with a quantity of any sign."""
    if abs(quantity) > QUANTITY_MAX:
        return f"一条不超过 {QUANTITY_MAX} 个包装,收到 {quantity}"
    return f"至多 4 位小数,收到 {quantity}" if places(quantity) < QUANTITY_PLACES else ""


def price_problem(price: Decimal) -> str:
    """What is wrong with a price."""
    if 0 <= price <= PRICE_MAX and places(price) >= PRICE_PLACES:
        return ""
    return f"应在 0 至 {PRICE_MAX} 之间、至多 6 位小数,收到 {price}"


def line_problems(entry: StockEntry, now: datetime, today: date, is_complete: bool) -> list[tuple[str, str]]:
    """What is wrong with how the fields of one movement go together."""
    if entry.kind not in SIGNS:
        return [("kind", f"{entry.kind} 由结算产生,不能手工登记")]
    found = []
    if text := sign_problem(entry.kind, entry.quantity):
        found.append(("quantity", text))
    if not entry.drug_code:
        found.append(("drugCode", "缺少医保药品编码"))
    found += date_problems(entry, now, today)
    # mostly all is there; only a gift's price may be nothing
    if is_complete and not all(REQUIRED_OF[entry.kind](entry)):
        for name, field, words in REQUIRED[entry.kind]:
            if getattr(entry, name) in ("", None):
                found.append((field, f"缺少{words}"))
    if entry.trace_codes:
        found += trace_problems(entry)
    return found


def sign_problem(kind: MovementKind, quantity: Decimal) -> str:
    """What is wrong with the sign of a quantity."""
    sign = SIGNS[kind]
    if sign and quantity * sign <= 0:
        return f"{kind} 的数量应{'大于' if sign > 0 else '小于'} 0,收到 {quantity}"
    if kind == MovementKind.STOCK_TAKE:
        return f"盘点数量不能为负,收到 {quantity}" if quantity < 0 else ""
    return "" if quantity else "数量不能为 0"


def date_problems(entry: StockEntry, now: datetime, today: date) -> list[tuple[str, str]]:
    """What is wrong with the days of a movement."""
    found = []
    made_on, expires_on = entry.made_on, entry.expires_on
    if made_on and expires_on and made_on > expires_on:
        found.append(("expiresOn", f"有效期止 {expires_on} 早于生产日期 {made_on}"))
    if made_on and made_on > today:
        found.append(("madeOn", f"生产日期 {made_on} 在今天之后"))
    if entry.happened_at and entry.happened_at > now:
        found.append(("happenedAt", "发生时间在现在之后"))
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
