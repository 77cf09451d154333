"""Prescribing in Shanxi (山西), by 晋医保办发〔2022〕27号 第五条 to 第十九条."""

from policy.identifiers import pooling_area
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
    check_treats,
    check_written,
    upload_day,
)
from policy.prescribing.facts import PrescribedLine, PrescriptionFacts
from policy.prescribing.supply import check_days
from policy.rule import broken
from policy.terms import BenefitKind, HospitalApproval, InstitutionKind
from policy.violation import Code, Violation


def check(facts: PrescriptionFacts) -> list[Violation]:
    """Every rule that a Shanxi prescription (门诊统筹处方) breaks."""
    found = [
        *check_hospital(facts),
        *check_doctor(facts, "CN-DOCTOR", "CN-DOCTOR"),
        *check_member(facts),
        *check_benefit(facts, "SX-8"),
        *check_visit(facts),
        *check_consent(facts),
    ]
    if facts.benefit is BenefitKind.SPECIAL_DISEASE:
        found += check_disease(facts, "SX-8")
    found += check_written(facts, "SX-19")
    for line in facts.lines:
        found += check_line(facts, line)
    return found


def check_hospital(facts: PrescriptionFacts) -> list[Violation]:
    """Contracted for outpatient pooling; an internet hospital with its physical one (SX-4, SX-5)."""
    hospital, found = facts.hospital, []
    if not hospital.is_contracted:
        message = "该医疗机构不是门诊统筹定点医疗机构。"
        found.append(broken(Code.INSTITUTION_NOT_CONTRACTED, "SX-26.1", message, actual=hospital.code))
    if hospital.kind is not InstitutionKind.INTERNET_HOSPITAL:
        return found
    covered = parameter("internet_hospitals_covered", facts.area, on=upload_day(facts))
    if not covered.flag:
        message = "统筹地区未将互联网门诊纳入门诊统筹。"
        found.append(
            broken(
                Code.INSTITUTION_NOT_CONTRACTED, "SX-5", message, basis=covered.basis, actual=hospital.code
            )
        )
    if not hospital.parent_contracted or pooling_area(hospital.area) != pooling_area(facts.area):
        message = "互联网医院所依托的实体医疗机构不是本统筹地区门诊统筹定点医疗机构。"
        found.append(broken(Code.INSTITUTION_NOT_CONTRACTED, "SX-5", message, actual=hospital.code))
    return found


def check_visit(facts: PrescriptionFacts) -> list[Violation]:
    """Seen with a credential (医保凭证, SX-7), and the doctor verified who it was (核验身份, SX-8)."""
    accepted, found = parameter("credentials", facts.area, on=upload_day(facts)), []
    if facts.credential not in accepted.words:
        found.append(
            broken(
                Code.CREDENTIAL_MISSING,
                "SX-7",
                "须凭医保电子凭证或社会保障卡就诊。",
                limit="、".join(accepted.words),
                actual=facts.credential,
            )
        )
    if not facts.identity_verified:
        found.append(broken(Code.IDENTITY_REQUIRED, "SX-8", "接诊医生未核验参保职工身份信息。"))
    return found


def check_line(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """Every rule that one line (处方明细) breaks."""
    return [
        *check_is_drug(line, "SX-9"),
        *check_excluded(facts, line),
        *check_tier(facts, line),
        *check_indication(facts, line),
        *check_in_house(facts, line),
        *check_days(line, facts.area, upload_day(facts), "SX-19"),
    ]


def check_tier(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """A drug limited to higher institutions (限定医疗机构级别) is not prescribed below (SX-17)."""
    least = line.drug.min_tier
    if least is None or facts.hospital.tier >= least:
        return []
    return [
        broken(
            Code.DRUG_NOT_FOR_TIER,
            "SX-17",
            f"{line.drug.generic_name}限{least}级及以上医疗机构使用，不得纳入门诊统筹。",
            line_id=line.id,
            limit=str(least),
            actual=str(facts.hospital.tier),
        )
    ]


def check_indication(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """A special disease's own drugs only (SX-8); a limited drug within its indication (适应症, SX-17)."""
    if facts.benefit is BenefitKind.SPECIAL_DISEASE:
        return check_treats(facts, line, "SX-8")
    is_approved = line.drug.limited_use and line.approval is HospitalApproval.APPROVED
    if is_approved and facts.disease_code is not None and line.drug.diseases:
        return check_treats(facts, line, "SX-17")
    return []
