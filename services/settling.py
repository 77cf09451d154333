"""Preview and settle with the insurance (预结算、结算): one transaction, once."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from models import (
    Fill,
    Prescription,
    PrescriptionLine,
    Settlement,
    SettlementLine,
)
from policy.benefit import BillFacts, Statement, budget_entry
from policy.benefit.kept import jsonable
from policy.calendar import SHANGHAI, shanghai_day
from policy.money import ZERO
from policy.rule import broken
from policy.states import check_transition
from policy.terms import (
    EventKind,
    FillState,
    LineState,
    Role,
)
from policy.violation import Code, Violation
from services import holds
from services.access import get_fill
from services.accumulators import accumulate, bucket
from services.actor import Call
from services.bills import Bill, Tender, bill_of, compute, estimate, facts_of, family_means, why_not
from services.bulk import run
from services.enrolment import confirm_enrolment
from services.errors import Refused
from services.family_people import lock_members
from services.fills import LIVE, lock_fill, move, refresh_state, require_transition
from services.ledger import book_settlement, lock_balances
from services.payments import open_payment, require_usable, use_payment
from services.topics import institution_topic, member_topic
from services.use_case import Work, use_case

TAKE_DEDUCTIBLE = """
INSERT INTO visit_deductible (id, hospital_id, member_id, visit_no, taken_at_hospital, taken_at_pharmacies)
SELECT gen_random_uuid(), n.hospital_id, n.member_id, n.visit_no, 0, n.amount
FROM unnest($1::text[], $2::uuid[], $3::text[], $4::numeric[]) AS n(hospital_id, member_id, visit_no, amount)
ON CONFLICT (hospital_id, member_id, visit_no)
DO UPDATE SET taken_at_pharmacies = visit_deductible.taken_at_pharmacies + excluded.taken_at_pharmacies
"""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a settlement would be (预结算): the statement, its digest, and what still forbids it."""

    fill: Fill
    statement: Statement
    digest: str
    violations: Sequence[Violation]


async def preview_settlement(call: Call, fill_id: UUID, tender: Tender) -> Preview:
    """Compute the settlement of a fill without settling (预结算)."""
    call.require("预结算", Role.PHARMACY, Role.PHARMACIST, Role.PATIENT)
    fill = await get_fill(call.actor, fill_id, call.now)
    if fill.state not in LIVE:
        text = f"配药状态为 {fill.state},没有待结算的费用。"
        raise Refused([broken(Code.STATE_FORBIDS, "YL-4", text)])
    prescription = await Prescription.get(id=fill.prescription_id)
    bill = await bill_of(prescription, fill, call.now)
    outcome = await estimate(bill, tender, call.now)
    obstacles = await why_not(call.now, bill, tender)
    if too_early := check_transition("settle", fill.state, Role.PHARMACY):
        obstacles.append(too_early)
    return Preview(fill, outcome, digest(outcome), obstacles)


@use_case("settleFill", Settlement)
async def settle_fill(
    work: Work,
    fill_id: UUID,
    tender: Tender,
    statement_digest: str | None = None,
    payment_id: UUID | None = None,
) -> Settlement:
    """Settle a fill (结算): benefit, accounts, books, stock and states change together or not at all.

    With `payment_id`, a paid external payment of the very amount, the cash share is paid by it (YL-PAYMENT).
    With `statement_digest`, the digest of the previewed statement, a settlement whose figures have
    changed meanwhile is refused, so that nobody pays another sum than was shown.
    """
    work.call.require("结算", Role.PHARMACY, Role.PHARMACIST)
    prescription, fill = await lock_fill(work, fill_id)
    require_transition(work, "settle", fill)
    # where no provider is set up nobody has paid: one statement less
    is_asked = payment_id is not None or work.call.tools.payments is not None
    payment = await open_payment(fill.id) if is_asked else None
    payer = [tender.family_payer_id] if tender.family_payer_id else []
    # the payer too, so that a grant taken back meanwhile is taken back before or after, never during
    members = await lock_members([fill.member_id, *payer])
    bill = await bill_of(prescription, fill, work.now, members[fill.member_id])
    if violations := await why_not(work.now, bill, tender):
        raise Refused(violations)
    own = [fill.member_id] if tender.use_account else []
    balances = await lock_balances([*own, *payer])
    family = await family_means(bill, tender, work.now, balances)
    facts = facts_of(bill, tender, balances.get(fill.member_id, ZERO), family)
    outcome = compute(facts)
    if statement_digest is not None and statement_digest != digest(outcome):
        raise Refused([changed(outcome)])
    used = require_usable(payment, payment_id, outcome.psn_cash_pay)
    settlement = await write_settlement(work, bill, tender, facts, outcome)
    await write_effects(work, bill, settlement, outcome, is_online=used is not None)
    await use_payment(work, payment, used, settlement)
    await move(work, fill, FillState.SETTLED, EventKind.FILL_SETTLED)
    await confirm_enrolment(work, fill)
    announce(work, prescription, settlement)
    return settlement


