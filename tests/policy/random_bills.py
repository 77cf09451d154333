"""Bills by chance (随机费用单), quick to make and the same every time, with all that a bill can have."""

from collections.abc import Iterator
from decimal import Decimal
from random import Random

from policy.benefit import BillFacts, BillLine, FundUse
from policy.terms import (
    BenefitKind,
    BillItem,
    Fund,
    HospitalApproval,
    InsuranceType,
    InsuredState,
    ListClass,
    PersonStatus,
    Residence,
)
from tests.policy.sample_facts import MONDAY

AREAS = {
    "fujian": ("350100", "350128", "350200", "350400", "350500", "350900"),
    "shanxi": ("140100", "140200", "140300", "140600"),
}
CODES = ("XC08CAS001A001010199901", "XA10BAE032A001010199901", "ZA01AAA0001010100001")
DISEASES = (None, "M03900", "M01600", "M02101")
# one in ten bills is unpaid for a reason; nine in ten show what the engine computes
STATES = (InsuredState.NORMAL,) * 27 + tuple(InsuredState)
RESIDENCES = (Residence.LOCAL,) * 12 + tuple(Residence)
ITEMS = (BillItem.DRUG,) * 12 + tuple(BillItem)


def bills(region: str, count: int) -> Iterator[BillFacts]:
    """So many bills of a region."""
    chance = Random(f"bills of {region}")
    for _ in range(count):
        yield bill(chance, region)


def bill(chance: Random, region: str) -> BillFacts:
    """One bill of a member of one of the region's sampled areas."""
    benefit = chance.choice((BenefitKind.OUTPATIENT, BenefitKind.SPECIAL_DISEASE))
    is_resident = region == "fujian" and benefit is BenefitKind.SPECIAL_DISEASE and chance.random() < 0.4
    working_or_retired = chance.choice((PersonStatus.WORKING, PersonStatus.RETIRED))
    return BillFacts(
        area=chance.choice(AREAS[region]),
        on=MONDAY,
        insurance=InsuranceType.RESIDENT if is_resident else InsuranceType.EMPLOYEE,
        status=PersonStatus.RESIDENT if is_resident else working_or_retired,
        insured=chance.choice(STATES),
        residence=chance.choice(RESIDENCES),
        benefit=benefit,
        disease_code=chance.choice(DISEASES),
        prescriber_tier=chance.randint(0, 3),
        pharmacy_tier=chance.choice((None, 0, 1, 2, 3)),
        deductible_taken_visit=money(chance, 100),
        deductible_used_year=money(chance, 1500),
        fund_used_year=money(chance, chance.choice((0, 2000, 30000, 120000))),
        has_credential=chance.random() < 0.98,
        contracted=chance.random() < 0.98,
        has_prescription=chance.random() < 0.98,
        reviewed=chance.random() < 0.98,
        lines=tuple(line(chance, number) for number in range(chance.randint(0, 6))),
        use_account=chance.random() < 0.5,
        account_balance=money(chance, 3000),
        family_balance=money(chance, 3000),
        fund_used_joint=money(chance, chance.choice((0, 100000))),
        quota_used_month=money(chance, 400),
        quota_used_quarter=money(chance, 1200),
        outpatient_deductible_used_year=money(chance, 400),
        outpatient_fund_used_year=money(chance, 3000),
        further_funds=tuple(FundUse(fund, money(chance, 100)) for fund in Fund if chance.random() < 0.3),
    )


def line(chance: Random, number: int) -> BillLine:
    """One line of a bill."""
    standard = Decimal(chance.randint(0, 900_000_000)).scaleb(-6)
    return BillLine(
        id=str(number),
        drug_code=chance.choice(CODES),
        quantity=Decimal(chance.randint(0, 200_000)).scaleb(-4),
        price=Decimal(chance.randint(0, 900_000_000)).scaleb(-6),
        list_class=chance.choice((ListClass.A, ListClass.A, ListClass.B, ListClass.B, ListClass.C)),
        covered=chance.random() < 0.95,
        payment_standard=standard if chance.random() < 0.5 else None,
        limited_use=chance.random() < 0.2,
        approval=chance.choice(tuple(HospitalApproval)[:2] * 5 + tuple(HospitalApproval)),
        is_essential=chance.random() < 0.3,
        item=chance.choice(ITEMS),
        is_dual_channel=chance.random() < 0.1,
    )


def money(chance: Random, top: int) -> Decimal:
    """An amount up to a top, to the fen."""
    return Decimal(chance.randint(0, top * 100)).scaleb(-2)
