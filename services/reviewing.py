"""The pharmacist reviews (审方), asks the prescriber, prepares; or the fill ends early."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from models import Fill, FillLine, Pharmacist, PrescriberQuery, Prescription
from policy.calendar import shanghai_day
from policy.dispensing import check_review
from policy.identifiers import is_trace_code
from policy.rule import broken
from policy.states import FILL_TRANSITIONS
from policy.terms import DeclineReason, EventKind, FillState, Role
from policy.violation import Code
from services import facts, traces
from services.errors import BadInput, NotFound, Refused, check_text
from services.false_stock import open_false_stock
from services.fills import end_fill, lock_fill, move, require_buyer, require_transition, tell
from services.law import lawful
from services.topics import institution_topic
from services.use_case import Work, use_case


@use_case("approveFill", Fill)
async def approve_fill(work: Work, fill_id: UUID, advice: str) -> Fill:
    """Approve a fill with advice on use (审方通过, FJ-5.5)."""
    work.call.require("审方", Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    pharmacist = await reviewer(work, fill, "approve")
    await require_upheld(fill)
    if not advice.strip():
        raise BadInput("advice", "请填写用药指导(用法、用量、注意事项)。")
    check_text("advice", advice, 500)
    await move(
        work,
        fill,
        FillState.APPROVED,
        EventKind.FILL_APPROVED,
        pharmacist_id=pharmacist.code,
        reviewed_at=work.now,
        advice=advice,
    )
    return fill


@use_case("rejectFill", Fill)
async def reject_fill(work: Work, fill_id: UUID, reason: str) -> Fill:
    """Reject a fill (审方不通过): its lines open again, the patient is told why."""
    work.call.require("审方", Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    pharmacist = await reviewer(work, fill, "reject")
    require_reason(reason)
    fill.pharmacist_id, fill.reviewed_at = pharmacist.code, work.now
    await fill.save(update_fields=["pharmacist_id", "reviewed_at"])
    await end_fill(work, fill, FillState.REJECTED, reason, EventKind.FILL_REJECTED)
    return fill


@use_case("queryPrescriber", PrescriberQuery)
async def query_prescriber(work: Work, fill_id: UUID, question: str) -> PrescriberQuery:
    """Ask the prescriber about a prescription (审方质疑, FJ-5.5): the hospital is told at once."""
    work.call.require("审方", Role.PHARMACIST)
    prescription, fill = await lock_fill(work, fill_id)
    await reviewer(work, fill, "query")
    if not question.strip():
        raise BadInput("question", "请写明对处方的疑问。")
    check_text("question", question, 500)
    query = await PrescriberQuery.create(fill=fill, question=question, asked_at=work.now)
    fill.state = FillState.QUERIED
    await fill.save(update_fields=["state"])
    tell(work, fill, EventKind.FILL_QUERIED, query.id, institution_topic(prescription.hospital_id))
    return query


@use_case("answerQuery", PrescriberQuery)
async def answer_query(work: Work, query_id: UUID, answer: str, upholds: bool) -> PrescriberQuery:
    """Answer a pharmacist's query (答复审方质疑)."""
    work.call.require("答复审方质疑", Role.HOSPITAL)
    seen = await PrescriberQuery.get_or_none(
        id=query_id, fill__prescription__hospital_id=work.actor.institution
    )
    if seen is None:
        raise NotFound("审方质疑", query_id)
    if not answer.strip():
        raise BadInput("answer", "请写明答复内容。")
    check_text("answer", answer, 500)
    prescription, fill = await lock_fill(work, seen.fill_id)
    query = await PrescriberQuery.select_for_update().get(id=query_id)
    require_transition(work, "answer", fill)
    if query.answered_at is not None:
        text = "该质疑已答复过。如需补充,请联系药店。"
        raise Refused([broken(Code.STATE_FORBIDS, "YL-4", text)])
    query.answer, query.upholds, query.answered_at = answer, upholds, work.now
    await query.save(update_fields=["answer", "upholds", "answered_at"])
    fill.state = FILL_TRANSITIONS["answer"].target
    await fill.save(update_fields=["state"])
    tell(work, fill, EventKind.QUERY_ANSWERED, query.id, institution_topic(prescription.hospital_id))
    return query


