"""The demos of the sample world under the real rules: they pass, and what should be refused is refused."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from ops.world import cast, catalogue, hospitals
from ops.world.catalogue import Drug
from ops.world.days import DEMO_NOW
from ops.world.member_cast import PEOPLE, USAGES
from ops.world.members import DISEASES_SINCE
from ops.world.shelves import Shelves
from ops.world.world import World
from policy.benefit import BillFacts, BillLine, Statement, settle
from policy.calendar import shanghai_day
from policy.money import ZERO
from policy.prescribing import (
    DoctorFacts,
    DrugFacts,
    HospitalFacts,
    MemberFacts,
    PrescribedLine,
    PrescriptionFacts,
    SpecialDisease,
    check_prescription,
)
from policy.prices import DatedPrice, payment_standard
from policy.terms import BenefitKind, HospitalApproval, PriceKind, VisitKind
from policy.violation import Code

WORLD = World()
TODAY = shanghai_day(DEMO_NOW)
DRUGS = {drug.code: drug for drug in catalogue.drugs()}


def drug_facts(drug: Drug) -> DrugFacts:
    row = drug.row
    return DrugFacts(
        code=row.code,
        generic_name=row.generic_name,
        ingredient=row.ingredient,
        kind=row.kind,
        list_class=row.list_class,
        is_listed=drug.price(PriceKind.LISTED, "350000", TODAY) is not None,
        restriction=row.restriction,
        is_insulin=row.is_insulin,
        diseases=drug.diseases,
        limited_use=row.limited_use,
        min_tier=row.min_tier,
        is_essential=row.is_essential,
        is_consumable=row.is_consumable,
    )


def prescribed(line: cast.DemoLine, number: int) -> PrescribedLine:
    drug = DRUGS[line.drug_code]
    return PrescribedLine(
        id=str(number),
        drug=drug_facts(drug),
        quantity=line.quantity,
        units_per_package=drug.row.units_per_package,
        dose=line.dose,
        times_per_day=line.times_per_day,
        days=line.days,
        in_house_stock=ZERO,
        approval=HospitalApproval.NOT_ASKED,
    )


def member_facts(psn_no: str) -> MemberFacts:
    row = WORLD.member(psn_no)
    person = next(found for found in PEOPLE if found.psn_no == psn_no)
    return MemberFacts(
        id=str(row.id),
        area=row.area,
        insurance=row.insurance,
        status=row.status,
        insured=row.insured,
        residence=row.residence,
        has_personal_account=row.has_personal_account,
        special_diseases=tuple(
            SpecialDisease(code, DISEASES_SINCE, None) for code in person.profile.diseases
        ),
        sex=row.sex,
        birth=row.birth_date,
    )


def prescription(
    doctor_code: str, psn_no: str, lines: tuple[cast.DemoLine, ...], disease: str | None = None
) -> PrescriptionFacts:
    doctor = next(found for found in hospitals.doctors() if found.code == doctor_code)
    hospital = next(found for found in hospitals.institutions() if found.code == doctor.institution_id)
    contracted = {agreement.institution_id for agreement in hospitals.agreements()}
    return PrescriptionFacts(
        area=hospital.area,
        benefit=BenefitKind.SPECIAL_DISEASE if disease else BenefitKind.OUTPATIENT,
        disease_code=disease,
        visit_kind=VisitKind.PHYSICAL if hospital.parent_id is None else VisitKind.INTERNET,
        consented=True,
        long_supply_reason=cast.FUJIAN_LONG_SUPPLY_REASON if disease else None,
        issued_at=DEMO_NOW - timedelta(minutes=5),
        uploaded_at=DEMO_NOW,
        doctor=DoctorFacts(doctor.code, hospital.code, doctor.since, doctor.until, doctor.scope),
        hospital=HospitalFacts(
            code=hospital.code,
            area=hospital.area,
            tier=hospital.tier or 1,
            kind=hospital.kind,
            is_public=hospital.is_public,
            is_contracted=hospital.code in contracted,
            parent_contracted=hospital.parent_id in contracted if hospital.parent_id else None,
        ),
        member=member_facts(psn_no),
        lines=tuple(prescribed(line, number) for number, line in enumerate(lines, 1)),
        other_open=(),
    )


def fujian(
    *, doctor: str = cast.FUJIAN_DOCTOR, patient: str = cast.FUJIAN_PATIENT, drug: str | None = None
) -> PrescriptionFacts:
    lines = cast.FUJIAN_LINES
    if drug is not None:
        lines = (replace(lines[0], drug_code=drug), *lines[1:])
    return prescription(doctor, patient, lines, cast.FUJIAN_DISEASE)


def shanxi(*, doctor: str = cast.SHANXI_DOCTOR, patient: str = cast.SHANXI_PATIENT) -> PrescriptionFacts:
    return prescription(doctor, patient, cast.SHANXI_LINES)


def violated(facts: PrescriptionFacts) -> set[Code]:
    return {violation.code for violation in check_prescription(facts)}


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(fujian(), id="福建 高血压 12 周"),
        pytest.param(fujian(doctor=cast.FUJIAN_INTERNET_DOCTOR), id="福建 互联网医院"),
        pytest.param(fujian(patient=cast.FUJIAN_SANMING_PATIENT), id="福建 三明参保人"),
        pytest.param(
            prescription(
                cast.FUJIAN_DOCTOR, cast.FUJIAN_RESIDENT, cast.FUJIAN_DIABETES_LINES, cast.FUJIAN_DIABETES
            ),
            id="福建 居民糖尿病",
        ),
        pytest.param(shanxi(), id="山西 普通门诊"),
        pytest.param(shanxi(doctor=cast.SHANXI_INTERNET_DOCTOR), id="山西 互联网医院"),
        pytest.param(shanxi(patient=cast.SHANXI_RETIRED), id="山西 退休职工"),
        pytest.param(shanxi(patient=cast.SHANXI_ELSEWHERE), id="山西 省内异地"),
    ],
)
def test_the_demos_break_no_rule(facts: PrescriptionFacts) -> None:
    assert check_prescription(facts) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        pytest.param(fujian(patient=cast.FUJIAN_NO_DISEASE), Code.DISEASE_NOT_CONFIRMED, id="未备案门特"),
        pytest.param(fujian(doctor=cast.FUJIAN_DOCTOR_NARROW), Code.DOCTOR_OUT_OF_SCOPE, id="超执业范围"),
        pytest.param(fujian(doctor=cast.FUJIAN_DOCTOR_LAPSED), Code.DOCTOR_NOT_REGISTERED, id="注册已止"),
        pytest.param(fujian(doctor=cast.FUJIAN_PRIVATE_DOCTOR), Code.INSTITUTION_NOT_CONTRACTED, id="未签约"),
        pytest.param(fujian(drug=cast.MORPHINE), Code.DRUG_EXCLUDED, id="麻醉药品"),
        pytest.param(fujian(drug=cast.ALPRAZOLAM), Code.DRUG_EXCLUDED, id="二类精神药品"),
        pytest.param(fujian(drug=cast.EPOETIN), Code.DRUG_EXCLUDED, id="肽类激素"),
        pytest.param(fujian(drug=cast.TIGECYCLINE), Code.DRUG_EXCLUDED, id="特殊使用级抗菌药"),
        pytest.param(fujian(drug=cast.ADENOVIRUS), Code.DRUG_EXCLUDED, id="冷冻注射剂"),
        pytest.param(fujian(drug=cast.ASTRAGALUS_PIECES), Code.DRUG_EXCLUDED, id="中药饮片"),
        pytest.param(fujian(drug=cast.HOSPITAL_PREPARATION), Code.DRUG_EXCLUDED, id="院内制剂"),
        pytest.param(fujian(drug=cast.MIFEPRISTONE), Code.DRUG_EXCLUDED, id="法律法规不应纳入"),
        pytest.param(fujian(drug=cast.TELMISARTAN), Code.DRUG_NOT_LISTED, id="未挂网"),
        pytest.param(fujian(drug=cast.ORLISTAT), Code.DRUG_NOT_IN_CATALOGUE, id="目录外"),
        pytest.param(fujian(drug=cast.METFORMIN), Code.DRUG_NOT_FOR_DISEASE, id="不治该病"),
        pytest.param(shanxi(patient=cast.SHANXI_NO_ACCOUNT), Code.MEMBER_NOT_ENTITLED, id="无个人账户"),
        pytest.param(shanxi(patient=cast.SHANXI_ARREARS), Code.MEMBER_IN_ARREARS, id="欠费"),
        pytest.param(
            shanxi(doctor=cast.SHANXI_ORPHAN_DOCTOR), Code.INSTITUTION_NOT_CONTRACTED, id="依托医院未签约"
        ),
    ],
)
def test_the_cast_breaks_the_rule_it_was_made_for(facts: PrescriptionFacts, code: Code) -> None:
    assert code in violated(facts)


def statement(
    facts: PrescriptionFacts, pharmacy_code: str, lines: tuple[cast.DemoLine, ...], psn_no: str
) -> Statement:
    """What the patient pays for the demo at the demo's pharmacy."""
    pharmacy = next(found for found in WORLD.pharmacies if found.code == pharmacy_code)
    shelf = {offer.drug.code: offer for offer in Shelves(WORLD.drugs, WORLD.now).of(pharmacy)}
    member, person = facts.member, next(found for found in PEOPLE if found.psn_no == psn_no)
    bucket = f"{facts.benefit}:{facts.disease_code}" if facts.disease_code else str(facts.benefit)
    used = next((found for found in USAGES if (found.psn_no, found.bucket) == (psn_no, bucket)), None)
    return settle(
        BillFacts(
            area=member.area,
            on=TODAY,
            insurance=member.insurance,
            status=member.status,
            insured=member.insured,
            residence=member.residence,
            benefit=facts.benefit,
            disease_code=facts.disease_code,
            prescriber_tier=facts.hospital.tier,
            pharmacy_tier=None,
            deductible_taken_visit=ZERO,
            deductible_used_year=used.deductible_used if used else ZERO,
            fund_used_year=used.fund_used if used else ZERO,
            has_credential=True,
            contracted=True,
            has_prescription=True,
            reviewed=True,
            lines=tuple(bill_line(line, shelf[line.drug_code].price, member.area) for line in lines),
            use_account=True,
            account_balance=person.profile.balance or ZERO,
            family_balance=ZERO,
        )
    )


