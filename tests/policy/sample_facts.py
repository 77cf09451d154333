"""Facts that break no rule, for tests to break one by one."""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from policy.benefit import BillFacts, BillLine
from policy.calendar import SHANGHAI
from policy.dispensing import ClaimLine, IdentityFacts, PharmacistFacts, PharmacyFacts, SplitFacts
from policy.prescribing import (
    DoctorFacts,
    DrugFacts,
    HospitalFacts,
    MemberFacts,
    PrescribedLine,
    PrescriptionFacts,
    SpecialDisease,
)
from policy.terms import (
    BenefitKind,
    DrugKind,
    HospitalApproval,
    IdentityMethod,
    InstitutionKind,
    InsuranceType,
    InsuredState,
    LineState,
    ListClass,
    PersonStatus,
    Residence,
    Verdict,
    VisitKind,
)

Facts = TypeVar("Facts")

MONDAY = date(2026, 3, 16)
MORNING = datetime(2026, 3, 16, 9, 30, tzinfo=SHANGHAI)
FUZHOU, SANMING, XIAMEN, TAIYUAN, DATONG = "350100", "350400", "350200", "140100", "140200"
HYPERTENSION, DIABETES = "M03900", "M01600"

DRUG = DrugFacts(
    code="XC08CAS001A001010199901",
    generic_name="示例降压片",
    ingredient="示例成分甲",
    kind=DrugKind.WESTERN,
    list_class=ListClass.A,
    is_listed=True,
    restriction=None,
    is_insulin=False,
    diseases=(HYPERTENSION,),
    limited_use=False,
    min_tier=None,
    is_essential=False,
)
LINE = PrescribedLine(
    id="1",
    drug=DRUG,
    quantity=Decimal(1),
    units_per_package=Decimal(28),
    dose=Decimal(1),
    times_per_day=Decimal(1),
    days=28,
    in_house_stock=Decimal(0),
    approval=HospitalApproval.NOT_ASKED,
)
DOCTOR = DoctorFacts("D350102000001", "H35010200001", date(2020, 1, 1), None, (HYPERTENSION,))
HOSPITAL = HospitalFacts("H35010200001", FUZHOU, 3, InstitutionKind.HOSPITAL, True, True, None)
MEMBER = MemberFacts(
    id="示例参保人01",
    area=FUZHOU,
    insurance=InsuranceType.EMPLOYEE,
    status=PersonStatus.WORKING,
    insured=InsuredState.NORMAL,
    residence=Residence.LOCAL,
    has_personal_account=True,
    special_diseases=(SpecialDisease(HYPERTENSION, date(2024, 1, 1), None),),
    sex="1",
    birth=date(1960, 1, 1),
)
FUJIAN = PrescriptionFacts(
    area=FUZHOU,
    benefit=BenefitKind.SPECIAL_DISEASE,
    disease_code=HYPERTENSION,
    visit_kind=VisitKind.PHYSICAL,
    consented=True,
    long_supply_reason=None,
    issued_at=MORNING - timedelta(minutes=5),
    uploaded_at=MORNING,
    doctor=DOCTOR,
    hospital=HOSPITAL,
    member=MEMBER,
    lines=(LINE,),
    other_open=(),
)
SHANXI = replace(
    FUJIAN,
    area=TAIYUAN,
    benefit=BenefitKind.OUTPATIENT,
    doctor=replace(DOCTOR, code="D140105000001", institution="H14010500001"),
    hospital=replace(HOSPITAL, code="H14010500001", area=TAIYUAN),
    member=replace(MEMBER, area=TAIYUAN),
)

PHARMACY = PharmacyFacts("P35010200001", FUZHOU, True, True, True, True, False)
PHARMACIST = PharmacistFacts("HY350102000011", PHARMACY.code, date(2024, 1, 1), None, True)
CLAIM_LINE = ClaimLine("1", DRUG.code, LineState.OPEN, None, Decimal(1), Decimal(10))
WHOLE = SplitFacts(is_partial=False, reason=None, same_drug_elsewhere=())
FACE = IdentityFacts(IdentityMethod.FACE, Verdict.MATCH, False, False, False, False)

BILL_LINE = BillLine(
    id="1",
    drug_code=DRUG.code,
    quantity=Decimal(1),
    price=Decimal("100.00"),
    list_class=ListClass.A,
    covered=True,
    payment_standard=None,
    limited_use=False,
    approval=HospitalApproval.NOT_ASKED,
    is_essential=False,
)
BILL = BillFacts(
    area=FUZHOU,
    on=MONDAY,
    insurance=InsuranceType.EMPLOYEE,
    status=PersonStatus.WORKING,
    insured=InsuredState.NORMAL,
    residence=Residence.LOCAL,
    benefit=BenefitKind.OUTPATIENT,
    disease_code=None,
    prescriber_tier=3,
    pharmacy_tier=None,
    deductible_taken_visit=Decimal(0),
    deductible_used_year=Decimal(0),
    fund_used_year=Decimal(0),
    has_credential=True,
    contracted=True,
    has_prescription=True,
    reviewed=True,
    lines=(BILL_LINE,),
    use_account=False,
    account_balance=Decimal(0),
    family_balance=Decimal(0),
)


def changed(facts: Facts, changes: Mapping[str, Any]) -> Facts:
    """The same facts with some of them changed; plain values of a case file become what the field holds."""
    hints = get_type_hints(type(facts))
    values = {name: as_field(hints[name], value) for name, value in changes.items()}
    return replace(facts, **values)  # type: ignore[type-var]  # every kind of facts is a dataclass


def as_field(hint: Any, value: Any) -> Any:
    """A plain value as the type of its field wants it: "none" for None, text for enums and decimals."""
    if get_origin(hint) is UnionType:
        if value == "none":
            return None
        return as_field(next(part for part in get_args(hint) if part is not type(None)), value)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(value)
    if isinstance(hint, type) and is_dataclass(hint) and isinstance(value, Mapping):
        hints = get_type_hints(hint)
        return hint(**{name: as_field(hints[name], told) for name, told in value.items()})
    if hint is Decimal:
        return Decimal(value)
    if isinstance(value, list):
        return tuple(value)
    return value
