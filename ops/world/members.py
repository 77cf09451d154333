"""Insured people (示例参保人): the cast first, then as many as the world's size asks for."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import cycle, islice
from random import Random

from ops.world.areas import PROVINCES, counties
from ops.world.catalogue import diseases
from ops.world.ids import id_number, member_id, stable_id
from ops.world.member_cast import FEMALE, GRANTS, MALE, PEOPLE, USAGES, Person, Profile
from ops.world.rows import AccumulatorRow, FamilyGrantRow, MemberRow, SpecialDiseaseRow
from policy.terms import InsuranceType, InsuredState, PersonStatus, Residence

DISEASES_SINCE = date(2023, 1, 1)

_RESIDENT = (InsuranceType.RESIDENT, PersonStatus.RESIDENT)
_KINDS = (
    Profile(diseases=("M03900",)),
    Profile(status=PersonStatus.RETIRED, diseases=("M03900", "M01600")),
    Profile(*_RESIDENT, balance=None, diseases=("M01600",)),
    Profile(),
    Profile(status=PersonStatus.RETIRED, diseases=("M04600",)),
    Profile(*_RESIDENT, balance=None, diseases=("M05300",)),
    Profile(diseases=("M00201",)),
    Profile(status=PersonStatus.RETIRED, residence=Residence.IN_PROVINCE, diseases=("M03900",)),
    Profile(*_RESIDENT, balance=None),
    Profile(balance=None, diseases=("M02500",)),
    Profile(insured=InsuredState.ARREARS),
    Profile(insured=InsuredState.WAITING),
    Profile(insured=InsuredState.SUSPENDED),
    Profile(residence=Residence.OUT_OF_PROVINCE, diseases=("M06900",)),
    Profile(residence=Residence.TEMPORARY),
)
_OLDEST, _YOUNGEST = date(1940, 1, 1), date(2000, 12, 31)
_RETIRED_BEFORE = date(1964, 1, 1)


def people(per_province: int) -> Iterator[Person]:
    """The cast and `per_province` more in each province (参保人)."""
    yield from PEOPLE
    for of in PROVINCES:
        areas = sorted({found.area for found in counties(of)})
        for number, kind in enumerate(islice(cycle(_KINDS), per_province), 1):
            dice = Random(f"yaolu:member:{of}:{number}")
            psn_no = f"{dice.choice(areas)}{10_000_000 + number}"
            name = f"示例参保人{of[:2]}{number:04d}"
            yield Person(psn_no, name, dice.choice((MALE, FEMALE)), _birthday(dice, kind), kind)


def member(person: Person, number: int) -> MemberRow:
    """The person's row (参保人行); `number` makes the identity number unique."""
    profile = person.profile
    return MemberRow(
        id=member_id(person.psn_no),
        psn_no=person.psn_no,
        name=person.name,
        id_number=id_number(person.area, person.born, number, is_male=person.sex == MALE),
        sex=person.sex,
        birth_date=person.born,
        area=person.area,
        insurance=profile.insurance,
        status=profile.status,
        insured=profile.insured,
        residence=profile.residence,
        has_personal_account=profile.balance is not None,
    )


def special_diseases(person: Person) -> Iterator[SpecialDiseaseRow]:
    """The person's confirmed special diseases (门诊特殊病种备案)."""
    for code in person.profile.diseases:
        yield SpecialDiseaseRow(
            id=stable_id("special-disease", person.psn_no, code),
            member_id=member_id(person.psn_no),
            disease_code=code,
            disease_name=diseases()[code].name,
            since=DISEASES_SINCE,
            until=None,
        )


def grants(now: datetime) -> Iterator[FamilyGrantRow]:
    """Family grants (亲情共济授权), given half a year before."""
    for grant in GRANTS:
        yield FamilyGrantRow(
            id=stable_id("grant", grant.owner, grant.proxy),
            owner_id=member_id(grant.owner),
            proxy_id=member_id(grant.proxy),
            relation=grant.relation.value,
            scopes=tuple(scope.value for scope in grant.scopes),
            pay_limit=grant.pay_limit,
            since=now - timedelta(days=180),
            until=None,
            revoked_at=None,
        )


def accumulators(now: datetime) -> Iterator[AccumulatorRow]:
    """What some have used of their benefits in the year of `now` (年度累计)."""
    for usage in USAGES:
        yield AccumulatorRow(
            id=stable_id("accumulator", usage.psn_no, str(now.year), usage.bucket),
            member_id=member_id(usage.psn_no),
            year=now.year,
            bucket=usage.bucket,
            deductible_used=usage.deductible_used,
            fund_used=usage.fund_used,
        )


def _birthday(dice: Random, kind: Profile) -> date:
    first, last = _OLDEST, _YOUNGEST
    if kind.status is PersonStatus.RETIRED:
        last = _RETIRED_BEFORE
    elif kind.status is PersonStatus.WORKING:
        first = _RETIRED_BEFORE
    return first + timedelta(days=dice.randrange((last - first).days))