def announce(work: Work, prescription: Prescription, settlement: Settlement) -> None:
    """Tell the hospital, and whose account was charged."""
    work.tell(
        EventKind.FILL_SETTLED,
        institution_topic(prescription.hospital_id),
        prescription_id=prescription.id,
        fill_id=settlement.fill_id,
        subject_id=settlement.id,
    )
    if settlement.payer_id is not None:
        charged = member_topic(settlement.payer_id)
        work.tell(EventKind.FAMILY_ACCOUNT_CHARGED, charged, subject_id=settlement.id)


async def write_settlement(
    work: Work, bill: Bill, tender: Tender, facts: BillFacts, outcome: Statement
) -> Settlement:
    """Write the settlement with its lines."""
    fill = bill.fill
    budget = budget_entry(facts, outcome)
    settlement = await Settlement.create(
        number=new_number(bill.pharmacy.area, work.now),
        fill=fill,
        member_id=fill.member_id,
        payer_id=tender.family_payer_id if outcome.acct_mulaid_pay else None,
        pharmacy_id=fill.pharmacy_id,
        hospital_id=bill.prescription.hospital_id,
        area=bill.case.member.area,
        benefit=bill.prescription.benefit,
        settled_at=work.now,
        total=outcome.medfee_sumamt,
        full_self_pay=outcome.fulamt_ownpay_amt,
        over_limit_self_pay=outcome.overlmt_selfpay,
        advance_self_pay=outcome.preselfpay_amt,
        eligible=outcome.inscp_scp_amt,
        deductible=outcome.act_pay_dedc,
        ratio=outcome.pool_prop_selfpay,
        pooled_fund=outcome.hifp_pay,
        fund_total=outcome.fund_pay_sumamt,
        personal_total=outcome.psn_part_amt,
        account=outcome.acct_pay,
        family_account=outcome.acct_mulaid_pay,
        cash=outcome.psn_cash_pay,
        statement=jsonable(outcome),
        facts=jsonable(facts),
        budget_cost=budget.drug_cost if budget else None,
        budget_fund=budget.fund_payment if budget else None,
    )
    await write_lines(settlement, bill, outcome)
    return settlement


async def write_lines(settlement: Settlement, bill: Bill, outcome: Statement) -> None:
    """Write the lines of a settlement (结算明细)."""
    shares = {line.id: line for line in outcome.lines}
    rows = []
    for number, line in enumerate(bill.lines, 1):
        share = shares[str(line.prescription_line_id)]
        row = SettlementLine(
            settlement=settlement,
            number=number,
            drug_code=line.drug_id,
            quantity=line.quantity,
            price=line.price,
            total=share.det_item_fee_sumamt,
            full_self_pay=share.fulamt_ownpay_amt,
            over_limit_self_pay=share.overlmt_amt,
            advance_self_pay=share.preselfpay_amt,
            eligible=share.inscp_scp_amt,
            self_pay_ratio=share.selfpay_prop,
            trace_codes=line.trace_codes,
        )
        rows.append(row)
    await SettlementLine.bulk_create(rows)


async def write_effects(
    work: Work, bill: Bill, settlement: Settlement, outcome: Statement, *, is_online: bool
) -> None:
    """Everything a settlement changes: accumulators, books, stock, lines, the prescription."""
    prescription = bill.prescription
    year = shanghai_day(work.now).year
    # costs beyond a disease's quota are used of 门诊统筹 (SX-25)
    for use in outcome.uses:
        pot = bucket(use.benefit, use.disease_code)
        await accumulate(settlement.member_id, year, pot, use.deductible, use.fund)
    await take_visit_deductible(prescription, outcome.act_pay_dedc)
    await book_settlement(work, settlement, is_online=is_online)
    await PrescriptionLine.filter(id__in=[line.prescription_line_id for line in bill.lines]).update(
        state=LineState.DISPENSED, dispensed_at=work.now
    )
    await refresh_state(prescription)
    await holds.sell(work, bill.fill.pharmacy_id, bill.lines, settlement.number)


async def take_visit_deductible(prescription: Prescription, amount: Decimal) -> None:
    """Remember what this visit's deductible cost (SX-22), so that its next bill takes no more."""
    if not amount:
        return
    visit = prescription.hospital_id, prescription.member_id, prescription.visit_no
    await run(TAKE_DEDUCTIBLE, *([part] for part in visit), [amount])


def digest(outcome: Statement) -> str:
    """A digest of a statement's figures (清单摘要)."""
    text = json.dumps(jsonable(outcome), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def new_number(area: str, now: datetime) -> str:
    """A fresh settlement number (结算编号): area, time, ten random digits."""
    return f"{area}{now.astimezone(SHANGHAI):%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}"


def changed(outcome: Statement) -> Violation:
    """The figures are not those that were previewed."""
    text = (
        f"费用已变化:现应由个人支付 {outcome.psn_part_amt} 元(其中现金 {outcome.psn_cash_pay} 元)。"
        "请重新预结算并请患者确认。"
    )
    return broken(Code.STATEMENT_CHANGED, "YL-11", text, actual=str(outcome.psn_part_amt))
