"""What a reversal would do (冲正预算): which lines, how much to whom, which other settlements it touches."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from models import Fill, FillLine, Prescription, Reversal, ReversalLine, Settlement, SettlementLine
from policy.benefit import BillFacts, Statement
from policy.benefit.kept import restored
from policy.benefit.reversal import Effect, Settled, effects, refund, remaining
from policy.calendar import shanghai_day, start_of_day
from policy.dispensing import check_reversal
from policy.rule import broken
from policy.terms import GoodsFate, Role
from policy.violation import Code, Violation
from services.errors import BadInput, Refused
from services.law import lawful


@dataclass(frozen=True, slots=True)
class Wish:
    """What the caller wants to take back (冲正请求): numbers of lines, each with its goods; None is all."""

    goods: GoodsFate
    lines: Sequence[tuple[int, GoodsFate | None]] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """A line to take back (冲正明细), with the fill line behind it."""

    line: SettlementLine
    fill_line: FillLine
    goods: GoodsFate


@dataclass(frozen=True, slots=True)
class Touched:
    """Another settlement of the member that would be different (受影响的结算), and by how much."""

    settlement_id: UUID
    effect: Effect

    def form(self) -> dict[str, str]:
        """As it is kept with the reversal."""
        found = self.effect
        return {
            "settlement": str(self.settlement_id),
            "deductible": str(found.deductible),
            "pooled": str(found.pooled),
            "fund": str(found.fund),
            "personal": str(found.personal),
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """A reversal before it is done (冲正预算)."""

    settlement: Settlement
    sequence: int
    lines: Sequence[Taken]
    before: Statement
    after: Statement | None
    back: dict[str, Decimal]
    effects: Sequence[Touched]
    violations: list[Violation]


async def plan_of(settlement: Settlement, fill: Fill, wish: Wish, role: Role, now: datetime) -> Plan:
    """Work out a reversal; raises `Refused` when the lines asked for can't be taken back at all."""
    prescription = await Prescription.get(id=fill.prescription_id)
    earlier = await Reversal.filter(settlement_id=settlement.id).order_by("sequence")
    left = await lines_left(settlement)
    chosen = choose(left, wish)
    before = standing(settlement, earlier)
    kept = {key for key in left if key not in {str(one.fill_line.prescription_line_id) for one in chosen}}
    after = what_remains(settlement, kept)
    back = refund(before, after)
    if any(amount < 0 for amount in back.values()):
        raise Refused([only_whole(settlement, "参数已更正,剩余明细重算后与原结算不一致")])
    with lawful():
        violations = check_reversal(
            prescription.area,
            settlement.settled_at,
            now,
            role,
            fill.state,
            {str(one.line.number): one.goods for one in chosen},
        )
    found = await touched(settlement, prescription, after, now)
    return Plan(settlement, len(earlier) + 1, chosen, before, after, back, found, violations)


async def lines_left(settlement: Settlement) -> dict[str, tuple[SettlementLine, FillLine]]:
    """The lines not yet taken back, by the id of the prescription line."""
    lines = await SettlementLine.filter(settlement_id=settlement.id).order_by("number")
    behind = await FillLine.filter(fill_id=settlement.fill_id).order_by("prescription_line__number")
    gone = set(
        await ReversalLine.filter(settlement_line_id__in=[line.id for line in lines]).values_list(
            "settlement_line_id", flat=True
        )
    )
    return {
        str(fill_line.prescription_line_id): (line, fill_line)
        for line, fill_line in zip(lines, behind, strict=True)
        if line.id not in gone
    }


def choose(left: dict[str, tuple[SettlementLine, FillLine]], wish: Wish) -> list[Taken]:
    """The lines that are wanted, each with what becomes of its goods."""
    by_number = {line.number: (line, fill_line) for line, fill_line in left.values()}
    if wish.lines is None:
        return [Taken(line, fill_line, wish.goods) for line, fill_line in left.values()]
    numbers = [number for number, _ in wish.lines]
    if not numbers or len(set(numbers)) != len(numbers):
        raise BadInput("lines", "请给出至少一条、且不重复的结算明细序号;缺省为全部。")
    if gone := [number for number in numbers if number not in by_number]:
        raise Refused([not_there(number) for number in gone])
    return [Taken(*by_number[number], goods or wish.goods) for number, goods in wish.lines]


def standing(settlement: Settlement, earlier: Sequence[Reversal]) -> Statement:
    """What stands of a settlement that is not wholly reversed."""
    form = earlier[-1].remaining if earlier else settlement.statement
    assert form is not None, f"settlement {settlement.number} is wholly reversed and its fill is not"
    return restored(Statement, form)


def what_remains(settlement: Settlement, kept: set[str]) -> Statement | None:
    """The statement of the lines that stay."""
    if not kept:
        return None
    if settlement.facts is None:
        raise Refused([only_whole(settlement, "结算时尚未留存计算依据")])
    facts = restored(BillFacts, settlement.facts)
    with lawful():
        return remaining(facts, restored(Statement, settlement.statement), kept)


async def touched(
    settlement: Settlement, prescription: Prescription, after: Statement | None, now: datetime
) -> list[Touched]:
    """The member's other settlements that would be different (对其他结算的影响), with this one taken back."""
    year = shanghai_day(settlement.settled_at).year
    # the year after too: something of this one may be carried over into it (YL-CARRY)
    in_years = Q(
        settled_at__gte=start_of_day(date(year, 1, 1)), settled_at__lt=start_of_day(date(year + 2, 1, 1))
    )
    same_visit = Q(hospital_id=settlement.hospital_id, fill__prescription__visit_no=prescription.visit_no)
    rows = (
        await Settlement.filter(in_years | same_visit, member_id=settlement.member_id, facts__isnull=False)
        .prefetch_related("fill__prescription", "reversals")
        .order_by("settled_at", "id")
    )
    history = [settled(row) for row in rows]
    key = str(settlement.id)
    changed = [replace(one, stands=(*one.stands, (now, after))) if one.key == key else one for one in history]
    with lawful():
        return [Touched(UUID(one.key), one) for one in effects(history, changed) if one.key != key]


def settled(row: Settlement) -> Settled:
    """A settlement with everything that stood of it."""
    assert row.facts is not None
    reversals = sorted(row.reversals, key=lambda one: one.sequence)
    stands = (
        (row.settled_at, restored(Statement, row.statement)),
        *((one.reversed_at, kept_statement(one.remaining)) for one in reversals),
    )
    visit = f"{row.hospital_id}:{row.fill.prescription.visit_no}"
    return Settled(str(row.id), visit, restored(BillFacts, row.facts), stands)


def kept_statement(form: dict[str, Any] | None) -> Statement | None:
    """A statement that was kept, if anything remained."""
    return None if form is None else restored(Statement, form)


def not_there(number: int) -> Violation:
    """The line was taken back already, or never was."""
    text = f"结算明细 {number} 不存在或已冲正过。请重新读取结算,只选未冲正的明细。"
    return broken(Code.LINE_REVERSED, "YL-REVERSAL", text, line_id=str(number))


def only_whole(settlement: Settlement, why: str) -> Violation:
    """The settlement can be reversed as a whole only."""
    text = f"结算 {settlement.number} 不能按行冲正:{why}。请整单冲正后重新结算。"
    return broken(Code.WHOLE_REVERSAL_ONLY, "YL-REVERSAL", text)
