"""Take a settlement back (冲正), whole or by line: money, accumulators, stock, trace codes, states."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from models import (
    Fill,
    FillLine,
    Invoice,
    Member,
    Payment,
    Prescription,
    PrescriptionLine,
    Reversal,
    ReversalLine,
    Settlement,
)
from policy.benefit import BillFacts, budget_entry
from policy.benefit.kept import jsonable, restored
from policy.benefit.reversal import changes
from policy.calendar import shanghai_day
from policy.money import ZERO
from policy.states import check_transition
from policy.terms import EventKind, FillState, GoodsFate, LineState, PrescriptionState, Role
from services import holds
from services.access import get_settlement
from services.accumulators import accumulate, bucket
from services.actor import Call
from services.errors import Forbidden, Refused
from services.fills import lock_prescription, refresh_state, require_transition, tell
from services.ledger import book_reversal, lock_balances
from services.payments import request_refund
from services.reversal_plan import Plan, Wish, plan_of
from services.reviewing import require_reason
from services.settling import new_number, take_visit_deductible
from services.topics import institution_topic, member_topic
from services.use_case import Work, use_case

MAY = (Role.PHARMACY, Role.PHARMACIST, Role.AGENCY)


async def preview_reversal(call: Call, settlement_id: UUID, wish: Wish) -> Plan:
    """What a reversal would give back and touch (冲正预算); `Plan.violations` say why it may not be."""
    call.require("冲正预算", *MAY)
    settlement = await get_settlement(call.actor, settlement_id, call.now)
    require_own_members(call, settlement)
    fill = await Fill.get(id=settlement.fill_id)
    if nothing_left := check_transition("reverse", fill.state, call.actor.role):
        raise Refused([nothing_left])
    return await plan_of(settlement, fill, wish, call.actor.role, call.now)


@use_case("reverseSettlement", Reversal)
async def reverse_settlement(work: Work, settlement_id: UUID, reason: str, wish: Wish) -> Reversal:
    """Reverse a settlement or lines of it (冲正、退费): everything it did is taken back, nothing edited.

    Refunds go back to whoever paid. Later settlements are left as they are; what they would have been
    is said in `effects`.
    """
    work.call.require("冲正", *MAY)
    require_reason(reason)
    seen = await get_settlement(work.actor, settlement_id, work.now)
    require_own_members(work.call, seen)
    prescription, fill = await lock_behind(seen)
    require_transition(work, "reverse", fill)
    payment = await Payment.select_for_update().get_or_none(settlement_id=seen.id)
    await Member.select_for_update().get(id=seen.member_id)
    plan = await plan_of(seen, fill, wish, work.actor.role, work.now)
    if plan.violations:
        raise Refused(plan.violations)
    await lock_balances([seen.member_id, *([seen.payer_id] if seen.payer_id else [])])
    reversal = await write_reversal(work, plan, reason)
    await give_back(work, prescription, plan, reversal, is_online=payment is not None)
    if payment is not None and reversal.cash:
        await request_refund(work, payment, reversal.cash, "冲正退费", reversal)
    await end_or_keep(work, fill, plan, reason)
    announce(work, prescription, fill, reversal)
    if await Invoice.exists(settlement_id=seen.id):
        pharmacy = institution_topic(seen.pharmacy_id)
        work.tell(EventKind.RED_INVOICE_DUE, pharmacy, fill_id=fill.id, subject_id=reversal.id)
    return reversal


async def lock_behind(settlement: Settlement) -> tuple[Prescription, Fill]:
    """The prescription and the fill of a settlement that the caller may see, locked in the house's order."""
    seen = await Fill.get(id=settlement.fill_id)
    prescription = await lock_prescription(seen.prescription_id)
    return prescription, await Fill.select_for_update().get(id=seen.id)


def require_own_members(call: Call, settlement: Settlement) -> None:
    """An agency reverses what its own members' fund paid, nobody else's."""
    if call.actor.role == Role.AGENCY and call.actor.area != settlement.area:
        raise Forbidden(f"冲正参保地为 {settlement.area} 的结算")


