"""Preview and settle with the insurance (预结算、结算): one transaction, once."""

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from models import (
    FeeListSignature,
    Fill,
    FillLine,
    IdentityCheck,
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
    Settlement,
    SettlementLine,
    VisitDeductible,
)
from policy.benefit import Statement
from policy.calendar import SHANGHAI, shanghai_day
from policy.dispensing import IdentityFacts, PricedLine, check_settlement
from policy.money import ZERO
from policy.parameters import parameter
from policy.rule import broken
from policy.terms import (
    Credential,
    EventKind,
    FillState,
    GrantScope,
    IdentityMethod,
    LineState,
    Role,
    Verdict,
)
from policy.validity import validity_violation
from policy.violation import Code, Violation
from services import benefit, stock
from services.access import get_fill, grant_between
from services.actor import Call
from services.errors import BadInput, NotFound, Refused
from services.facts import has_contract
from services.fills import lock_fill, move, refresh_state, require_transition
from services.law import lawful
from services.ledger import balance_of, book_settlement, lock_balances
from services.prices import ceilings
from services.topics import institution_topic
from services.use_case import Work, use_case


@dataclass(frozen=True, slots=True)
class Tender:
    """How the buyer pays the personal share (支付方式), and with which credential."""

    credential: Credential
    use_account: bool = True
    family_payer_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """A fill with everything its settlement looks at (待结算单)."""

    fill: Fill
    prescription: Prescription
    pharmacy: Institution
    lines: Sequence[FillLine]
    priced: Sequence[benefit.PricedLine]
    case: benefit.Case
    is_contracted: bool


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
    prescription = await Prescription.get(id=fill.prescription_id)
    bill = await bill_of(prescription, fill, call.now)
    account = await balance_of(fill.member_id) if tender.use_account else ZERO
    family = await family_means(bill, tender, call.now, None)
    outcome = compute(bill, tender, account, family)
    return Preview(fill, outcome, digest(outcome), await why_not(call.now, bill, tender))


@use_case("settleFill", Settlement)
async def settle_fill(
    work: Work, fill_id: UUID, tender: Tender, statement_digest: str | None = None
) -> Settlement:
    """Settle a fill (结算): benefit, accounts, books, stock and states change together or not at all.

    With `statement_digest`, the digest of the previewed statement, a settlement whose figures have
    changed meanwhile is refused, so that nobody pays another sum than was shown.
    """
    work.call.require("结算", Role.PHARMACY, Role.PHARMACIST)
    prescription, fill = await lock_fill(work, fill_id)
    require_transition(work, "settle", fill)
    await Member.select_for_update().get(id=fill.member_id)
    bill = await bill_of(prescription, fill, work.now)
    if violations := await why_not(work.now, bill, tender):
        raise Refused(violations)
    payers = [fill.member_id] if tender.use_account else []
    payers += [tender.family_payer_id] if tender.family_payer_id else []
    balances = await lock_balances(payers)
    family = await family_means(bill, tender, work.now, balances)
    outcome = compute(bill, tender, balances.get(fill.member_id, ZERO), family)
    if statement_digest is not None and statement_digest != digest(outcome):
        raise Refused([changed(outcome)])
    settlement = await write_settlement(work, bill, tender, outcome)
    await write_effects(work, bill, settlement, outcome)
    await move(work, fill, FillState.SETTLED, EventKind.FILL_SETTLED)
    work.tell(
        EventKind.FILL_SETTLED,
        institution_topic(prescription.hospital_id),
        prescription_id=prescription.id,
        fill_id=fill.id,
        subject_id=settlement.id,
    )
    return settlement


async def bill_of(prescription: Prescription, fill: Fill, now: datetime) -> Bill:
    """Read what a settlement looks at."""
    lines = await FillLine.filter(fill_id=fill.id).order_by("prescription_line__number")
    prescribed = {line.id: line for line in await PrescriptionLine.filter(prescription_id=prescription.id)}
    priced = [benefit.PricedLine(prescribed[line.prescription_line_id], line.price) for line in lines]
    case = await benefit.case_of(prescription, [one.line for one in priced], now)
    pharmacy = await Institution.get(code=fill.pharmacy_id)
    is_contracted = await has_contract(pharmacy, shanghai_day(now))
    return Bill(fill, prescription, pharmacy, lines, priced, case, is_contracted)


def compute(bill: Bill, tender: Tender, account: Decimal, family: Decimal) -> Statement:
    """The statement of a bill with this money at hand."""
    purse = benefit.Purse(tender.use_account, account, family)
    contracted = bill.is_contracted
    return benefit.statement(bill.case, bill.priced, purse, bill.pharmacy, is_contracted=contracted)


async def family_means(
    bill: Bill, tender: Tender, now: datetime, locked: dict[UUID, Decimal] | None
) -> Decimal:
    """What the family account (家庭共济账户) may pay: its balance, within the grant's limit (SX-23)."""
    payer = tender.family_payer_id
    if payer is None:
        return ZERO
    grant = await grant_between(payer, bill.fill.member_id, GrantScope.PAY, now)
    if grant is None:
        text = "该家庭成员没有授权用其个人账户支付。请先在亲情共济中添加支付授权。"
        raise Refused([broken(Code.FAMILY_GRANT_MISSING, "YL-9", text)])
    balance = await balance_of(payer) if locked is None else locked.get(payer, ZERO)
    return balance if grant.pay_limit is None else min(balance, grant.pay_limit)


