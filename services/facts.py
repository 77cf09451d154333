"""From rows to the facts that the rules are asked about."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime

from tortoise.expressions import Q

from models import (
    Agreement,
    Doctor,
    Drug,
    DrugDisease,
    DrugPrice,
    DutyShift,
    Institution,
    Member,
    OpeningHours,
    Pharmacist,
    SpecialDiseaseRecord,
)
from models.remembered import rows_of
from policy.calendar import SHANGHAI, shanghai_day
from policy.dispensing import PharmacistFacts, PharmacyFacts
from policy.identifiers import pooling_area, province
from policy.parameters import ParameterNotFound
from policy.prescribing import DoctorFacts, DrugFacts, HospitalFacts, MemberFacts, SpecialDisease
from policy.prices import DatedPrice, listing_platform
from policy.terms import AgreementState, PriceKind


async def has_contract(institution: Institution, day: date) -> bool:
    """Whether the institution's agreement (协议) is in force on that day."""
    return (
        await Agreement.filter(institution_id=institution.code, state=AgreementState.ACTIVE, since__lte=day)
        .filter(until_open(day))
        .exists()
    )


def until_open(day: date) -> Q:
    """A span without an end, or with one not before this day."""
    return Q(until__isnull=True) | Q(until__gte=day)


def doctor_facts(doctor: Doctor) -> DoctorFacts:
    """The doctor (医保医师) as the rules see one."""
    return DoctorFacts(
        code=doctor.code,
        institution=doctor.institution_id,
        registered_since=doctor.since,
        registered_until=doctor.until,
        scope=tuple(doctor.scope),
        is_registry_complete=bool(doctor.name.strip() and doctor.phone.strip()),
    )


async def hospital_facts(hospital: Institution, day: date) -> HospitalFacts:
    """The hospital (定点医疗机构) as the rules see one."""
    parent = await Institution.get_or_none(code=hospital.parent_id or "")
    return HospitalFacts(
        code=hospital.code,
        area=hospital.area,
        tier=hospital.tier or 1,
        kind=hospital.kind,
        is_public=hospital.is_public,
        is_contracted=await has_contract(hospital, day),
        parent_contracted=await has_contract(parent, day) if parent else None,
    )


async def member_facts(member: Member) -> MemberFacts:
    """The member (参保人) as the rules see one."""
    records = await SpecialDiseaseRecord.filter(member_id=member.id)
    return MemberFacts(
        id=str(member.id),
        area=member.area,
        insurance=member.insurance,
        status=member.status,
        insured=member.insured,
        residence=member.residence,
        has_personal_account=member.has_personal_account,
        special_diseases=tuple(
            SpecialDisease(code=row.disease_code, since=row.since, until=row.until) for row in records
        ),
        sex=member.sex,
        birth=member.birth_date,
    )


async def pharmacy_facts(pharmacy: Institution, now: datetime) -> PharmacyFacts:
    """The pharmacy (定点零售药店) as the rules see one, at this moment."""
    local = now.astimezone(SHANGHAI)
    minute = local.hour * 60 + local.minute
    is_open = await OpeningHours.filter(
        institution_id=pharmacy.code, weekday=local.weekday(), opens__lte=minute, closes__gt=minute
    ).exists()
    return PharmacyFacts(
        code=pharmacy.code,
        area=pharmacy.area,
        is_contracted=await has_contract(pharmacy, shanghai_day(now)),
        is_open=is_open,
        pharmacist_on_duty=await valid_pharmacists_on_duty(pharmacy.code, now),
        delivers=pharmacy.delivers,
        dual_channel=pharmacy.is_dual_channel,
    )


async def valid_pharmacists_on_duty(pharmacy_code: str, now: datetime) -> bool:
    """Whether a pharmacist of the register (医保药师库) is on duty right now (FJ-2.2)."""
    day = shanghai_day(now)
    return await DutyShift.filter(
        Q(pharmacist__until__isnull=True) | Q(pharmacist__until__gte=day),
        institution_id=pharmacy_code,
        starts_at__lte=now,
        ends_at__gt=now,
        pharmacist__since__lte=day,
    ).exists()


async def pharmacist_facts(pharmacist: Pharmacist, now: datetime) -> PharmacistFacts:
    """The pharmacist (执业药师) as the rules see one, at this moment."""
    on_duty = await DutyShift.filter(
        pharmacist_id=pharmacist.code, starts_at__lte=now, ends_at__gt=now
    ).exists()
    return PharmacistFacts(
        code=pharmacist.code,
        institution=pharmacist.institution_id,
        valid_since=pharmacist.since,
        valid_until=pharmacist.until,
        on_duty=on_duty,
    )


async def drugs_by_code(codes: Iterable[str]) -> dict[str, Drug]:
    """The drugs (药品) with these codes; unknown codes are left out."""
    return {drug.code: drug for drug in await rows_of(Drug, Q(code__in=list(set(codes))))}


async def diseases_by_drug(codes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The special diseases each drug treats (病种用药范围)."""
    scope: dict[str, list[str]] = defaultdict(list)
    for row in await DrugDisease.filter(drug_id__in=list(set(codes))):
        scope[row.drug_id].append(row.disease_code)
    return {code: tuple(found) for code, found in scope.items()}


async def prices_by_drug(codes: Iterable[str], area: str) -> dict[str, list[DatedPrice]]:
    """The published prices (挂网价、中选价、谈判价、支付标准) that reach an area."""
    found: dict[str, list[DatedPrice]] = defaultdict(list)
    wanted = Q(drug_id__in=list(set(codes)), area__in=list(price_areas(area)))
    for row in await rows_of(DrugPrice, wanted, order=("since",)):
        price = DatedPrice(
            kind=row.kind, amount=row.amount, since=row.since, until=row.until, source=row.source
        )
        found[row.drug_id].append(price)
    return found


def price_areas(area: str) -> set[str]:
    """The areas whose published prices reach an area (价格适用地区): its province's, its city's, its own."""
    return {province(area), pooling_area(area), area}


def drug_facts(
    drug: Drug, diseases: Sequence[str], prices: Sequence[DatedPrice], area: str, on: date
) -> DrugFacts:
    """A drug (药品) as the rules see one."""
    return DrugFacts(
        code=drug.code,
        generic_name=drug.generic_name,
        ingredient=drug.ingredient,
        kind=drug.kind,
        list_class=drug.list_class,
        is_listed=is_listed(prices, area, on),
        restriction=drug.restriction,
        is_insulin=drug.is_insulin,
        diseases=tuple(diseases),
        limited_use=drug.limited_use,
        min_tier=drug.min_tier,
        is_essential=drug.is_essential,
        is_consumable=drug.is_consumable,
        is_awarded=drug.is_vbp,
    )


def is_listed(prices: Sequence[DatedPrice], area: str, on: date) -> bool:
    """Whether the platform that the area goes by lists the drug on that day (挂网, FJ-3.0)."""
    try:
        platform = listing_platform(area, on)
    except ParameterNotFound:
        return False
    return any(
        price.kind == PriceKind.LISTED and price.source == platform and price.is_in_force(on)
        for price in prices
    )
