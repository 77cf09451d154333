"""Electronic invoices (电子发票): what one looks like, and which amount it must have."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from policy.calendar import shanghai_day
from policy.money import ZERO
from policy.rule import broken
from policy.violation import Code, Violation

RULE = "YL-INVOICE"

FORMS = (
    # 数电发票; 增值税电子普通发票; 医疗收费电子票据: code, number, check code
    (r"", r"\d{20}", r""),
    (r"\d{10}|\d{12}", r"\d{8}", r"\d{20}"),
    (r"\d{8}", r"\d{10}", r"[0-9A-Za-z]{6}"),
)


@dataclass(frozen=True, slots=True)
class Taken:
    """A reversal as an invoice sees it (冲正): when, how much of the total, in yuan."""

    at: datetime
    total: Decimal


def is_well_formed(code: str, number: str, check_code: str) -> bool:
    """Whether these can be the code, number and check code of one kind of invoice (票号格式)."""
    parts = (code, number, check_code)
    return any(
        all(re.fullmatch(wanted, part, re.ASCII) for wanted, part in zip(form, parts, strict=True))
        for form in FORMS
    )


def blue_amount(total: Decimal, reversals: Sequence[Taken], issued_at: datetime) -> Decimal:
    """What the invoice of a settlement must come to (蓝字发票金额): what stood of it when it was issued."""
    return total - sum((one.total for one in reversals if one.at <= issued_at), ZERO)


def needs_red(reversal: Taken, blue_issued_at: datetime | None) -> bool:
    """Whether a reversal asks for a red invoice (须冲红): the blue one was issued before it."""
    return blue_issued_at is not None and reversal.at > blue_issued_at


def check_amount(amount: Decimal, due: Decimal) -> list[Violation]:
    """Whether an invoice has the amount it must have (发票金额)."""
    if due <= ZERO:
        return [not_possible("该结算在开票前已全部冲正,不应开具发票。请核对结算与开具时间。")]
    if amount == due:
        return []
    text = f"发票金额 {amount:.2f} 元与应开金额 {due:.2f} 元不符。请核对后重新开具。"
    limit, actual = f"{due:.2f} 元", f"{amount:.2f} 元"
    return [broken(Code.INVOICE_NOT_POSSIBLE, RULE, text, limit=limit, actual=actual)]


def check_days(issued_at: datetime, since: datetime, now: datetime) -> list[Violation]:
    """Whether an invoice was issued between what it is of and today (开具日期), by legal days."""
    day, first, last = shanghai_day(issued_at), shanghai_day(since), shanghai_day(now)
    if first <= day <= last:
        return []
    text = f"发票开具日期 {day} 应在 {first} 至 {last} 之间。请核对开具时间。"
    return [broken(Code.INVOICE_NOT_POSSIBLE, RULE, text, actual=str(day))]


def not_possible(text: str) -> Violation:
    """The invoice can't be recorded."""
    return broken(Code.INVOICE_NOT_POSSIBLE, RULE, text)
