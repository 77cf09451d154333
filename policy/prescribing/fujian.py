"""Prescribing in Fujian (福建), by 闽医保规〔2023〕6号 三 to 五."""

from policy.parameters import parameter
from policy.prescribing.common import (
    check_benefit,
    check_consent,
    check_disease,
    check_doctor,
    check_excluded,
    check_in_house,
    check_is_drug,
    check_member,
    check_registry,
    check_treats,
    check_written,
    upload_day,
)
from policy.prescribing.facts import PrescribedLine, PrescriptionFacts
from policy.prescribing.supply import check_days, check_supply
from policy.rule import broken
from policy.terms import BenefitKind, InstitutionKind, ListClass
from policy.violation import Code, Violation


def check(facts: PrescriptionFacts) -> list[Violation]:
    """Every rule that a Fujian prescription (流转处方) breaks."""
    found = [
        *check_hospital(facts),
        *check_doctor(facts, "FJ-4.3", "FJ-4.4"),
        *check_registry(facts, "FJ-5.4"),
        *check_member(facts),
        *check_benefit(facts, "FJ-3.0"),
        *check_consent(facts),
    ]
    if facts.disease_code is None:
        found.append(broken(Code.DISEASE_NOT_CONFIRMED, "FJ-5.3", "处方未注明慢性疾病名称。"))
    elif facts.benefit is BenefitKind.SPECIAL_DISEASE:
        found += check_disease(facts, "FJ-5.1")
    found += check_written(facts, "FJ-5.3")
    for line in facts.lines:
        found += check_line(facts, line)
    return found


def check_hospital(facts: PrescriptionFacts) -> list[Violation]:
    """Public hospitals of level two and up take part without applying; others are contracted (FJ-4.0).

    The interface must stand in either case (FJ-4.2, 九（一）2).
    """
    hospital, found = facts.hospital, []
    if not hospital.is_connected:
        message = "该医疗机构未完成电子处方流转接口改造，不能及时上传处方。"
        found.append(broken(Code.INSTITUTION_NOT_CONTRACTED, "FJ-4.2", message, actual=hospital.code))
    tier = parameter("direct_hospital_tier", facts.area, on=upload_day(facts))
    if hospital.is_public and hospital.tier >= tier.count:
        return found
    if not hospital.is_contracted:
        message = "该医疗机构未开通药店门诊统筹处方流转（非二级及以上公立医疗机构须签订协议）。"
        found.append(broken(Code.INSTITUTION_NOT_CONTRACTED, "FJ-4.1", message, actual=hospital.code))
    if hospital.kind is InstitutionKind.INTERNET_HOSPITAL and not hospital.parent_contracted:
        message = "互联网医院须依托医保定点实体医疗机构。"
        found.append(broken(Code.INSTITUTION_NOT_CONTRACTED, "FJ-4.1", message, actual=hospital.code))
    return found


def check_line(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """Every rule that one line (处方明细) breaks."""
    day = upload_day(facts)
    return [
        *check_is_drug(line, "FJ-3.0"),
        *check_excluded(facts, line),
        *check_catalogue(line),
        *check_scope(facts, line),
        *check_in_house(facts, line),
        *check_days(line, facts.area, day, "FJ-5.3"),
        *check_supply(facts, line, day),
    ]


def check_catalogue(line: PrescribedLine) -> list[Violation]:
    """Listed and in the insurance catalogue (挂网、医保目录内, FJ-3.0)."""
    drug, found = line.drug, []
    if not drug.is_listed:
        message = f"{drug.generic_name}未在省药耗招采子系统挂网。"
        found.append(broken(Code.DRUG_NOT_LISTED, "FJ-3.0", message, line_id=line.id, actual=drug.code))
    if drug.list_class is ListClass.C:
        message = f"{drug.generic_name}不在医保目录内。"
        found.append(broken(Code.DRUG_NOT_IN_CATALOGUE, "FJ-3.0", message, line_id=line.id, actual=drug.code))
    return found


def check_scope(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """Only drugs that treat the disease (FJ-5.1); a common benefit uses the whole scope (FJ-3.0)."""
    if facts.benefit is not BenefitKind.OUTPATIENT:
        return check_treats(facts, line, "FJ-5.1")
    if line.drug.diseases:
        return []
    message = f"{line.drug.generic_name}不在全省门诊特殊病种药品范围内。"
    return [broken(Code.DRUG_NOT_FOR_DISEASE, "FJ-3.0", message, line_id=line.id, actual=line.drug.code)]
