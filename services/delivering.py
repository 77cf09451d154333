"""After settlement: hand over at the counter, or deliver (交付、配送, FJ-7.6)."""

from uuid import UUID

from models import Fill
from policy.terms import EventKind, FillState, Role
from services.errors import BadInput, check_text
from services.fills import lock_fill, move, require_buyer, require_transition
from services.use_case import Work, use_case


@use_case("handOver", Fill)
async def hand_over(work: Work, fill_id: UUID) -> Fill:
    """Hand the drugs over at the counter (交付药品)."""
    work.call.require("交付药品", Role.PHARMACY, Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    require_transition(work, "hand_over", fill)
    await move(work, fill, FillState.HANDED_OVER, EventKind.HANDED_OVER, ended_at=work.now)
    return fill


@use_case("dispatchDelivery", Fill)
async def dispatch_delivery(work: Work, fill_id: UUID, courier: str) -> Fill:
    """Send the drugs to the patient (发起配送)."""
    work.call.require("发起配送", Role.PHARMACY, Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    require_transition(work, "dispatch_delivery", fill)
    if not fill.delivery_address:
        raise BadInput("fillId", "该配药没有配送地址,请到店交付。")
    if not courier.strip():
        raise BadInput("courier", "请填写配送单位与单号。")
    check_text("courier", courier, 100)
    await move(work, fill, FillState.DELIVERING, EventKind.DELIVERY_DISPATCHED, courier=courier)
    return fill


@use_case("confirmDelivery", Fill)
async def confirm_delivery(work: Work, fill_id: UUID) -> Fill:
    """Confirm that the drugs arrived (确认送达), by the patient or the pharmacy."""
    work.call.require("确认送达", Role.PHARMACY, Role.PHARMACIST, Role.PATIENT)
    _, fill = await lock_fill(work, fill_id)
    await require_buyer(work, fill)
    require_transition(work, "confirm_delivery", fill)
    await move(work, fill, FillState.DELIVERED, EventKind.DELIVERY_CONFIRMED, ended_at=work.now)
    return fill
