"""Reconciliation to take away (对账导出): the days, what differed in them, the answers to one's own file."""

from collections.abc import Mapping
from datetime import timedelta

from policy.calendar import start_of_day
from policy.reconciliation import WORDS, Amounts, Compared
from policy.terms import CaseKind, InsuranceType, ReconcileResult, Role
from services.access import SUPERVISES, supervised_pharmacy
from services.actor import Call
from services.errors import BadInput, Forbidden
from services.export_lists import Export, Known, span_of
from services.reconciling import COLUMNS, Period, read_file, reconcile_details

FILED = " ".join(f"WHEN '{result}' THEN '{word}'" for result, word in WORDS.items())

DAYS = f"""
SELECT to_char(d.day, 'YYYY-MM-DD'), i.code, i.name, d.settlements, d.reversals, d.total, d.fund_total,
       d.differences, d.compared_at, d.filed_at,
       CASE d.filed_result {FILED} ELSE '未对账' END
FROM reconciliation_day d JOIN institution i ON i.code = d.pharmacy_id
WHERE ($1 = '' OR i.{{column}} = $1) AND d.day >= $2 AND d.day <= $3
ORDER BY d.day, i.code
"""

DIFFERENCES = """
SELECT to_char(b.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD'), i.code, i.name, c.reference, b.what, b.at,
       b.total, c.text,
       CASE c.state WHEN 'OPEN' THEN '待核实' WHEN 'PROVEN' THEN '已查实' ELSE '不成立' END, c.answer,
       c.decision
FROM case_file c JOIN institution i ON i.code = c.pharmacy_id
CROSS JOIN LATERAL (
  SELECT '结算' AS what, settled_at AS at, total FROM settlement WHERE number = c.reference
  UNION ALL
  SELECT '冲正', reversed_at, -total FROM reversal WHERE number = c.reference
) b
WHERE c.kind = $4 AND ($1 = '' OR i.{column} = $1) AND b.at >= $2 AND b.at < $3
ORDER BY b.at, c.reference
"""

AMOUNTS = ("医疗费总额", "基金支付总额", "个人账户", "共济账户", "现金")
NAMES = dict(zip(COLUMNS[1:], AMOUNTS, strict=True))


async def days_list(call: Call, given: Mapping[str, str]) -> Export:
    """Every day of a pharmacy, or of an area's pharmacies (日对账清单)."""
    since, until = span_of(given)
    column, whose = await whose_days(call, given)
    heads = (
        "对账日 药店 名称 结算笔数 冲正笔数 医疗费净额 基金净额 不一致单数 平台核对时间"
        " 药店对账时间 药店对账结果"
    )
    name = f"reconciliation-days-{whose or 'all'}-{since}-{until}"
    return Export(name, heads.split(), DAYS.format(column=column), [whose, since, until])


async def differences_list(call: Call, given: Mapping[str, str]) -> Export:
    """Every number whose accounts differed within the house (日对账差异清单), and what became of it."""
    since, until = span_of(given)
    column, whose = await whose_days(call, given)
    span = [start_of_day(since), start_of_day(until + timedelta(days=1))]
    heads = "对账日 药店 名称 单号 类别 时间 医疗费总额 情况说明 线索状态 药店陈述 认定说明"
    name = f"reconciliation-differences-{whose or 'all'}-{since}-{until}"
    values = [whose, *span, CaseKind.RECONCILIATION_DIFFERENCE.value]
    return Export(name, heads.split(), DIFFERENCES.format(column=column), values)


async def whose_days(call: Call, given: Mapping[str, str]) -> tuple[str, str]:
    """Whose days the caller may take away: the column of the institution, and what it must hold.

    One pharmacy where it is named or the caller's own; else all of an agency's area, or all there are.
    """
    call.require("导出日对账", *SUPERVISES)
    actor = call.actor
    if given.get("pharmacy") or actor.role in (Role.PHARMACY, Role.PHARMACIST):
        return "code", (await supervised_pharmacy(call, "导出日对账", given.get("pharmacy"))).code
    if actor.role != Role.AGENCY:
        return "area", ""
    if not actor.area:
        raise Forbidden("导出日对账", [Role.AGENCY])
    return "area", actor.area


async def answers_list(call: Call, given: Mapping[str, str], file: bytes) -> Known:
    """The answers to a pharmacy's own file (对明细账结果, 3202), number by number; `equal=true` has all."""
    call.require("对账", Role.PHARMACY, Role.PHARMACIST)
    since, until = span_of(given)
    period = Period(since, until, given.get("area") or None, insurance_of(given))
    is_whole = given.get("equal") == "true"
    found = await reconcile_details(call, period, read_file(file))
    heads = ["单号", "结果", *(f"平台{name}" for name in AMOUNTS), *(f"机构{name}" for name in AMOUNTS)]
    rows = [row(one) for one in found if is_whole or one.result is not ReconcileResult.EQUAL]
    name = f"reconciliation-{call.actor.institution}-{since}-{until}"
    return Known(name, [*heads, "不符项目"], rows)


def insurance_of(given: Mapping[str, str]) -> InsuranceType | None:
    """The insurance that alone is compared (险种), if one is."""
    told = given.get("insurance")
    if not told:
        return None
    try:
        return InsuranceType[told]
    except KeyError as error:
        raise BadInput("insurance", f"应为 {'、'.join(one.name for one in InsuranceType)} 之一。") from error


def row(found: Compared) -> list[object]:
    """One number as a row: both sides' amounts, and which of them differ."""
    sides = [amount for side in (found.here, found.there) for amount in amounts_of(side)]
    return [found.number, WORDS[found.result], *sides, "、".join(NAMES[one] for one in found.differing)]


def amounts_of(side: Amounts | None) -> list[object]:
    """A side's amounts in their order; nothing where it has none."""
    return [getattr(side, name) if side else None for name in NAMES]
