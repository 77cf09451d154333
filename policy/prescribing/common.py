"""What both regions ask of a prescription."""

from datetime import date
from decimal import Decimal

from policy.calendar import shanghai_day
from policy.entitlement import EntitlementFacts, check_entitlement
from policy.identifiers import province
from policy.parameters import parameter, parameters
from policy.prescribing.facts import ANY_DISEASE, PrescribedLine, PrescriptionFacts
from policy.regulation import regulation_violation
from policy.rule import broken
from policy.terms import DrugRestriction, VisitKind
from policy.violation import Code, Violation


def upload_day(facts: PrescriptionFacts) -> date:
    """The legal day of the upload (上传日): its law decides."""
    return shanghai_day(facts.uploaded_at)


def check_member(facts: PrescriptionFacts) -> list[Violation]:
    """What keeps the member's own area from paying (参保待遇), as far as upload can know."""
    member, day = facts.member, upload_day(facts)
    if missing := regulation_violation(member.area, on=day):
        return [missing]
    return check_entitlement(
        EntitlementFacts(
            home=member.area,
            place=facts.area,
            on=day,
            insurance=member.insurance,
            insured=member.insured,
            residence=member.residence,
            benefit=facts.benefit,
            has_personal_account=member.has_personal_account,
        )
    )


def check_doctor(facts: PrescriptionFacts, registered_rule: str, scope_rule: str) -> list[Violation]:
    """Registered at that very institution (注册医师), and within his scope (执业范围)."""
    doctor, day = facts.doctor, upload_day(facts)
    ended = doctor.registered_until is not None and doctor.registered_until < day
    found = []
    if doctor.institution != facts.hospital.code or day < doctor.registered_since or ended:
        message = "处方医师不是本医疗机构当日有效注册的医保医师。"
        found.append(
            broken(
                Code.DOCTOR_NOT_REGISTERED,
                registered_rule,
                message,
                limit=facts.hospital.code,
                actual=doctor.institution,
            )
        )
    disease = facts.disease_code
    if disease is not None and ANY_DISEASE not in doctor.scope and disease not in doctor.scope:
        found.append(
            broken(
                Code.DOCTOR_OUT_OF_SCOPE,
                scope_rule,
                "所治病种超出该医师的执业范围。",
                limit="、".join(doctor.scope),
                actual=disease,
            )
        )
    return found


def check_registry(facts: PrescriptionFacts, rule_id: str) -> list[Violation]:
    """Institution, name, code and phone come from the register (自动载明, FJ-5.4), so it must have them."""
    if facts.doctor.is_registry_complete:
        return []
    message = "登记信息不全，处方不能自动载明医疗机构名称、医师姓名、医保编码和联系电话。"
    return [broken(Code.INVALID_VALUE, rule_id, message, actual=facts.doctor.code)]


def check_consent(facts: PrescriptionFacts) -> list[Violation]:
    """The patient's consent (患者同意): needed in Fujian (FJ-5.1); in Shanxi all circulates (SX-10)."""
    wanted = parameter("consent_required", facts.area, on=upload_day(facts))
    if facts.consented or not wanted.flag:
        return []
    message = "未经患者同意，不实行处方流转。"
    return [broken(Code.CONSENT_MISSING, wanted.rule, message, basis=wanted.basis)]


