"""Trace codes (药品追溯码, CN-TRACE): the first seven digits name the drug, a box is sold once."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from math import ceil, floor
from uuid import UUID

from models import Case, Drug, FillLine, Institution, TraceCode, TracePrefix
from policy.dispensing import TracedLine, check_traces
from policy.rule import broken
from policy.terms import CaseKind, DrugKind, ListClass, MovementKind, TraceState
from policy.violation import Code, Violation
from services.bulk import run
from services.entries import StockEntry
from services.errors import Refused

PREFIX_DIGITS = 7

TAKE_IN = """
INSERT INTO trace_code (id, code, drug_id, pharmacy_id, state, is_split, changed_at)
SELECT gen_random_uuid(), n.code, n.drug_id, n.pharmacy_id, 'IN_STOCK', false, n.at
FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[]) AS n(code, drug_id, pharmacy_id, at)
ORDER BY n.code ON CONFLICT (code, pharmacy_id) WHERE state = 'IN_STOCK' DO NOTHING
"""

TAKE_OUT = """
DELETE FROM trace_code t USING unnest($1::text[], $2::text[]) AS n(code, pharmacy_id)
WHERE t.code = n.code AND t.pharmacy_id = n.pharmacy_id AND t.state = 'IN_STOCK'
"""

ONE_AT_A_TIME = """
SELECT pg_advisory_xact_lock(hashtextextended(code, 7))
FROM (SELECT unnest($1::text[]) AS code ORDER BY 1) AS c
"""

SOLD = """
SELECT t.code, t.is_split, t.pharmacy_id, t.fill_line_id, n.is_split AS now_split
FROM trace_code t JOIN unnest($1::text[], $2::bool[]) AS n(code, is_split) ON n.code = t.code
WHERE t.state = 'SOLD' AND NOT (t.is_split AND n.is_split) ORDER BY t.code
"""


async def foreign_codes(
    numbered: Iterable[tuple[int, StockEntry]], where: Callable[[int], str]
) -> list[Violation]:
    """The codes of movements that name another drug; `where` says how a message begins."""
    traced = [(number, entry) for number, entry in numbered if entry.trace_codes]
    if not traced:
        return []
    known = await prefixes(entry.drug_code for _, entry in traced)
    return [
        foreign(code, entry.drug_code, str(number), where(number))
        for number, entry in traced
        for code in entry.trace_codes
        if names_other(code, known[entry.drug_code])
    ]


async def prefixes(drug_codes: Iterable[str]) -> dict[str, set[str]]:
    """The first seven digits by which each drug is known (追溯码标识码); none when nobody registered any."""
    found: dict[str, set[str]] = defaultdict(set)
    for row in await TracePrefix.filter(drug_id__in=list(set(drug_codes))):
        found[row.drug_id].add(row.prefix)
    return found


def names_other(code: str, known: set[str]) -> bool:
    """Whether the code begins as this drug's codes never do."""
    return bool(known) and code[:PREFIX_DIGITS] not in known


async def take_in(pharmacy: Institution, entries: Sequence[StockEntry], now: datetime) -> None:
    """Remember the boxes that came, forget those that left unsold (追溯码出入库)."""
    traced = [entry for entry in entries if entry.trace_codes]
    came = [(code, entry.drug_code) for entry in traced if entry.quantity > 0 for code in entry.trace_codes]
    left = [
        code
        for entry in traced
        if entry.quantity < 0 or entry.kind == MovementKind.STOCK_TAKE
        for code in entry.trace_codes
    ]
    if came:
        size = len(came)
        codes, drugs = [code for code, _ in came], [drug for _, drug in came]
        await run(TAKE_IN, codes, drugs, [pharmacy.code] * size, [now] * size)
    if left := sorted(set(left) - {code for code, _ in came}):
        await run(TAKE_OUT, left, [pharmacy.code] * len(left))


def boxes(line: FillLine) -> list[tuple[str, bool]]:
    """A line's codes, and whether each stands for a part of an opened package (拆零)."""
    whole = floor(line.quantity)
    return [(code, number >= whole) for number, code in enumerate(line.trace_codes)]


async def scan_violations(lines: Sequence[FillLine]) -> list[Violation]:
    """What is wrong with the codes scanned for a fill, sold boxes aside."""
    known = await prefixes(line.drug_id for line in lines)
    found = [
        foreign(code, line.drug_id, str(line.id))
        for line in lines
        for code in line.trace_codes
        if names_other(code, known[line.drug_id])
    ]
    seen: set[str] = set()
    for line in lines:
        if len(line.trace_codes) > ceil(line.quantity):
            text = f"药品 {line.drug_id} 共 {line.quantity:f} 个包装,扫了 {len(line.trace_codes)} 个追溯码。"
            found.append(broken(Code.INVALID_VALUE, "CN-TRACE", text, line_id=str(line.id)))
        for code in line.trace_codes:
            if code in seen:
                found.append(sold_twice(code, str(line.id)))
            seen.add(code)
    return found


