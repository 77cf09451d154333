"""What the insurance would pay: from rows to the benefit engine's facts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tortoise.expressions import Q

from models import (
    Drug,
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
    VisitDeductible,
)
from models.remembered import row_of, the_row
from policy.benefit import BillFacts, BillLine, Statement, YearUse, settle
from policy.calendar import shanghai_day
from policy.identifiers import province
from policy.money import ZERO
from policy.prices import DatedPrice
from policy.terms import BenefitKind, BillItem, ListClass
from services.accumulators import bucket, used_in
from services.facts import drugs_by_code, prices_by_drug
from services.law import lawful
from services.prices import payment_standards
from services.quotas import QuotaUse, quota_use


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A prescription line at one pharmacy's price (按售价计的处方明细), and the drug really sold for it."""

    line: PrescriptionLine
    price: Decimal
    drug_code: str


@dataclass(frozen=True, slots=True)
class Purse:
    """What may pay the personal share (个人负担支付来源)."""

    use_account: bool
    account: Decimal = ZERO
    family: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Case:
    """All of a member's standing that does not depend on the pharmacy (待遇计算依据)."""

    prescription: Prescription
    member: Member
    hospital: Institution
    drugs: dict[str, Drug]
    standards: dict[str, Decimal | None]
    prices: dict[str, list[DatedPrice]]
    deductible_taken_visit: Decimal
    used: YearUse
    used_outpatient: YearUse
    last_year: YearUse | None
    outpatient_last_year: YearUse | None
    quota: QuotaUse
    on: date


async def case_of(
    prescription: Prescription, codes: Sequence[str], now: datetime, member: Member | None = None
) -> Case:
    """Read a member's standing once, for any number of pharmacies that sell these drugs."""
    on = shanghai_day(now)
    member = member or await the_row(Member, Q(id=prescription.member_id))
    hospital = await the_row(Institution, Q(code=prescription.hospital_id))
    at_visit = Q(hospital_id=hospital.code, member_id=member.id, visit_no=prescription.visit_no)
    visit = await row_of(VisitDeductible, at_visit)
    own, common = (
        bucket(prescription.benefit, prescription.disease_code),
        bucket(BenefitKind.OUTPATIENT, None),
    )
    used = await used_in(member.id, [on.year - 1, on.year], [own, common])
    prices = await prices_by_drug(codes, prescription.area)
    return Case(
        prescription=prescription,
        member=member,
        hospital=hospital,
        drugs=await drugs_by_code(codes),
        standards=payment_standards(codes, prescription.area, on, prices),
        prices=prices,
        deductible_taken_visit=visit.taken_at_hospital + visit.taken_at_pharmacies if visit else ZERO,
        used=used.get((on.year, own), YearUse()),
        used_outpatient=used.get((on.year, common), YearUse()),
        last_year=used.get((on.year - 1, own)),
        outpatient_last_year=used.get((on.year - 1, common)),
        quota=await quota_use(prescription, on),
        on=on,
    )


def statement(
    case: Case,
    lines: Sequence[PricedLine],
    purse: Purse,
    pharmacy: Institution,
    *,
    is_contracted: bool = True,
) -> Statement:
    """The benefit statement (医保待遇清单) of these lines at these prices."""
    facts = bill_facts(case, lines, purse, pharmacy, is_contracted=is_contracted)
    with lawful():
        return settle(facts)


def bill_facts(
    case: Case,
    lines: Sequence[PricedLine],
    purse: Purse,
    pharmacy: Institution,
    *,
    is_contracted: bool = True,
) -> BillFacts:
    """What the statement of these lines is computed from (待遇计算依据).

    Credential, review and identity are conditions of settling, checked by `services.settling`; a
    pharmacy whose contract has ended meanwhile gets nothing from the fund (SX-26.1).
    """
    member, prescription = case.member, case.prescription
    return BillFacts(
        area=member.area,
        on=case.on,
        insurance=member.insurance,
        status=member.status,
        insured=member.insured,
        residence=member.residence,
        benefit=prescription.benefit,
        disease_code=prescription.disease_code,
        prescriber_tier=case.hospital.tier or 1,
        pharmacy_tier=None,
        deductible_taken_visit=case.deductible_taken_visit,
        deductible_used_year=case.used.deductible,
        fund_used_year=case.used.fund,
        has_credential=True,
        contracted=is_contracted,
        has_prescription=True,
        reviewed=True,
        lines=tuple(bill_line(case, priced) for priced in lines),
        use_account=purse.use_account,
        account_balance=purse.account,
        family_balance=purse.family,
        place_in_province=province(pharmacy.area) == province(member.area),
        place_area=pharmacy.area,
        has_personal_account=member.has_personal_account,
        quota_used_month=case.quota.month,
        quota_used_quarter=case.quota.quarter,
        outpatient_deductible_used_year=case.used_outpatient.deductible,
        outpatient_fund_used_year=case.used_outpatient.fund,
        last_year=case.last_year,
        outpatient_last_year=case.outpatient_last_year,
    )


def bill_line(case: Case, priced: PricedLine) -> BillLine:
    """One line as the benefit engine sees it."""
    drug = case.drugs[priced.drug_code]
    return BillLine(
        id=str(priced.line.id),
        drug_code=drug.code,
        quantity=priced.line.quantity,
        price=priced.price,
        list_class=drug.list_class,
        covered=drug.list_class != ListClass.C,
        payment_standard=case.standards.get(drug.code),
        limited_use=drug.limited_use,
        approval=priced.line.approval,
        is_essential=drug.is_essential,
        item=BillItem.CONSUMABLE if drug.is_consumable else BillItem.DRUG,
        is_dual_channel=drug.is_dual_channel,
    )