def check_in_house(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """What the visited hospital's own pharmacy has (院内有药): it stays (FJ-5.1), or not (SX-10)."""
    stays = parameter("in_house_stock_stays", facts.area, on=upload_day(facts))
    is_there = facts.visit_kind is VisitKind.PHYSICAL and line.in_house_stock >= line.quantity
    if not is_there or not stays.flag:
        return []
    return [
        broken(
            Code.IN_HOUSE_STOCK,
            stays.rule,
            f"该医疗机构药房能够提供{line.drug.generic_name}，不实行处方流转。",
            basis=stays.basis,
            line_id=line.id,
            limit=f"{line.quantity:f}",
            actual=f"{line.in_house_stock:f}",
        )
    ]


def benefit_area(facts: PrescriptionFacts) -> str:
    """Whose choice of benefits counts: the member's area if it is of this province."""
    home = facts.member.area
    return home if province(home) == province(facts.area) else facts.area


def check_benefit(facts: PrescriptionFacts, rule_id: str) -> list[Violation]:
    """Whether prescriptions of this benefit (待遇类型) circulate there."""
    allowed = parameter("circulating_benefits", benefit_area(facts), on=upload_day(facts))
    if facts.benefit in allowed.words:
        return []
    return [
        broken(
            Code.BENEFIT_NOT_CIRCULATED,
            rule_id,
            "该待遇类型的处方不纳入药店流转。",
            basis=allowed.basis,
            limit="、".join(allowed.words),
            actual=facts.benefit,
        )
    ]


def check_disease(facts: PrescriptionFacts, rule_id: str) -> list[Violation]:
    """The special disease (门诊特殊病种) must be confirmed for this member on that day."""
    day = upload_day(facts)
    confirmed = any(
        disease.code == facts.disease_code
        and disease.since <= day
        and (disease.until is None or day <= disease.until)
        for disease in facts.member.special_diseases
    )
    if confirmed:
        return []
    message = "患者未确诊（未备案）该门诊特殊病种，或备案当日无效。"
    return [broken(Code.DISEASE_NOT_CONFIRMED, rule_id, message, actual=facts.disease_code)]


def check_excluded(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """Drugs that never circulate to pharmacies (不纳入流转的药品, FJ-3.1 to FJ-3.6)."""
    drug = line.drug
    marks: set[str] = {drug.kind}
    if drug.restriction is not None and not is_insulin_exempt(line):
        marks.add(drug.restriction)
    found = []
    for group in parameters("excluded_drugs", facts.area, on=upload_day(facts)):
        if marks & set(group.words):
            name = dict(group.keys)["group"]
            found.append(
                broken(
                    Code.DRUG_EXCLUDED,
                    group.rule,
                    f"{drug.generic_name}属于{name}，不纳入药店流转。",
                    basis=group.basis,
                    line_id=line.id,
                    actual=drug.code,
                )
            )
    return found


def is_insulin_exempt(line: PrescribedLine) -> bool:
    """Insulin (胰岛素) is the exception among peptide hormones (FJ-3.2)."""
    return line.drug.is_insulin and line.drug.restriction is DrugRestriction.ANABOLIC_OR_PEPTIDE


def check_is_drug(line: PrescribedLine, rule_id: str) -> list[Violation]:
    """A circulated prescription holds drugs only (耗材、服务项目不流转, SX-9)."""
    if not line.drug.is_consumable:
        return []
    message = f"{line.drug.generic_name}不是药品，须在开方医疗机构购买。"
    return [broken(Code.ITEM_NOT_A_DRUG, rule_id, message, line_id=line.id, actual=line.drug.code)]


def check_treats(facts: PrescriptionFacts, line: PrescribedLine, rule_id: str) -> list[Violation]:
    """The drug must treat the disease (治疗该病种的药品)."""
    if facts.disease_code in line.drug.diseases:
        return []
    return [
        broken(
            Code.DRUG_NOT_FOR_DISEASE,
            rule_id,
            f"{line.drug.generic_name}不在该病种用药范围内，不得夹杂。",
            line_id=line.id,
            limit="、".join(line.drug.diseases) or None,
            actual=facts.disease_code,
        )
    ]


def check_written(facts: PrescriptionFacts, rule_id: str) -> list[Violation]:
    """Whether the prescription holds lines, quantities and days that can be true (书写完整)."""
    if not facts.lines:
        return [broken(Code.INVALID_VALUE, rule_id, "处方没有药品明细。")]
    found = []
    for line in facts.lines:
        numbers = (line.quantity, line.units_per_package, line.dose, line.times_per_day, Decimal(line.days))
        if any(number is not None and number <= 0 for number in numbers):
            message = f"{line.drug.generic_name}的数量、用法或用药天数必须大于零。"
            found.append(broken(Code.INVALID_VALUE, rule_id, message, line_id=line.id))
    return found
