"""What every step on a fill shares: locking, moving on, ending, letting stock go."""

from collections.abc import Sequence
from uuid import UUID

from models import Fill, FillLine, Prescription, PrescriptionLine
from policy.rule import broken
from policy.states import check_transition, prescription_state
from policy.terms import EventKind, FillState, GrantScope, LineState, PrescriptionState, Role
from policy.violation import Code, Violation
from services import holds
from services.access import fills_of, grant_between
from services.errors import NotFound, Refused
from services.topics import institution_topic, member_topic
from services.use_case import Work

LIVE = (FillState.REQUESTED, FillState.QUERIED, FillState.APPROVED, FillState.READY)
"""States in which a fill holds lines and stock and is not settled."""


async def lock_prescription(key: UUID) -> Prescription:
    """The prescription, locked first of all rows (锁定处方)."""
    row = await Prescription.select_for_update().get_or_none(id=key)
    if row is None:
        raise NotFound("处方", key)
    return row


async def lock_fill(work: Work, key: UUID) -> tuple[Prescription, Fill]:
    """The fill with its prescription, locked in the house's order, if the caller may see it."""
    seen = await Fill.filter(await fills_of(work.actor, work.now), id=key).first()
    if seen is None:
        raise NotFound("配药", key)
    prescription = await lock_prescription(seen.prescription_id)
    return prescription, await Fill.select_for_update().get(id=key)


async def live_fills(prescription: Prescription) -> Sequence[Fill]:
    """The unsettled fills of a locked prescription, locked, in the order of their ids."""
    return (
        await Fill.select_for_update().filter(prescription_id=prescription.id, state__in=LIVE).order_by("id")
    )


def require_transition(work: Work, verb: str, fill: Fill) -> None:
    """Refuse a step that the fill's state or the caller's role does not allow."""
    violation = check_transition(verb, fill.state, work.actor.role)
    if violation is not None:
        raise Refused([violation])


async def require_buyer(work: Work, fill: Fill) -> None:
    """Refuse a patient who may see the fill and not buy for its member (代购授权): seeing is not deciding."""
    caller = work.actor.member_id
    if work.actor.role != Role.PATIENT or caller is None or caller == fill.member_id:
        return
    if await grant_between(fill.member_id, caller, GrantScope.BUY, work.now) is None:
        raise Refused([no_grant()])


def no_grant() -> Violation:
    """The caller has no word of the patient to buy for them."""
    text = "患者没有授权您代购。请让患者在亲情共济中添加代购授权。"
    return broken(Code.FAMILY_GRANT_MISSING, "YL-9", text)


async def move(work: Work, fill: Fill, state: FillState, kind: EventKind, **changes: object) -> None:
    """Take the fill to another state and tell the patient and the pharmacy."""
    fill.update_from_dict({"state": state, **changes})
    await fill.save(update_fields=["state", *changes])
    tell(work, fill, kind)


async def end_fill(work: Work, fill: Fill, state: FillState, reason: str, kind: EventKind) -> None:
    """End an unsettled fill (终止配药): its lines open again, its stock is let go."""
    await release_lines(work, fill)
    await move(work, fill, state, kind, end_reason=reason, ended_at=work.now)


async def release_lines(work: Work, fill: Fill) -> None:
    """Open the claimed lines again and free the stock held for them."""
    lines = await FillLine.filter(fill_id=fill.id, is_live=True)
    await FillLine.filter(fill_id=fill.id).update(is_live=False)
    await PrescriptionLine.filter(
        id__in=[line.prescription_line_id for line in lines], state=LineState.CLAIMED
    ).update(state=LineState.OPEN)
    await holds.release([line.id for line in lines], work.now)
    work.stock_changed(fill.pharmacy_id)


async def refresh_state(prescription: Prescription) -> None:
    """Derive the prescription's state (处方状态) from its lines and keep it."""
    lines = await PrescriptionLine.filter(prescription_id=prescription.id).order_by("number")
    prescription.state = prescription_state(
        [line.state for line in lines],
        expired=prescription.state == PrescriptionState.EXPIRED,
        revoked=prescription.revoked_at is not None,
    )
    await prescription.save(update_fields=["state"])


def tell(work: Work, fill: Fill, kind: EventKind, subject_id: UUID | None = None, *more: str) -> None:
    """Tell the patient, the buyer and the pharmacy what happened to a fill."""
    work.tell(
        kind,
        member_topic(fill.member_id),
        institution_topic(fill.pharmacy_id),
        *more,
        prescription_id=fill.prescription_id,
        fill_id=fill.id,
        subject_id=subject_id,
    )
