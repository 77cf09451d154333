"""What becomes of a case (监管线索): the pharmacy answers, the agency decides."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from tortoise.expressions import Q

from models import Case, Institution
from policy.calendar import shanghai_day
from policy.parameters import ParameterNotFound
from policy.rule import broken
from policy.supervision import false_stock_exit
from policy.terms import CaseKind, CaseState, EventKind, Role
from policy.violation import Code
from services.access import cases_of, get_case
from services.actor import Actor
from services.errors import BadInput, Refused, check_text
from services.topics import area_topic, institution_topic, member_topic
from services.use_case import Work, use_case

ANSWER_MAX, DECISION_MAX = 1000, 500

DECIDED = {CaseState.PROVEN: EventKind.CASE_PROVEN, CaseState.DISMISSED: EventKind.CASE_DISMISSED}


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases are asked for (线索筛选); `since` and `until` are instants, the second excluded."""

    kind: CaseKind | None = None
    state: CaseState | None = None
    pharmacy_code: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def condition(self, actor: Actor) -> Q:
        """The cases that fit and that the caller may see."""
        if self.pharmacy_code is not None:
            check_text("pharmacyCode", self.pharmacy_code, 12)
        asked: dict[str, Any] = {
            "kind": self.kind,
            "state": self.state,
            "pharmacy_id": self.pharmacy_code,
            "opened_at__gte": self.since,
            "opened_at__lt": self.until,
        }
        given = {name: value for name, value in asked.items() if value is not None}
        return cases_of(actor) & Q(**given) if given else cases_of(actor)


@use_case("answerCase", Case)
async def answer_case(work: Work, case_id: UUID, text: str) -> Case:
    """A pharmacy says its side (陈述申辩), once and before the decision."""
    work.call.require("陈述申辩", Role.PHARMACY, Role.PHARMACIST)
    if not text.strip():
        raise BadInput("text", "请写明陈述申辩的内容。")
    check_text("text", text, ANSWER_MAX)
    case = await lock_case(work, case_id)
    require_open(case)
    if case.answered_at is not None:
        raise Refused(
            [broken(Code.STATE_FORBIDS, "YL-20", "本店已就该线索陈述申辩过。如需补充,请联系医保经办机构。")]
        )
    case.answer, case.answered_at = text, work.now
    await case.save(update_fields=["answer", "answered_at"])
    await tell(work, case, EventKind.CASE_ANSWERED)
    return case


@use_case("decideCase", Case)
async def decide_case(work: Work, case_id: UUID, outcome: CaseState, reason: str) -> Case:
    """The agency finds a case proven or not (认定, FJ-9.4); much proven is a ground to leave (FJ-9.5)."""
    work.call.require("认定线索", Role.AGENCY)
    if outcome not in DECIDED:
        raise BadInput("outcome", "应为 PROVEN 或 DISMISSED。")
    if not reason.strip():
        raise BadInput("reason", "请写明认定的理由。")
    check_text("reason", reason, DECISION_MAX)
    case = await lock_case(work, case_id)
    require_open(case)
    case.state, case.decision = outcome, reason
    case.decided_at, case.decided_by = work.now, work.actor.caller
    await case.save(update_fields=["state", "decision", "decided_at", "decided_by"])
    await tell(work, case, DECIDED[outcome])
    if case.kind == CaseKind.FALSE_STOCK and outcome == CaseState.PROVEN:
        await warn_of_exit(work, case)
    return case


async def lock_case(work: Work, case_id: UUID) -> Case:
    """The case, locked; false stock with its likes, for two decisions at once would miscount."""
    seen = await get_case(work.actor, case_id)
    wanted = Q(id=case_id)
    if seen.kind == CaseKind.FALSE_STOCK:
        wanted |= Q(pharmacy_id=seen.pharmacy_id, kind=seen.kind)
    locked = await Case.select_for_update().filter(wanted).order_by("id")
    return next(case for case in locked if case.id == case_id)


def require_open(case: Case) -> None:
    """Refuse what comes after the decision."""
    if case.state != CaseState.OPEN:
        word = "已查实" if case.state == CaseState.PROVEN else "已认定不成立"
        raise Refused([broken(Code.STATE_FORBIDS, "YL-20", f"该线索{word},不再更改。有新的事实请另行立案。")])


async def warn_of_exit(work: Work, case: Case) -> None:
    """Open the case that says that the agreement is to end, when enough were proven (FJ-9.5)."""
    pharmacy = await Institution.get(code=case.pharmacy_id)
    today = shanghai_day(work.now)
    proven = (
        await Case.filter(pharmacy_id=pharmacy.code, kind=CaseKind.FALSE_STOCK, state=CaseState.PROVEN)
        .order_by("decided_at")
        .all()
    )
    days = {row.id: day_of(row.decided_at) for row in proven}
    try:
        ground = false_stock_exit(pharmacy.area, today, list(days.values()))
    except ParameterNotFound:
        return  # no regulation of this area and day names such a ground
    if ground is None:
        return
    counted = [str(key) for key, day in days.items() if ground.since <= day]
    alert = Case(
        key=f"{CaseKind.REPEATED_FALSE_STOCK}:{pharmacy.code}:{ground.since.isoformat()}",
        kind=CaseKind.REPEATED_FALSE_STOCK,
        pharmacy_id=pharmacy.code,
        text=ground.text,
        evidence=counted,
        opened_at=work.now,
        opened_by="多次查实",
    )
    await work.open_cases([alert])


def day_of(instant: datetime | None) -> date:
    """The legal day of a decision that was taken."""
    assert instant is not None, "a proven case says when it was decided"
    return shanghai_day(instant)


async def tell(work: Work, case: Case, kind: EventKind) -> None:
    """Tell the pharmacy, its agency, and who complained."""
    pharmacy = await Institution.get(code=case.pharmacy_id)
    topics: Sequence[str] = [institution_topic(pharmacy.code), area_topic(pharmacy.area)]
    if case.complainant_id is not None:
        topics = [*topics, member_topic(case.complainant_id)]
    work.tell(kind, *topics, fill_id=case.fill_id, subject_id=case.id)