@use_case("markReady", Fill)
async def mark_ready(
    work: Work, fill_id: UUID, trace_codes: Sequence[tuple[UUID, Sequence[str]]] = ()
) -> Fill:
    """Say that the drugs are prepared (备药完成), with the trace codes scanned for each line."""
    work.call.require("备药", Role.PHARMACY, Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    require_transition(work, "mark_ready", fill)
    await keep_trace_codes(fill, trace_codes, work.now)
    await move(work, fill, FillState.READY, EventKind.FILL_READY, ready_at=work.now)
    return fill


@use_case("cancelFill", Fill)
async def cancel_fill(work: Work, fill_id: UUID, reason: str = "") -> Fill:
    """Take an order back (取消配药), until it is settled."""
    work.call.require("取消配药", Role.PATIENT)
    _, fill = await lock_fill(work, fill_id)
    await require_buyer(work, fill)
    require_transition(work, "cancel", fill)
    text = reason.strip() or "患者取消"
    check_text("reason", text, 200)
    await end_fill(work, fill, FillState.CANCELLED, text, EventKind.FILL_CANCELLED)
    return fill


@use_case("declineFill", Fill)
async def decline_fill(
    work: Work, fill_id: UUID, reason: str, kind: DeclineReason = DeclineReason.OTHER
) -> Fill:
    """Turn an order down (药店拒单): the patient is told why and the lines open again.

    What was shown as available and is not there becomes a case (FJ-9.5).
    """
    work.call.require("拒单", Role.PHARMACY, Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    require_transition(work, "decline", fill)
    require_reason(reason)
    if kind == DeclineReason.NOT_IN_STOCK:
        await open_false_stock(work, fill)
    fill.decline_reason = kind
    await fill.save(update_fields=["decline_reason"])
    await end_fill(work, fill, FillState.DECLINED, reason, EventKind.FILL_DECLINED)
    return fill


async def require_upheld(fill: Fill) -> None:
    """A prescription that its prescriber gave up on asking is not approved (FJ-5.5)."""
    answered = PrescriberQuery.filter(fill_id=fill.id, answered_at__isnull=False)
    last = await answered.order_by("-answered_at").first()
    if last is not None and not last.upholds:
        text = "医师答复不坚持原方。请审方不通过,由医院撤销后重新开方。"
        raise Refused([broken(Code.STATE_FORBIDS, "YL-4", text)])


async def reviewer(work: Work, fill: Fill, verb: str) -> Pharmacist:
    """The caller as a pharmacist who may review this fill now (FJ-2.2)."""
    require_transition(work, verb, fill)
    pharmacist = await Pharmacist.get_or_none(code=work.actor.practitioner or "")
    if pharmacist is None:
        raise NotFound("执业药师", work.actor.practitioner)
    with lawful():
        violations = check_review(
            await area_of(fill),
            shanghai_day(work.now),
            await facts.pharmacist_facts(pharmacist, work.now),
            fill.pharmacy_id,
        )
    if violations:
        raise Refused(violations)
    return pharmacist


async def area_of(fill: Fill) -> str:
    """The pooling area whose prescription rules apply to a fill."""
    return (await Prescription.get(id=fill.prescription_id)).area


async def keep_trace_codes(
    fill: Fill, trace_codes: Sequence[tuple[UUID, Sequence[str]]], now: datetime
) -> None:
    """Keep the scanned trace codes (药品追溯码) with their lines."""
    lines = {line.id: line for line in await FillLine.filter(fill_id=fill.id)}
    for line_id, codes in trace_codes:
        if line_id not in lines:
            raise NotFound("配药明细", line_id)
        for code in codes:
            if not is_trace_code(code):
                raise BadInput("traceCodes", f"{code!r} 不是药品追溯码:应为 8 开头 20 位数字。")
        lines[line_id].trace_codes = list(codes)
    scanned = [lines[line_id] for line_id, _ in trace_codes]
    if violations := await traces.scan_violations(scanned):
        raise Refused(violations)
    await traces.refuse_sold(fill.pharmacy_id, scanned, now)
    for line in scanned:
        await line.save(update_fields=["trace_codes"])


def require_reason(reason: str) -> None:
    """A patient must be told why."""
    if not reason.strip():
        raise BadInput("reason", "请写明原因,患者会看到。")
    check_text("reason", reason, 200)
