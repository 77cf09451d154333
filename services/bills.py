"""A bill before its settlement (待结算单): what it looks at, what it comes to, what forbids it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from models import (
    Fill,
    FillLine,
    IdentityCheck,
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
)
from policy.benefit import BillFacts, Statement, settle
from policy.calendar import shanghai_day
from policy.dispensing import IdentityFacts, PricedLine, check_settlement
from policy.family import check_limits, payable
from policy.money import ZERO
from policy.rule import broken
from policy.terms import (
    Credential,
    GrantScope,
    IdentityMethod,
)
from policy.validity import validity_violation
from policy.violation import Code, Violation
from services import benefit, traces
from services.access import grant_between
from services.card_reading import reference_of, scanned_cards
from services.errors import Refused
from services.facts import has_contract, price_areas
from services.family_codes import has_shown_code
from services.family_money import limits_of, paid_by
from services.fee_lists import is_fee_list_signed
from services.identity import BOTH_CARDS, CARD, MEMBER_CARD
from services.law import lawful
from services.ledger import balance_of
from services.prices import ceilings


@dataclass(frozen=True, slots=True)
class Tender:
    """How the buyer pays the personal share (支付方式), and with which credential."""

    credential: Credential | None
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


async def bill_of(
    prescription: Prescription, fill: Fill, now: datetime, member: Member | None = None
) -> Bill:
    """Read what a settlement looks at; the member, when the caller has locked the row already."""
    lines = await FillLine.filter(fill_id=fill.id).order_by("prescription_line__number")
    prescribed = {line.id: line for line in await PrescriptionLine.filter(prescription_id=prescription.id)}
    priced = [
        benefit.PricedLine(prescribed[line.prescription_line_id], line.price, line.drug_id) for line in lines
    ]
    case = await benefit.case_of(prescription, [line.drug_id for line in lines], now, member)
    pharmacy = await Institution.get(code=fill.pharmacy_id)
    is_contracted = await has_contract(pharmacy, shanghai_day(now))
    return Bill(fill, prescription, pharmacy, lines, priced, case, is_contracted)


def facts_of(bill: Bill, tender: Tender, account: Decimal, family: Decimal) -> BillFacts:
    """What a bill is computed from (待遇计算依据), with this money at hand."""
    purse = benefit.Purse(tender.use_account, account, family)
    contracted = bill.is_contracted
    return benefit.bill_facts(bill.case, bill.priced, purse, bill.pharmacy, is_contracted=contracted)


def compute(facts: BillFacts) -> Statement:
    """The statement (医保待遇清单) of a bill."""
    with lawful():
        return settle(facts)


async def estimate(bill: Bill, tender: Tender, now: datetime) -> Statement:
    """What a bill comes to as things stand (预结算), with nothing locked."""
    account = await balance_of(bill.fill.member_id) if tender.use_account else ZERO
    return compute(facts_of(bill, tender, account, await family_means(bill, tender, now, None)))


async def family_means(
    bill: Bill, tender: Tender, now: datetime, locked: dict[UUID, Decimal] | None
) -> Decimal:
    """What the family account (家庭共济账户) may pay: its balance, within the grant's limits (YL-52)."""
    payer = tender.family_payer_id
    if payer is None:
        return ZERO
    grant = await grant_between(payer, bill.fill.member_id, GrantScope.PAY, now)
    if grant is None:
        text = "该家庭成员没有授权用其个人账户支付。请先在亲情共济中添加支付授权。"
        raise Refused([broken(Code.FAMILY_GRANT_MISSING, "YL-9", text)])
    limits, paid = limits_of(grant), await paid_by(payer, bill.fill.member_id, now)
    if violations := check_limits(limits, paid):
        raise Refused(violations)
    balance = await balance_of(payer) if locked is None else locked.get(payer, ZERO)
    return payable(balance, limits, paid)


async def why_not(now: datetime, bill: Bill, tender: Tender) -> list[Violation]:
    """Everything that forbids settling this bill now (不能结算的全部理由)."""
    fill, prescription = bill.fill, bill.prescription
    day = shanghai_day(now)
    is_priced_alike = price_areas(bill.pharmacy.area) == price_areas(prescription.area)
    prices = bill.case.prices if is_priced_alike else None
    limits = await ceilings([line.drug_id for line in bill.lines], bill.pharmacy, day, prices)
    checks = await IdentityCheck.filter(fill_id=fill.id).order_by("-decided_at")
    with lawful():
        violations = check_settlement(
            prescription.area,
            day,
            fill.reviewed_at is not None,
            await identity_facts(bill, [check for check in checks if check.verdict], now),
            await is_fee_list_signed(fill, bill.lines),
            tender.credential,
            any(check.goods for check in checks),
            [
                PricedLine(str(line.prescription_line_id), line.drug_id, line.price, limits[line.drug_id])
                for line in bill.lines
            ],
        )
        violations += traces.missing(prescription.area, day, bill.lines, bill.case.drugs)
        late = validity_violation(prescription.uploaded_at, prescription.area, now)
    return [*violations, late] if late else list(violations)


async def identity_facts(bill: Bill, checks: Sequence[IdentityCheck], now: datetime) -> IdentityFacts:
    """What is known of the person present (身份核验情况): `checks` came to a verdict, the last one first."""
    fill = bill.fill
    last = checks[0] if checks else None
    is_proxy = fill.buyer_id != fill.member_id
    cards = await scanned_cards(fill.id) if is_proxy else {}
    return IdentityFacts(
        method=last.method if last else None,
        verdict=last.verdict if last else None,
        manual_done=last is not None and last.method == IdentityMethod.MANUAL,
        is_proxy=is_proxy,
        proxy_documents=any(has_both_cards(check) for check in checks),
        family_code=await has_shown_code(fill, bill.pharmacy, now),
        reference=await reference_of(last),
        buyer_card=cards.get(CARD),
        member_card=cards.get(MEMBER_CARD),
    )


def has_both_cards(check: IdentityCheck) -> bool:
    """Whether a clerk looked at both people's ID cards (双方身份证, 特殊登记)."""
    return check.method == IdentityMethod.MANUAL and set(check.documents) >= BOTH_CARDS
