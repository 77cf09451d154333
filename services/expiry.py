"""What ends by itself: prescriptions, fills and the stock they hold (失效)."""

from datetime import datetime
from uuid import UUID

from models import Fill, Prescription, PrescriptionLine
from policy.terms import EventKind, FillState, LineState, PrescriptionState
from services.actor import Call
from services.fills import LIVE, end_fill, live_fills, lock_prescription
from services.recalls import sweep_expired
from services.topics import institution_topic, member_topic
from services.use_case import Work, use_case

BATCH = 200
"""How many due rows one round takes; the next round takes the rest."""

UNFINISHED = (PrescriptionState.ACTIVE, PrescriptionState.PARTLY_DISPENSED)


async def due_prescriptions(now: datetime) -> list[UUID]:
    """Prescriptions whose validity has run out and that do not say so yet."""
    rows = Prescription.filter(state__in=UNFINISHED, expires_at__lte=now).order_by("expires_at")
    return [row.id for row in await rows.limit(BATCH).only("id")]


async def due_fills(now: datetime) -> list[UUID]:
    """Fills whose time at the pharmacy has run out."""
    rows = Fill.filter(state__in=LIVE, expires_at__lte=now).order_by("expires_at")
    return [row.id for row in await rows.limit(BATCH).only("id")]


@use_case("expirePrescription", Prescription)
async def expire_prescription(work: Work, prescription_id: UUID) -> Prescription:
    """Let a prescription lapse (处方失效, FJ-5.2, SX-11): unsettled fills end, open lines close."""
    prescription = await lock_prescription(prescription_id)
    if prescription.state not in UNFINISHED or prescription.expires_at > work.now:
        return prescription
    for fill in await live_fills(prescription):
        await end_fill(work, fill, FillState.EXPIRED, "处方已超过有效期", EventKind.FILL_EXPIRED)
    await PrescriptionLine.filter(prescription_id=prescription.id, state=LineState.OPEN).update(
        state=LineState.CLOSED, closed_reason="处方已超过有效期"
    )
    prescription.state = PrescriptionState.EXPIRED
    await prescription.save(update_fields=["state"])
    work.tell(
        EventKind.PRESCRIPTION_EXPIRED,
        member_topic(prescription.member_id),
        institution_topic(prescription.hospital_id),
        prescription_id=prescription.id,
    )
    return prescription


@use_case("expireFill", Fill)
async def expire_fill(work: Work, fill_id: UUID) -> Fill:
    """End a fill nobody came for (配药超时): lines open again, stock is let go."""
    seen = await Fill.get(id=fill_id)
    await lock_prescription(seen.prescription_id)
    fill = await Fill.select_for_update().get(id=fill_id)
    if fill.state in LIVE and fill.expires_at <= work.now:
        await end_fill(work, fill, FillState.EXPIRED, "超过预留时间未完成", EventKind.FILL_EXPIRED)
    return fill


async def expire_due(call: Call) -> int:
    """Let everything lapse that is due (到期处理); gives how many. Each in its own transaction.

    One row that fails does not keep the others; what went wrong is raised at the end, together.
    """
    await sweep_expired(call)
    failed: list[Exception] = []
    fills, prescriptions = await due_fills(call.now), await due_prescriptions(call.now)
    for expire, keys in ((expire_fill, fills), (expire_prescription, prescriptions)):
        for key in keys:
            try:
                await expire(call, key)
            except Exception as error:  # an edge: it is raised again below
                failed.append(error)
    if failed:
        raise ExceptionGroup("some rows did not lapse", failed)
    return len(fills) + len(prescriptions)
