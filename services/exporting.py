"""Lists to take away (导出): claims, settlements, a year by prescribing institution, reconciliation."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, timedelta
from uuid import UUID

from tortoise.transactions import in_transaction

from policy.calendar import start_of_day
from policy.terms import Role
from services.actor import Actor, Call
from services.attribution import BY_HOSPITAL
from services.audit import audit
from services.clearing import get_claim
from services.errors import BadInput, Forbidden, NotFound
from services.export_lists import Export, List, span_of
from services.reconciliation_lists import answers_list, days_list, differences_list

HOSPITALS_MAX = 100_000

CLAIM = """
SELECT c.month, c.area, c.pharmacy_id, i.number, i.happened_at,
       CASE WHEN i.reversal_id IS NULL THEN '结算' ELSE '冲正' END, i.total, i.pooled, i.further, i.account,
       i.cut, i.cut_reason
FROM clearing_item i JOIN clearing_claim c ON c.id = i.claim_id WHERE c.id = $1
ORDER BY i.happened_at, i.number
"""

SETTLEMENTS = """
SELECT s.number, s.settled_at AS at, '结算', s.number, s.area, s.pharmacy_id, s.hospital_id, s.benefit,
       s.total, s.pooled_fund, s.fund_total, s.account, s.family_account, s.cash
FROM settlement s WHERE s.{column} = $1 AND s.settled_at >= $2 AND s.settled_at < $3
UNION ALL
SELECT r.number, r.reversed_at, '冲正', s.number, r.area, r.pharmacy_id, r.hospital_id, s.benefit, -r.total,
       -r.pooled_fund, -r.fund_total, -r.account, -r.family_account, -r.cash
FROM reversal r JOIN settlement s ON s.id = r.settlement_id
WHERE r.{column} = $1 AND r.reversed_at >= $2 AND r.reversed_at < $3
ORDER BY at, 1
"""

YEAR = f"""
SELECT y.hospital_id, i.name, y.settlements, y.total, y.personal, y.fund, y.budget_cost, y.budget_fund
FROM ({BY_HOSPITAL}) y JOIN institution i ON i.code = y.hospital_id ORDER BY y.hospital_id
"""


async def prepare_export(call: Call, kind: str, given: Mapping[str, str]) -> List:
    """What the caller may take away (准备导出), or why not; who took what goes on record."""
    if kind not in KINDS:
        raise NotFound("导出清单", kind)
    return await recorded(call, await KINDS[kind](call, given))


async def prepare_answers(call: Call, kind: str, given: Mapping[str, str], file: bytes) -> List:
    """What comparing the caller's own file gives (对账结果导出), or why not; it goes on record too."""
    if kind != ANSWERS:
        raise NotFound("可上传文件的导出清单", kind)
    return await recorded(call, await answers_list(call, given, file))


async def recorded(call: Call, found: List) -> List:
    """The list, with who took it on record (导出留痕)."""
    async with in_transaction():
        await audit(call, "export", "DONE", subject=found.name)
    return found


async def claim_export(call: Call, given: Mapping[str, str]) -> Export:
    """A claim with its lines (清算申报明细): of the own pharmacy, or the own area."""
    call.require("导出清算申报", Role.PHARMACY, Role.PHARMACIST, Role.AGENCY, Role.SUPERVISOR)
    try:
        key = UUID(given.get("id", ""))
    except ValueError as error:
        raise BadInput("id", "应为申报编号(UUID)。") from error
    claim = await get_claim(call.actor, key)
    heads = "清算月份 统筹区 药店 单号 时间 类别 医疗费总额 统筹基金 其他基金 个人账户(含共济) 扣减 扣减理由"
    return Export(f"claim-{claim.number}", heads.split(), CLAIM, [key])


async def settlements_export(call: Call, given: Mapping[str, str]) -> Export:
    """A period's settlements and reversals (结算清单): an institution's own, or an agency's members'."""
    column, whose = own_rows(call.actor)
    since, until = span_of(given)
    heads = (
        "单号 时间 类别 原结算编号 参保统筹区 药店 开方机构 待遇类型 医疗费总额 统筹基金 基金合计"
        " 个人账户 共济账户 现金"
    )
    span = [start_of_day(since), start_of_day(until + timedelta(days=1))]
    name = f"settlements-{whose}-{since}-{until}"
    return Export(name, heads.split(), SETTLEMENTS.format(column=column), [whose, *span])


def own_rows(actor: Actor) -> tuple[str, str]:
    """Whose settlements the caller may take away: the column and what it must hold."""
    if actor.role in (Role.PHARMACY, Role.PHARMACIST) and actor.institution:
        return "pharmacy_id", actor.institution
    if actor.role == Role.HOSPITAL and actor.institution:
        return "hospital_id", actor.institution
    if actor.role == Role.AGENCY and actor.area:
        return "area", actor.area
    raise Forbidden("导出结算清单", [Role.PHARMACY, Role.HOSPITAL, Role.AGENCY])


async def year_export(call: Call, given: Mapping[str, str]) -> Export:
    """The year by prescribing institution (年终归属, FJ-7.2): a hospital's own, or an agency's members'."""
    call.require("导出年终归属", Role.HOSPITAL, Role.AGENCY)
    try:
        year = int(given.get("year", ""))
    except ValueError as error:
        raise BadInput("year", "应为年度,如 2026。") from error
    if not 2020 <= year <= 2100:
        raise BadInput("year", f"年度应在 2020 至 2100 之间,收到 {year}。")
    actor = call.actor
    is_hospital = actor.role == Role.HOSPITAL
    starts = [start_of_day(date(one, 1, 1)) for one in (year - 1, year, year + 1)]
    whose = [actor.institution if is_hospital else None, None if is_hospital else actor.area]
    heads = (
        "开方机构 名称 结算笔数 医疗费净额 个人负担净额 基金支付净额 计入预算的药品费用 计入预算的基金支付"
    )
    name = f"hospital-year-{whose[0] or whose[1]}-{year}"
    return Export(name, heads.split(), YEAR, [*starts, *whose, "", HOSPITALS_MAX])


ANSWERS = "reconciliation"
"""The list that is made from a file of the caller's."""

KINDS: Mapping[str, Callable[[Call, Mapping[str, str]], Awaitable[List]]] = {
    "claim": claim_export,
    "settlements": settlements_export,
    "hospital-year": year_export,
    "reconciliation-days": days_list,
    "reconciliation-differences": differences_list,
}
