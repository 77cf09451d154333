"""What the insurance would pay: from rows to the benefit engine's facts, and the year's accumulators."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from tortoise.expressions import F, Q

from models import (
    Accumulator,
    AccumulatorImport,
    Drug,
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
    SpecialDiseaseRecord,
    VisitDeductible,
)
from models.remembered import row_of, rows_of, the_row
from policy.benefit import BillFacts, BillLine, Statement, settle
from policy.calendar import shanghai_day
from policy.identifiers import province
from policy.money import ZERO
from policy.prices import DatedPrice
from policy.terms import BenefitKind, BillItem, ListClass, Role
from services.errors import BadInput, NotFound, check_text
from services.facts import drugs_by_code, prices_by_drug
from services.law import lawful
from services.prices import payment_standards
from services.quotas import QuotaUse, quota_use
from services.use_case import Work, use_case

AMOUNT_MAX = 100_000_000
"""Yuan of one import (单笔导入金额): more is a mistake, and sums must fit their columns."""

DISEASE_CODE_MAX = 24
"""A pot's name is the benefit and this code."""


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
    deductible_used_year: Decimal
    fund_used_year: Decimal
    outpatient_deductible_used: Decimal
    outpatient_fund_used: Decimal
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
    of_year = Q(member_id=member.id, year=on.year, bucket__in=[own, common])
    pots = {row.bucket: row for row in await rows_of(Accumulator, of_year)}
    used, outpatient = pots.get(own), pots.get(common)
    prices = await prices_by_drug(codes, prescription.area)
    return Case(
        prescription=prescription,
        member=member,
        hospital=hospital,
        drugs=await drugs_by_code(codes),
        standards=payment_standards(codes, prescription.area, on, prices),
        prices=prices,
        deductible_taken_visit=visit.taken_at_hospital + visit.taken_at_pharmacies if visit else ZERO,
        deductible_used_year=used.deductible_used if used else ZERO,
        fund_used_year=used.fund_used if used else ZERO,
        outpatient_deductible_used=outpatient.deductible_used if outpatient else ZERO,
        outpatient_fund_used=outpatient.fund_used if outpatient else ZERO,
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
        deductible_used_year=case.deductible_used_year,
        fund_used_year=case.fund_used_year,
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
        outpatient_deductible_used_year=case.outpatient_deductible_used,
        outpatient_fund_used_year=case.outpatient_fund_used,
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


def bucket(benefit: BenefitKind, disease_code: str | None) -> str:
    """The pot in which a benefit accumulates (累计口径): one per special disease, one for the rest."""
    if benefit == BenefitKind.SPECIAL_DISEASE:
        return f"{BenefitKind.SPECIAL_DISEASE}:{disease_code}"
    return str(benefit)


async def accumulate(member_id: UUID, year: int, pot: str, deductible: Decimal, fund: Decimal) -> None:
    """Add to the year's accumulator (年度累计), opened when first needed."""
    found = Accumulator.filter(member_id=member_id, year=year, bucket=pot)
    more = {"deductible_used": F("deductible_used") + deductible, "fund_used": F("fund_used") + fund}
    if not await found.update(**more):
        first = Accumulator(member_id=member_id, year=year, bucket=pot)
        await Accumulator.bulk_create([first], ignore_conflicts=True)
        await found.update(**more)


@dataclass(frozen=True, slots=True)
class ImportEntry:
    """What a member used elsewhere (外部累计)."""

    reference: str
    psn_no: str
    year: int
    benefit: BenefitKind
    disease_code: str | None
    deductible_used: Decimal
    fund_used: Decimal


@use_case("importAccumulators", AccumulatorImport)
async def import_accumulators(work: Work, entries: Sequence[ImportEntry]) -> AccumulatorImport:
    """Take over what members of the caller's area used elsewhere (导入外部累计), each reference once."""
    work.call.require("导入外部累计", Role.AGENCY)
    check_imports(entries)
    numbers = {entry.psn_no for entry in entries}
    # the order of settling: members first, by id
    await Member.select_for_update(no_key=True).filter(psn_no__in=list(numbers)).order_by("id")
    last = None
    for entry in sorted(entries, key=lambda entry: (entry.psn_no, entry.reference)):
        last = await import_one(work, entry)
    assert last is not None
    return last


async def import_one(work: Work, entry: ImportEntry) -> AccumulatorImport:
    """Take over one entry; the same reference with other figures is refused."""
    area = work.actor.area or ""
    member = await Member.get_or_none(psn_no=entry.psn_no, area=area)
    if member is None:
        raise NotFound("本统筹区参保人", entry.psn_no)
    await require_pot(member, entry)
    pot = bucket(entry.benefit, entry.disease_code)
    earlier = await AccumulatorImport.get_or_none(area=area, reference=entry.reference)
    if earlier is not None:
        same = (earlier.member_id, earlier.year, earlier.bucket, earlier.deductible_used, earlier.fund_used)
        if same != (member.id, entry.year, pot, entry.deductible_used, entry.fund_used):
            problem = f"来源单号 {entry.reference} 已导入过,但内容不同。更正请用新的单号补差额。"
            raise BadInput("reference", problem)
        return earlier
    await accumulate(member.id, entry.year, pot, entry.deductible_used, entry.fund_used)
    return await AccumulatorImport.create(
        area=area,
        reference=entry.reference,
        member=member,
        year=entry.year,
        bucket=pot,
        deductible_used=entry.deductible_used,
        fund_used=entry.fund_used,
        imported_at=work.now,
    )


async def require_pot(member: Member, entry: ImportEntry) -> None:
    """A special disease the member has on record, or none: nothing is booked where nobody looks."""
    if entry.benefit != BenefitKind.SPECIAL_DISEASE:
        if entry.disease_code:
            raise BadInput("diseaseCode", f"{entry.reference}:{entry.benefit} 不带病种编码。")
        return
    known = SpecialDiseaseRecord.filter(member_id=member.id, disease_code=entry.disease_code or "")
    if not await known.exists():
        problem = f"{entry.reference}:参保人没有病种 {entry.disease_code or '(未填)'} 的备案。"
        raise BadInput("diseaseCode", problem)


def check_imports(entries: Sequence[ImportEntry]) -> None:
    """Refuse figures that make no sense, naming line and field."""
    if not 1 <= len(entries) <= 1000:
        raise BadInput("entries", "一次应有 1 至 1000 条。")
    for number, entry in enumerate(entries, 1):
        where = f"entries[{number}]"
        if not 1 <= len(entry.reference) <= 64:
            raise BadInput(f"{where}.reference", "来源单号应为 1 至 64 个字符。")
        check_text(f"{where}.reference", entry.reference, 64)
        check_text(f"{where}.psnNo", entry.psn_no, 30)
        check_text(f"{where}.diseaseCode", entry.disease_code or "", DISEASE_CODE_MAX)
        for name, amount in (("deductibleUsed", entry.deductible_used), ("fundUsed", entry.fund_used)):
            if not 0 <= amount <= AMOUNT_MAX:
                problem = f"应在 0 至 {AMOUNT_MAX} 之间,收到 {amount}。"
                raise BadInput(f"{where}.{name}", problem)
        if not 2020 <= entry.year <= 2100:
            raise BadInput(f"{where}.year", f"年度应在 2020 至 2100 之间,收到 {entry.year}。")