def missing(area: str, on: date, lines: Sequence[FillLine], drugs: Mapping[str, Drug]) -> list[Violation]:
    """Insured lines whose boxes were not all scanned (结算前扫码)."""
    traced = [
        TracedLine(
            id=str(line.prescription_line_id),
            drug_code=line.drug_id,
            boxes=ceil(line.quantity),
            scanned=len(line.trace_codes),
        )
        for line in lines
        if drugs[line.drug_id].list_class != ListClass.C
        and drugs[line.drug_id].kind != DrugKind.HERBAL_PIECES
    ]
    return check_traces(area, on, traced)


async def refuse_sold(pharmacy_code: str, lines: Sequence[FillLine], now: datetime) -> None:
    """Refuse boxes that were sold before, and open a case for each (追溯码重复)."""
    scanned = [(code, split, line) for line in lines for code, split in boxes(line)]
    if not scanned:
        return
    rows = await run(SOLD, [code for code, _, _ in scanned], [split for _, split, _ in scanned])
    by_code = {code: line for code, _, line in scanned}
    own = {line.id for line in lines}
    rows = [row for row in rows if row["fill_line_id"] not in own]
    if rows:
        raise Refused(
            [sold_twice(row["code"], str(by_code[row["code"]].prescription_line_id)) for row in rows],
            cases=[double(pharmacy_code, by_code[row["code"]], row, now) for row in rows],
        )


async def sell(pharmacy_code: str, lines: Sequence[FillLine], now: datetime) -> None:
    """Mark the boxes of a settlement as sold (追溯码核销); one that was sold before ends it."""
    codes = [code for line in lines for code in line.trace_codes]
    if not codes:
        return
    await run(ONE_AT_A_TIME, codes)
    await refuse_sold(pharmacy_code, lines, now)
    await run(TAKE_OUT, codes, [pharmacy_code] * len(codes))
    await TraceCode.bulk_create(
        TraceCode(
            code=code,
            drug_id=line.drug_id,
            pharmacy_id=pharmacy_code,
            state=TraceState.SOLD,
            is_split=is_split,
            fill_line_id=line.id,
            changed_at=now,
        )
        for line in lines
        for code, is_split in boxes(line)
    )


async def free(fill_line_ids: Sequence[UUID], now: datetime) -> None:
    """Boxes that came back may be sold again (追溯码释放)."""
    sold = TraceCode.filter(fill_line_id__in=list(fill_line_ids), state=TraceState.SOLD)
    rows = await sold
    await sold.update(state=TraceState.RETURNED, changed_at=now)
    whole = [row for row in rows if not row.is_split]
    if whole:
        await run(
            TAKE_IN,
            [row.code for row in whole],
            [row.drug_id for row in whole],
            [row.pharmacy_id for row in whole],
            [now] * len(whole),
        )


def double(pharmacy_code: str, line: FillLine, row: dict[str, object], now: datetime) -> Case:
    """The case of a box that is sold a second time."""
    code = str(row["code"])
    return Case(
        key=f"{CaseKind.DOUBLE_TRACE}:{pharmacy_code}:{code}:{line.fill_id}",
        kind=CaseKind.DOUBLE_TRACE,
        pharmacy_id=pharmacy_code,
        drug_id=line.drug_id,
        fill_id=line.fill_id,
        reference=code,
        text=f"追溯码 {code} 已由 {row['pharmacy_id']} 售出,又在 {pharmacy_code} 扫码销售。",
        evidence=[str(line.id), *([str(row["fill_line_id"])] if row["fill_line_id"] else [])],
        opened_at=now,
        opened_by="追溯码核对",
    )


def foreign(code: str, drug_code: str, line_id: str, where: str = "") -> Violation:
    """The code belongs to another drug."""
    text = (
        f"{where}追溯码 {code} 的前七位 {code[:PREFIX_DIGITS]} 不属于药品 {drug_code}。请核对药品后重新扫码。"
    )
    return broken(Code.TRACE_CODE_WRONG_DRUG, "CN-TRACE", text, line_id=line_id)


def sold_twice(code: str, line_id: str) -> Violation:
    """The box was sold already."""
    text = f"追溯码 {code} 已售出过,一盒只能销售一次。请换一盒并报告;此事已留下记录。"
    return broken(Code.TRACE_CODE_SOLD, "CN-TRACE", text, line_id=line_id)