def bill_line(line: cast.DemoLine, price: Decimal, area: str) -> BillLine:
    drug = DRUGS[line.drug_code]
    reach = {area, f"{area[:2]}0000"}
    prices = [
        DatedPrice(found.kind, found.amount, found.since, found.until, found.source)
        for found in drug.prices
        if found.area in reach
    ]
    return BillLine(
        id=line.drug_code,
        drug_code=line.drug_code,
        quantity=line.quantity,
        price=price,
        list_class=drug.row.list_class,
        covered=True,
        payment_standard=payment_standard(prices, area, TODAY),
        limited_use=drug.row.limited_use,
        approval=HospitalApproval.NOT_ASKED,
        is_essential=drug.row.is_essential,
    )


def test_fujians_demo_is_paid_by_fund_and_account() -> None:
    found = statement(fujian(), cast.FUJIAN_PHARMACY, cast.FUJIAN_LINES, cast.FUJIAN_PATIENT)

    assert found.unpaid_reasons == ()
    assert found.act_pay_dedc == 0
    assert found.preselfpay_amt > 0
    assert found.fund_pay_sumamt > found.psn_part_amt > 0
    assert found.acct_pay == found.psn_part_amt


def test_shanxis_demo_takes_the_deductible_and_leaves_what_is_above_the_standard() -> None:
    found = statement(shanxi(), cast.SHANXI_PHARMACY, cast.SHANXI_LINES, cast.SHANXI_PATIENT)

    assert found.unpaid_reasons == ()
    assert found.act_pay_dedc > 0
    assert found.overlmt_selfpay > 0
    assert found.fund_pay_sumamt > 0


def test_shanxis_retired_employee_reaches_the_years_limit() -> None:
    found = statement(
        shanxi(patient=cast.SHANXI_RETIRED), cast.SHANXI_PHARMACY, cast.SHANXI_LINES, cast.SHANXI_RETIRED
    )

    assert found.limit_left is not None
    assert found.limit_left < 20
