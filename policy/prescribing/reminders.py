"""What the prescriber should know, although no rule forbids it (事前、事中预警, FJ-9.1)."""

from datetime import timedelta

from policy.parameters import parameter
from policy.prescribing.common import upload_day
from policy.prescribing.facts import PrescribedLine, PrescriptionFacts
from policy.regulation import Regulation, regulation, regulation_violation
from policy.rule import broken
from policy.terms import HospitalApproval, ListClass
from policy.violation import Code, Violation


def warnings(facts: PrescriptionFacts) -> list[Violation]:
    """Everything to think about before uploading (预警): drugs left, duplicates, what nobody will pay."""
    day = upload_day(facts)
    if regulation_violation(facts.area, on=day):
        return []
    law = regulation(facts.area, on=day)
    found = [*drugs_left(facts), *duplicates(facts)]
    for line in facts.lines:
        found += self_pay(line, SELF_PAY_RULES[law])
    return found


SELF_PAY_RULES = {Regulation.FUJIAN_2023_6: "FJ-3.0", Regulation.SHANXI_2022_27: "SX-20"}
LEFT_RULES = {Regulation.FUJIAN_2023_6: "FJ-9.1", Regulation.SHANXI_2022_27: "SX-19"}


def drugs_left(facts: PrescriptionFacts) -> list[Violation]:
    """The patient still has, or may still fetch, the same ingredient (已购药品余存)."""
    day = upload_day(facts)
    enough = parameter("left_supply_warning", facts.area, on=day)
    rule_id = LEFT_RULES[regulation(facts.area, on=day)]
    found = []
    for line in facts.lines:
        until = [left.left_until for left in facts.other_open if left.ingredient == line.drug.ingredient]
        if until and max(until) >= day + timedelta(days=enough.days):
            found.append(
                broken(
                    Code.DRUGS_LEFT,
                    rule_id,
                    f"患者已有同成分药品，{line.drug.generic_name}可用至{max(until).isoformat()}。",
                    basis=enough.basis,
                    line_id=line.id,
                    limit=f"{enough.days} 天",
                    actual=f"{(max(until) - day).days} 天",
                )
            )
    return found


def duplicates(facts: PrescriptionFacts) -> list[Violation]:
    """Two lines of one ingredient (同成分重复用药)."""
    rule_id = LEFT_RULES[regulation(facts.area, on=upload_day(facts))]
    seen: dict[str, PrescribedLine] = {}
    found = []
    for line in facts.lines:
        first = seen.setdefault(line.drug.ingredient, line)
        if first is not line:
            message = f"{line.drug.generic_name}与{first.drug.generic_name}成分相同。"
            found.append(
                broken(
                    Code.DUPLICATE_INGREDIENT, rule_id, message, line_id=line.id, actual=line.drug.ingredient
                )
            )
    return found


def self_pay(line: PrescribedLine, rule_id: str) -> list[Violation]:
    """A line that the patient will pay in full (全自费)."""
    drug = line.drug
    refused = line.approval is HospitalApproval.REFUSED
    unapproved = drug.limited_use and line.approval is not HospitalApproval.APPROVED
    if drug.list_class is not ListClass.C and not refused and not unapproved:
        return []
    why = "不在医保目录内" if drug.list_class is ListClass.C else "属限制用药且未经医院审批"
    message = f"{drug.generic_name}{why}，费用将由患者全额自费。"
    return [broken(Code.FULL_SELF_PAY, rule_id, message, line_id=line.id, actual=drug.code)]
