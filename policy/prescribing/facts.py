"""What the rules look at when a prescription is uploaded."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from policy.preference import Choice
from policy.terms import (
    BenefitKind,
    Credential,
    DrugKind,
    DrugRestriction,
    HospitalApproval,
    InstitutionKind,
    InsuranceType,
    InsuredState,
    ListClass,
    PersonStatus,
    Residence,
    VisitKind,
)

ANY_DISEASE = "*"


@dataclass(frozen=True, slots=True)
class DoctorFacts:
    """The prescriber (医保医师). `scope` holds the disease codes he may treat, or "*" for all.

    `is_registry_complete`: the register has all that the prescription must show of him (FJ-5.4).
    """

    code: str
    institution: str
    registered_since: date
    registered_until: date | None
    scope: tuple[str, ...]
    is_registry_complete: bool = True


@dataclass(frozen=True, slots=True)
class HospitalFacts:
    """The prescribing institution (定点医疗机构). `parent_contracted` is None without a parent.

    `is_connected`: its interface was accepted, so that prescriptions arrive at once (FJ-4.2).
    """

    code: str
    area: str
    tier: int
    kind: InstitutionKind
    is_public: bool
    is_contracted: bool
    parent_contracted: bool | None
    is_connected: bool = True


@dataclass(frozen=True, slots=True)
class SpecialDisease:
    """A confirmed special disease (门诊特殊病种、慢特病); `until` is its last day."""

    code: str
    since: date
    until: date | None


@dataclass(frozen=True, slots=True)
class MemberFacts:
    """The patient (参保人) and what the insurance knows of him."""

    id: str
    area: str
    insurance: InsuranceType
    status: PersonStatus
    insured: InsuredState
    residence: Residence
    has_personal_account: bool
    special_diseases: tuple[SpecialDisease, ...]
    sex: str
    birth: date


@dataclass(frozen=True, slots=True)
class DrugFacts:
    """A drug (药品). `diseases` are those whose scope it is in; `min_tier` the least hospital tier.

    `sex`, ages and `max_daily_units` are what its label allows, None where it says nothing.
    """

    code: str
    generic_name: str
    ingredient: str
    kind: DrugKind
    list_class: ListClass
    is_listed: bool
    restriction: DrugRestriction | None
    is_insulin: bool
    diseases: tuple[str, ...]
    limited_use: bool
    min_tier: int | None
    is_essential: bool
    is_consumable: bool = False
    is_awarded: bool = False
    sex: str | None = None
    min_age: int | None = None
    max_age: int | None = None
    max_daily_units: Decimal | None = None


@dataclass(frozen=True, slots=True)
class PrescribedLine:
    """One drug as prescribed (处方明细): packages, units in each, dose in units, times a day, days.

    `price` is the drug's own of today; `choices` are equivalents that could be prescribed instead.
    """

    id: str
    drug: DrugFacts
    quantity: Decimal
    units_per_package: Decimal | None
    dose: Decimal | None
    times_per_day: Decimal | None
    days: int
    in_house_stock: Decimal
    approval: HospitalApproval
    price: Decimal | None = None
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A drug that the patient still has or may still fetch (余存), and until when it lasts.

    `is_open`: it stands on another prescription and was not bought yet.
    """

    ingredient: str
    drug_code: str
    left_until: date
    is_open: bool = False


@dataclass(frozen=True, slots=True)
class PrescriptionFacts:
    """A prescription at upload (待流转处方). `area` is the prescribing hospital's pooling area.

    `credential` is what the patient showed at the visit (SX-7), `identity_verified` whether the doctor
    compared it with the person (SX-8).
    """

    area: str
    benefit: BenefitKind
    disease_code: str | None
    visit_kind: VisitKind
    consented: bool
    long_supply_reason: str | None
    issued_at: datetime
    uploaded_at: datetime
    doctor: DoctorFacts
    hospital: HospitalFacts
    member: MemberFacts
    lines: tuple[PrescribedLine, ...]
    other_open: tuple[OpenLine, ...]
    credential: Credential | None = Credential.ELECTRONIC
    identity_verified: bool = True