async def write_reversal(work: Work, plan: Plan, reason: str) -> Reversal:
    """Write the reversal with its lines."""
    settlement, back = plan.settlement, plan.back
    cost, fund = budget_of(plan)
    reversal = await Reversal.create(
        number=new_number(settlement.area, work.now),
        settlement=settlement,
        sequence=plan.sequence,
        member_id=settlement.member_id,
        payer_id=settlement.payer_id if back["acct_mulaid_pay"] else None,
        pharmacy_id=settlement.pharmacy_id,
        hospital_id=settlement.hospital_id,
        area=settlement.area,
        reversed_at=work.now,
        reversed_by=work.actor.caller,
        reason=reason.strip(),
        total=back["medfee_sumamt"],
        full_self_pay=back["fulamt_ownpay_amt"],
        over_limit_self_pay=back["overlmt_selfpay"],
        advance_self_pay=back["preselfpay_amt"],
        eligible=back["inscp_scp_amt"],
        deductible=back["act_pay_dedc"],
        pooled_fund=back["hifp_pay"],
        fund_total=back["fund_pay_sumamt"],
        personal_total=back["psn_part_amt"],
        account=back["acct_pay"],
        family_account=back["acct_mulaid_pay"],
        cash=back["psn_cash_pay"],
        budget_cost=cost,
        budget_fund=fund,
        remaining=jsonable(plan.after) if plan.after else None,
        effects=[one.form() for one in plan.effects],
    )
    await ReversalLine.bulk_create(
        ReversalLine(reversal=reversal, settlement_line_id=one.line.id, goods=one.goods) for one in plan.lines
    )
    return reversal


def budget_of(plan: Plan) -> tuple[Decimal | None, Decimal | None]:
    """What no longer counts to the prescribing institution (FJ-7.2): cost and fund payment."""
    settlement = plan.settlement
    if settlement.facts is None or settlement.budget_cost is None:
        return settlement.budget_cost, settlement.budget_fund
    facts = restored(BillFacts, settlement.facts)
    cost, fund = ZERO, ZERO
    for statement, sign in ((plan.before, 1), (plan.after, -1)):
        if statement is None:
            continue
        there = {line.id for line in statement.lines}
        lines = tuple(line for line in facts.lines if line.id in there)
        if entry := budget_entry(replace(facts, lines=lines), statement):
            cost += sign * entry.drug_cost
            fund += sign * entry.fund_payment
    return cost, fund


async def give_back(
    work: Work, prescription: Prescription, plan: Plan, reversal: Reversal, *, is_online: bool
) -> None:
    """Everything the lines had changed: accumulators, the visit's deductible, books, stock, lines."""
    settlement = plan.settlement
    year = shanghai_day(settlement.settled_at).year
    for use in changes(plan.before, plan.after):
        pot = bucket(use.benefit, use.disease_code)
        await accumulate(settlement.member_id, year, pot, use.deductible, use.fund)
    await take_visit_deductible(prescription, -reversal.deductible)
    await book_reversal(work, reversal, is_online=is_online)
    await reopen(work, prescription, [one.fill_line for one in plan.lines])
    ids = [one.fill_line.id for one in plan.lines]
    lost = {one.fill_line.id for one in plan.lines if one.goods == GoodsFate.WRITTEN_OFF}
    await holds.take_back(work, settlement.pharmacy_id, ids, reversal.number, lost)


async def reopen(work: Work, prescription: Prescription, lines: Sequence[FillLine]) -> None:
    """Free the prescription lines: open again while the prescription is valid, else closed."""
    is_expired = prescription.expires_at <= work.now
    is_over = is_expired or prescription.revoked_at is not None
    await FillLine.filter(id__in=[line.id for line in lines]).update(is_live=False)
    await PrescriptionLine.filter(id__in=[line.prescription_line_id for line in lines]).update(
        state=LineState.CLOSED if is_over else LineState.OPEN,
        closed_reason="已冲正,处方已失效或撤销" if is_over else "",
        dispensed_at=None,
    )
    if is_expired and prescription.revoked_at is None:
        prescription.state = PrescriptionState.EXPIRED
    await refresh_state(prescription)


async def end_or_keep(work: Work, fill: Fill, plan: Plan, reason: str) -> None:
    """A fill of which nothing is left ends; another stays where it is."""
    if plan.after is not None:
        return
    fill.state, fill.end_reason, fill.ended_at = FillState.REVERSED, reason.strip(), work.now
    await fill.save(update_fields=["state", "end_reason", "ended_at"])


def announce(work: Work, prescription: Prescription, fill: Fill, reversal: Reversal) -> None:
    """Tell the patient, the pharmacy, the hospital, and whose account was refunded."""
    is_whole = fill.state == FillState.REVERSED
    kind = EventKind.FILL_REVERSED if is_whole else EventKind.SETTLEMENT_REVERSED
    tell(work, fill, kind, reversal.id, institution_topic(prescription.hospital_id))
    if reversal.payer_id is not None:
        payer = member_topic(reversal.payer_id)
        work.tell(EventKind.FAMILY_ACCOUNT_REFUNDED, payer, subject_id=reversal.id)
