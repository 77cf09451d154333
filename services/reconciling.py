"""Compare a pharmacy's accounts with the house's (对总账、对明细账): reversals count, below zero."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any

from models import Reversal, Settlement
from policy.calendar import start_of_day
from policy.money import FEN
from policy.reconciliation import Amounts, Compared, Totals, compare, compare_totals, net
from policy.terms import InsuranceType, ReconcileResult, Role
from services.actor import Call
from services.daily import filed
from services.errors import BadInput, check_text
from services.spans import check_span

DAYS_MAX = 31
LINES_MAX = 20_000
COLUMNS = ("number", "total", "fund_total", "account", "family_account", "cash")
NEEDED = ("number", "total", "fund_total", "account")
MISSING = ("", "null")
"""How the national files write that there is no value."""


@dataclass(frozen=True, slots=True)
class Period:
    """Which settlements are compared (对账范围): legal days, both included; None is every one."""

    since: date
    until: date
    area: str | None = None
    insurance: InsuranceType | None = None

    def check(self) -> None:
        """Refuse a span that is none."""
        check_span(self.since, self.until, DAYS_MAX)

    @property
    def is_whole(self) -> bool:
        """Whether nothing of the days is left out (未按统筹区、险种筛选)."""
        return self.area is None and self.insurance is None

    def rows(self, pharmacy: str, by: str, to_fill: str) -> dict[str, Any]:
        """The filter of the rows of a pharmacy whose instant `by` lies in the period."""
        found: dict[str, Any] = {
            "pharmacy_id": pharmacy,
            f"{by}__gte": start_of_day(self.since),
            f"{by}__lt": start_of_day(self.until + timedelta(days=1)),
        }
        if self.area is not None:
            found["area"] = self.area
        if self.insurance is not None:
            found[f"{to_fill}__prescription__insurance"] = self.insurance
        return found


@dataclass(frozen=True, slots=True)
class TotalsAnswer:
    """What comparing totals found (对总账结果)."""

    result: ReconcileResult
    differing: Sequence[str]
    here: Totals


async def reconcile_totals(call: Call, period: Period, there: Totals) -> TotalsAnswer:
    """Compare the sums of a period (对总账, 3201)."""
    here = totals(await booked(call, period))
    result, differing = compare_totals(here, there)
    if period.is_whole:
        await filed(call, period.since, period.until, result)
    return TotalsAnswer(result, differing, here)


async def reconcile_details(call: Call, period: Period, there: Mapping[str, Amounts]) -> list[Compared]:
    """Compare settlement by settlement (对明细账, 3202): equal, only here, only there, amounts differ."""
    here = {number: amounts for number, (_, amounts) in (await booked(call, period)).items()}
    found = list(compare(here, there))
    if period.is_whole:
        await filed(call, period.since, period.until, overall(found))
    return found


def overall(found: Sequence[Compared]) -> ReconcileResult:
    """One word for all the lines (总体结果): what they have in common, or that they differ."""
    results = {one.result for one in found} - {ReconcileResult.EQUAL}
    if not results:
        return ReconcileResult.EQUAL
    return results.pop() if len(results) == 1 else ReconcileResult.DIFFERENT


async def booked(call: Call, period: Period) -> dict[str, tuple[int, Amounts]]:
    """What the caller's pharmacy settled and took back in the period: by number, with its sign."""
    call.require("对账", Role.PHARMACY, Role.PHARMACIST)
    period.check()
    pharmacy = call.actor.institution or ""
    found: dict[str, tuple[int, Amounts]] = {}
    for model, by, to_fill, sign in (
        (Settlement, "settled_at", "fill", 1),
        (Reversal, "reversed_at", "settlement__fill", -1),
    ):
        rows = model.filter(**period.rows(pharmacy, by, to_fill)).values_list(*COLUMNS)
        for number, *amounts in await rows:
            found[number] = (sign, net(Amounts(*amounts), sign))
    return found


def totals(rows: Mapping[str, tuple[int, Amounts]]) -> Totals:
    """The sums of what was booked, reversals taken off."""
    signs = [sign for sign, _ in rows.values()]
    amounts = {
        name: sum((getattr(one, name) for _, one in rows.values()), Decimal(0).quantize(FEN))
        for name in COLUMNS[1:]
    }
    return Totals(signs.count(1), signs.count(-1), Amounts(**amounts))


def read_file(data: bytes) -> dict[str, Amounts]:
    """A pharmacy's own file (机构明细文件): CSV or tab-separated, UTF-8, with a head of column names."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput("file", "应为 UTF-8 编码的 CSV 文件。请另存为 UTF-8 后重发。") from error
    head = text.split("\n", 1)[0]
    rows = csv.DictReader(StringIO(text), delimiter="\t" if "\t" in head else ",")
    names = [name.strip() for name in rows.fieldnames or ()]
    if lacking := [name for name in NEEDED if name not in names]:
        raise BadInput("file", f"首行缺少列 {'、'.join(lacking)};可用的列为 {'、'.join(COLUMNS)}。")
    rows.fieldnames = names
    found: dict[str, Amounts] = {}
    for line, row in enumerate(rows, 2):
        number = (row["number"] or "").strip()
        amounts = {name: amount_of(row.get(name), f"file 第 {line} 行 {name}") for name in COLUMNS[1:]}
        add(found, number, Amounts(**amounts), f"file 第 {line} 行")
    return found


def add(found: dict[str, Amounts], number: str, amounts: Amounts, where: str) -> None:
    """Add a line of the pharmacy's, each number once."""
    check_text(where, number, 30)
    if not number:
        raise BadInput(where, "缺少单号 number。")
    if number in found:
        raise BadInput(where, f"单号 {number} 重复。请每笔只列一次,冲正用冲正单号。")
    if len(found) >= LINES_MAX:
        raise BadInput(where, f"一次至多 {LINES_MAX} 条。请按日分次对账。")
    found[number] = amounts


def amount_of(text: str | None, where: str) -> Decimal | None:
    """An amount of a file, to the fen; none where the file says there is none."""
    if text is None or text.strip() in MISSING:
        return None
    try:
        amount = Decimal(text.strip())
        if not amount.is_finite() or amount != amount.quantize(FEN):
            raise InvalidOperation
    except InvalidOperation as error:
        raise BadInput(where, f"{text.strip()[:20]!r} 不是金额:应为至多两位小数的十进制数。") from error
    return amount
