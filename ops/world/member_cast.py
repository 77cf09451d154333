"""The insured people of the cast (固定参保人) and what is known of each."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from ops.world import cast
from policy.terms import FamilyRelation, GrantScope, InsuranceType, InsuredState, PersonStatus, Residence

MALE, FEMALE = "1", "2"


@dataclass(frozen=True, slots=True)
class Profile:
    """Who a member is to the insurance (参保情况)."""

    insurance: InsuranceType = InsuranceType.EMPLOYEE
    status: PersonStatus = PersonStatus.WORKING
    insured: InsuredState = InsuredState.NORMAL
    residence: Residence = Residence.LOCAL
    balance: Decimal | None = Decimal("800.00")
    diseases: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A member before the rows are made (参保人)."""

    psn_no: str
    name: str
    sex: str
    born: date
    profile: Profile

    @property
    def area(self) -> str:
        """The pooling area (参保统筹区): the first six digits of the person number."""
        return self.psn_no[:6]


@dataclass(frozen=True, slots=True)
class Grant:
    """What `owner` lets `proxy` do (亲情共济授权). `PAY` lets the proxy draw on the owner's account."""

    owner: str
    proxy: str
    relation: FamilyRelation
    scopes: tuple[GrantScope, ...]
    pay_limit: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What a member has used of a benefit this year (年度累计)."""

    psn_no: str
    bucket: str
    deductible_used: Decimal
    fund_used: Decimal


_RETIRED = PersonStatus.RETIRED
_RESIDENT = Profile(InsuranceType.RESIDENT, PersonStatus.RESIDENT, balance=None)


def _resident(*diseases: str) -> Profile:
    return Profile(InsuranceType.RESIDENT, PersonStatus.RESIDENT, balance=None, diseases=diseases)


def _person(psn_no: str, number: int, sex: str, born: date, profile: Profile) -> Person:
    return Person(psn_no, f"示例参保人{number:02d}", sex, born, profile)


PEOPLE = (
    _person(
        cast.FUJIAN_PATIENT,
        1,
        MALE,
        date(1961, 8, 4),
        Profile(status=_RETIRED, balance=Decimal("1860.00"), diseases=("M03900", "M01600")),
    ),
    _person(cast.FUJIAN_PATIENT_FAMILY, 2, FEMALE, date(1990, 6, 10), Profile(balance=Decimal("3200.00"))),
    _person(cast.FUJIAN_RESIDENT, 3, FEMALE, date(1958, 3, 22), _resident("M01600")),
    _person(
        cast.FUJIAN_ARREARS,
        4,
        MALE,
        date(1979, 11, 2),
        Profile(insured=InsuredState.ARREARS, diseases=("M03900",)),
    ),
    _person(
        cast.FUJIAN_WAITING,
        5,
        FEMALE,
        date(1984, 1, 30),
        Profile(insured=InsuredState.WAITING, diseases=("M03900",)),
    ),
    _person(cast.FUJIAN_NO_DISEASE, 6, MALE, date(1975, 5, 17), Profile()),
    _person(
        cast.FUJIAN_TRAVELLER,
        7,
        FEMALE,
        date(1968, 9, 9),
        Profile(residence=Residence.TEMPORARY, diseases=("M03900",)),
    ),
    _person(cast.FUJIAN_SANMING_PATIENT, 8, MALE, date(1966, 2, 14), Profile(diseases=("M03900",))),
    _person(cast.SHANXI_PATIENT, 51, MALE, date(1967, 11, 20), Profile(balance=Decimal("1240.00"))),
    _person(cast.SHANXI_PATIENT_FAMILY, 52, FEMALE, date(1969, 6, 3), Profile(balance=Decimal("2600.00"))),
    _person(
        cast.SHANXI_RETIRED, 53, FEMALE, date(1955, 4, 28), Profile(status=_RETIRED, diseases=("M03900",))
    ),
    _person(cast.SHANXI_NO_ACCOUNT, 54, MALE, date(1988, 12, 1), Profile(balance=None)),
    _person(cast.SHANXI_ARREARS, 55, MALE, date(1981, 7, 19), Profile(insured=InsuredState.ARREARS)),
    _person(cast.SHANXI_WAITING, 56, FEMALE, date(1993, 10, 5), Profile(insured=InsuredState.WAITING)),
    _person(cast.SHANXI_TRAVELLER, 57, MALE, date(1972, 8, 25), Profile(residence=Residence.TEMPORARY)),
    _person(cast.SHANXI_RESIDENT, 58, FEMALE, date(1960, 1, 11), _resident("M01600")),
    _person(
        cast.SHANXI_ELSEWHERE,
        59,
        MALE,
        date(1957, 3, 7),
        Profile(status=_RETIRED, residence=Residence.IN_PROVINCE),
    ),
)

GRANTS = (
    Grant(
        cast.FUJIAN_PATIENT,
        cast.FUJIAN_PATIENT_FAMILY,
        FamilyRelation.CHILD,
        (GrantScope.SEE, GrantScope.BUY),
    ),
    Grant(
        cast.FUJIAN_PATIENT_FAMILY,
        cast.FUJIAN_PATIENT,
        FamilyRelation.PARENT,
        (GrantScope.PAY,),
        pay_limit=Decimal("500.00"),
    ),
    Grant(
        cast.SHANXI_PATIENT,
        cast.SHANXI_PATIENT_FAMILY,
        FamilyRelation.SPOUSE,
        (GrantScope.SEE, GrantScope.BUY),
    ),
    Grant(
        cast.SHANXI_PATIENT_FAMILY,
        cast.SHANXI_PATIENT,
        FamilyRelation.SPOUSE,
        (GrantScope.PAY,),
        pay_limit=Decimal("300.00"),
    ),
)

USAGES = (
    Usage(cast.FUJIAN_PATIENT, "SPECIAL_DISEASE:M03900", Decimal("500.00"), Decimal("1260.00")),
    Usage(cast.FUJIAN_PATIENT, "SPECIAL_DISEASE:M01600", Decimal("420.00"), Decimal("0.00")),
    Usage(cast.SHANXI_RETIRED, "OUTPATIENT", Decimal("80.00"), Decimal("1950.00")),
)
"""The patient's deductible for hypertension is paid; Shanxi's retired employee is near the year's limit."""
