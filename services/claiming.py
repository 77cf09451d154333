"""A patient picks a pharmacy, or a pharmacy takes a shown code: lines are claimed, stock is held."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from models import Fill, FillLine, Institution, Prescription, PrescriptionLine, StockItem
from policy.calendar import shanghai_day
from policy.dispensing import ClaimLine, PricedLine, SplitFacts, check_claim, check_prices
from policy.rule import broken
from policy.terms import EventKind, FillState, GrantScope, InstitutionKind, LineState, Role
from policy.violation import Code, Violation
from services import equivalents, facts, holds, stock
from services.access import get_prescription, grant_between
from services.equivalents import Substitute, sold
from services.errors import BadInput, NotFound, Refused, check_text
from services.fills import lock_prescription, no_grant, tell
from services.law import lawful
from services.pickup import redeem
from services.prices import ceilings
from services.topics import member_topic
from services.use_case import Work, use_case

HOLD_TERM = timedelta(hours=24)
"""How long stock is kept for a patient who has not come yet; never beyond the prescription's end."""


Wanted = tuple[PrescriptionLine, StockItem]
"""A line and the stock row of the drug that is sold for it."""


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked of a pharmacy (配药申请). No lines means every open line."""

    pharmacy_code: str
    line_ids: Sequence[UUID] | None
    split_reason: str
    delivery_address: str
    buyer_id: UUID
    substitutes: Sequence[Substitute] = ()


@use_case("requestFill", Fill)
async def request_fill(
    work: Work,
    prescription_id: UUID,
    pharmacy_code: str,
    line_ids: Sequence[UUID] | None = None,
    split_reason: str = "",
    delivery_address: str = "",
    substitutes: Sequence[Substitute] = (),
) -> Fill:
    """Ask one pharmacy for lines of a prescription (申请配药, FJ-8.3): all of them or none are claimed.

    `substitutes` names other producers' drugs for lines whose prescriber left the producer open (YL-30).
    """
    work.call.require("申请配药", Role.PATIENT)
    seen = await get_prescription(work.actor, prescription_id, work.now)
    buyer_id = work.actor.member_id
    assert buyer_id is not None
    if buyer_id != seen.member_id:
        grant = await grant_between(seen.member_id, buyer_id, GrantScope.BUY, work.now)
        if grant is None:
            raise Refused([no_grant()])
    order = Order(pharmacy_code, line_ids, split_reason, delivery_address, buyer_id, substitutes)
    return await claim(work, await lock_prescription(prescription_id), order)


@use_case("claimPrescription", Fill)
async def claim_prescription(
    work: Work,
    code: str,
    line_ids: Sequence[UUID] | None = None,
    split_reason: str = "",
    substitutes: Sequence[Substitute] = (),
) -> Fill:
    """Take a prescription by the code its patient shows at the counter (凭码调取处方, FJ-8.3)."""
    work.call.require("调取处方", Role.PHARMACY, Role.PHARMACIST)
    shown, buyer_id = await redeem(work, code)
    order = Order(work.actor.institution or "", line_ids, split_reason, "", buyer_id, substitutes)
    return await claim(work, await lock_prescription(shown.id), order)


async def claim(work: Work, prescription: Prescription, order: Order) -> Fill:
    """Claim lines of a locked prescription for a pharmacy and hold its stock, atomically."""
    check_text("splitReason", order.split_reason, 200)
    check_text("deliveryAddress", order.delivery_address, 300)
    check_text("pharmacyCode", order.pharmacy_code, 12)
    pharmacy = await Institution.get_or_none(code=order.pharmacy_code, kind=InstitutionKind.PHARMACY)
    if pharmacy is None:
        raise NotFound("药店", order.pharmacy_code)
    every = await PrescriptionLine.filter(prescription_id=prescription.id).order_by("number")
    wanted = choose(every, order.line_ids)
    codes = sold(wanted, order.substitutes)
    violations = await equivalents.why_not(prescription, wanted, codes, work.now)
    items = await stock.lock_items(pharmacy, list(codes.values()))
    priced = [(line, items[codes[line.id]]) for line in wanted]
    violations += await why_not(work, prescription, pharmacy, order, every, priced)
    if violations:
        raise Refused(violations)
    fill = await Fill.create(
        prescription=prescription,
        pharmacy=pharmacy,
        member_id=prescription.member_id,
        buyer_id=order.buyer_id,
        state=FillState.REQUESTED,
        requested_at=work.now,
        requested_by=work.actor.caller,
        expires_at=min(work.now + HOLD_TERM, prescription.expires_at),
        split_reason=order.split_reason,
        delivery_address=order.delivery_address,
    )
    lines = [
        FillLine(
            fill=fill,
            prescription_line=line,
            drug_id=item.drug_id,
            quantity=line.quantity,
            price=item.price,
        )
        for line, item in priced
    ]
    await FillLine.bulk_create(lines)
    await PrescriptionLine.filter(id__in=[line.id for line in wanted]).update(state=LineState.CLAIMED)
    await holds.hold(lines, items, work.now)
    work.stock_changed(pharmacy.code)
    tell(work, fill, EventKind.FILL_REQUESTED, None, member_topic(order.buyer_id))
    return fill


def choose(every: Sequence[PrescriptionLine], line_ids: Sequence[UUID] | None) -> list[PrescriptionLine]:
    """The lines asked for; without a word, those that are not yet at their end."""
    if line_ids is None:
        open_lines = [line for line in every if line.state == LineState.OPEN]
        return open_lines or list(every)
    known = {line.id: line for line in every}
    if not line_ids or len(set(line_ids)) != len(line_ids):
        raise BadInput("lineIds", "请给出至少一条、且不重复的处方明细编号。")
    for key in line_ids:
        if key not in known:
            raise NotFound("处方明细", key)
    return [known[key] for key in line_ids]


async def why_not(
    work: Work,
    prescription: Prescription,
    pharmacy: Institution,
    order: Order,
    every: Sequence[PrescriptionLine],
    wanted: Sequence[Wanted],
) -> list[Violation]:
    """Everything that forbids this claim (每一条不能配药的理由)."""
    holders = await live_holders(every)
    lines = [line for line, _ in wanted]
    remaining = [line for line in every if line.state == LineState.OPEN]
    split = SplitFacts(
        is_partial=any(line not in lines for line in remaining) or len(remaining) < len(every),
        reason=order.split_reason or None,
        same_drug_elsewhere=bought_elsewhere(every, lines, holders, pharmacy),
    )
    with lawful():
        violations = check_claim(
            prescription.area,
            prescription.uploaded_at,
            prescription.revoked_at is not None,
            work.now,
            await facts.pharmacy_facts(pharmacy, work.now),
            await claim_lines(work, wanted, holders),
            split,
        )
        violations += await price_violations(work, pharmacy, wanted)
    if order.delivery_address and not pharmacy.delivers:
        violations.append(no_delivery(pharmacy))
    return violations


def bought_elsewhere(
    every: Sequence[PrescriptionLine],
    wanted: Sequence[PrescriptionLine],
    holders: dict[UUID, str],
    pharmacy: Institution,
) -> tuple[str, ...]:
    """Prescribed drugs of which another institution has a line already (同一药品, SX-14)."""
    drugs = {line.drug_id for line in wanted}
    return tuple(
        sorted(
            line.drug_id
            for line in every
            if (line.state in (LineState.CLAIMED, LineState.DISPENSED) or line.dispensed_at is not None)
            and line not in wanted
            and line.drug_id in drugs
            and holders.get(line.id) != pharmacy.code
        )
    )


async def claim_lines(work: Work, wanted: Sequence[Wanted], holders: dict[UUID, str]) -> list[ClaimLine]:
    """The lines with what the pharmacy has for each; the next line of a drug finds what this one leaves."""
    left = await stock.availability([item for _, item in wanted], shanghai_day(work.now))
    found = []
    for line, item in wanted:
        found.append(
            ClaimLine(
                id=str(line.id),
                drug_code=line.drug_id,
                state=line.state,
                held_by_you=held_by_caller(work, holders.get(line.id)),
                quantity=line.quantity,
                available=left[item.drug_id],
            )
        )
        left[item.drug_id] = max(left[item.drug_id] - line.quantity, Decimal(0))
    return found


async def live_holders(lines: Sequence[PrescriptionLine]) -> dict[UUID, str]:
    """Which pharmacy holds or has dispensed each line."""
    rows = await FillLine.filter(
        prescription_line_id__in=[line.id for line in lines], is_live=True
    ).values_list("prescription_line_id", "fill__pharmacy_id")
    return dict(rows)


def held_by_caller(work: Work, holder: str | None) -> bool | None:
    """Whether a held line is held by the caller: a pharmacy its own, a patient at any pharmacy."""
    if holder is None:
        return None
    return work.actor.role == Role.PATIENT or work.actor.institution == holder


async def price_violations(work: Work, pharmacy: Institution, wanted: Sequence[Wanted]) -> list[Violation]:
    """Prices above the ceiling in force are refused before anybody sets out for the pharmacy."""
    day = shanghai_day(work.now)
    limits = await ceilings([item.drug_id for _, item in wanted], pharmacy, day)
    priced = [
        PricedLine(str(line.id), item.drug_id, item.price, limits.get(item.drug_id))
        for line, item in wanted
        if item.price is not None
    ]
    return check_prices(pharmacy.area, day, priced)


def no_delivery(pharmacy: Institution) -> Violation:
    """The pharmacy does not deliver."""
    text = f"{pharmacy.name}不提供配送,请到店取药或另选药店。"
    return broken(Code.DELIVERY_NOT_OFFERED, "YL-12", text)