async def why_not(now: datetime, bill: Bill, tender: Tender) -> list[Violation]:
    """Everything that forbids settling this bill now (不能结算的全部理由)."""
    fill, prescription = bill.fill, bill.prescription
    day = shanghai_day(now)
    limits = await ceilings([line.drug_id for line in bill.lines], bill.pharmacy, day)
    with lawful():
        violations = check_settlement(
            prescription.area,
            day,
            fill.reviewed_at is not None,
            await identity_facts(bill, now),
            await is_fee_list_signed(fill),
            tender.credential,
            await are_goods_recorded(fill),
            [
                PricedLine(str(line.prescription_line_id), line.drug_id, line.price, limits[line.drug_id])
                for line in bill.lines
            ],
        )
        late = validity_violation(prescription.uploaded_at, prescription.area, now)
    return [*violations, late] if late else list(violations)


async def identity_facts(bill: Bill, now: datetime) -> IdentityFacts:
    """What is known of the person present (身份核验情况): the last check that came to a verdict."""
    fill = bill.fill
    checks = await IdentityCheck.filter(fill_id=fill.id, verdict__isnull=False).order_by("-decided_at")
    last = checks[0] if checks else None
    is_proxy = fill.buyer_id != fill.member_id
    family_code = False
    if is_proxy:
        grant = await grant_between(fill.member_id, fill.buyer_id, GrantScope.BUY, now)
        allowed = parameter("proxy_family_code", bill.prescription.area, on=shanghai_day(now)).flag
        family_code = grant is not None and allowed and bill.pharmacy.accepts_family_code
    return IdentityFacts(
        method=last.method if last else None,
        verdict=last.verdict if last else None,
        manual_done=any(check.method == IdentityMethod.MANUAL for check in checks),
        is_proxy=is_proxy,
        proxy_documents=any(check.verdict == Verdict.MATCH and len(check.documents) >= 2 for check in checks),
        family_code=family_code,
    )


async def is_fee_list_signed(fill: Fill) -> bool:
    """Whether the buyer signed this very fee list (药品费用清单签字)."""
    current = await fee_list_digest(fill)
    return await FeeListSignature.filter(fill_id=fill.id, fee_list_sha256=current).exists()


async def are_goods_recorded(fill: Fill) -> bool:
    """Whether the goods were kept with a check of the person (结算物品留存, FJ-2.4)."""
    return any(check.goods for check in await IdentityCheck.filter(fill_id=fill.id))


async def fee_list_digest(fill: Fill) -> str:
    """The digest of the fee list: drugs, quantities and prices in order."""
    return digest_of(await FillLine.filter(fill_id=fill.id).order_by("prescription_line__number"))


def digest_of(lines: Sequence[FillLine]) -> str:
    """The digest of a fee list (费用清单摘要) whose lines are at hand, in the order of the prescription."""
    rows = [[line.drug_id, f"{line.quantity.normalize():f}", f"{line.price.normalize():f}"] for line in lines]
    return hashlib.sha256(json.dumps(rows).encode()).hexdigest()


@use_case("signFeeList", FeeListSignature)
async def sign_fee_list(work: Work, fill_id: UUID, fee_list_sha256: str, signature: str) -> FeeListSignature:
    """Keep the buyer's signature under the fee list (费用清单签字, FJ-8.4, SX-13)."""
    work.call.require("费用清单签字", Role.PATIENT, Role.PHARMACY, Role.PHARMACIST)
    _, fill = await lock_fill(work, fill_id)
    if work.actor.role == Role.PATIENT and work.actor.member_id != fill.buyer_id:
        raise NotFound("待签字的配药", fill_id)
    if not 1 <= len(signature) <= 65_536:
        raise BadInput("signature", "请提供签名数据,不超过 64 KiB。")
    current = await fee_list_digest(fill)
    if fee_list_sha256 != current:
        text = "费用清单已变化,请重新查看后再签字。"
        raise Refused([broken(Code.STATEMENT_CHANGED, "YL-11", text)])
    return await FeeListSignature.create(
        fill=fill,
        signed_by_id=fill.buyer_id,
        fee_list_sha256=current,
        signature_sha256=hashlib.sha256(signature.encode()).hexdigest(),
        signed_at=work.now,
    )


async def write_settlement(work: Work, bill: Bill, tender: Tender, outcome: Statement) -> Settlement:
    """Write the settlement with its lines."""
    fill = bill.fill
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
    )
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
    return settlement


async def write_effects(work: Work, bill: Bill, settlement: Settlement, outcome: Statement) -> None:
    """Everything a settlement changes: accumulators, books, stock, lines, the prescription."""
    prescription = bill.prescription
    pot = benefit.bucket(prescription.benefit, prescription.disease_code)
    year = shanghai_day(work.now).year
    await benefit.accumulate(settlement.member_id, year, pot, outcome.act_pay_dedc, outcome.hifp_pay)
    await take_visit_deductible(bill, outcome.act_pay_dedc)
    await book_settlement(work, settlement)
    await stock.sell(work, bill.lines, settlement.number)
    await PrescriptionLine.filter(id__in=[line.prescription_line_id for line in bill.lines]).update(
        state=LineState.DISPENSED, dispensed_at=work.now
    )
    await refresh_state(prescription)


async def take_visit_deductible(bill: Bill, amount: Decimal) -> None:
    """Remember what this visit's deductible cost (SX-22), so that its next bill takes no more."""
    visit, _ = await VisitDeductible.get_or_create(
        hospital_id=bill.prescription.hospital_id,
        member_id=bill.fill.member_id,
        visit_no=bill.prescription.visit_no,
    )
    visit.taken_at_pharmacies += amount
    await visit.save(update_fields=["taken_at_pharmacies"])


def digest(outcome: Statement) -> str:
    """A digest of a statement's figures (清单摘要)."""
    text = json.dumps(jsonable(outcome), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def jsonable(outcome: Statement) -> dict[str, Any]:
    """A statement as plain JSON; amounts stay exact, as text."""
    form: dict[str, Any] = json.loads(json.dumps(asdict(outcome), default=str))
    return form


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
