"""What the prescriber should know, although no rule forbids it (事前、事中预警, FJ-9.1)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from policy.parameters import parameter
from policy.preference import Choice, better
from policy.prescribing.common import upload_day
from policy.prescribing.facts import PrescribedLine, PrescriptionFacts
from policy.prescribing.label import check_label
from policy.regulation import Regulation, regulation, regulation_violation
from policy.rule import broken
from policy.terms import HospitalApproval, ListClass
from policy.validity import HOURS
from policy.violation import Code, Violation


@dataclass(frozen=True, slots=True)
class Articles:
    """The rules that a regulation has for warnings: full self-pay, drugs left, use by the label."""

    self_pay: str
    left: str
    use: str


ARTICLES: Mapping[Regulation, Articles] = {
    Regulation.FUJIAN_2023_6: Articles(self_pay="FJ-3.0", left="FJ-9.1", use="FJ-9.1"),
    Regulation.SHANXI_2022_27: Articles(self_pay="SX-20", left="SX-19", use="SX-17"),
}


def warnings(facts: PrescriptionFacts) -> list[Violation]:
    """Everything to think about before uploading (预警): drugs left, duplicates, what nobody will pay."""
    day = upload_day(facts)
    if regulation_violation(facts.area, on=day):
        return []
    articles = ARTICLES[regulation(facts.area, on=day)]
    found = [*uploaded_late(facts), *drugs_left(facts, articles), *duplicates(facts, articles)]
    for line in facts.lines:
        found += open_elsewhere(facts, line, articles)
        found += too_much(facts, line)
        found += check_label(facts.member, line, day, articles.use)
        found += preferred(facts, line, day)
        found += self_pay(line, articles.self_pay)
    return found


def uploaded_late(facts: PrescriptionFacts) -> list[Violation]:
    """Uploaded long after it was issued (及时上传, FJ-4.2, SX-9)."""
    most = parameter("upload_delay_warning", facts.area, on=upload_day(facts))
    late = facts.uploaded_at - facts.issued_at
    if late <= timedelta(hours=most.count * HOURS[most.unit]):
        return []
    return [
        broken(
            Code.UPLOADED_LATE,
            most.rule,
            "处方开具后应及时上传，本处方上传已迟。",
            basis=most.basis,
            limit=f"{most.count} 小时",
            actual=f"{late // timedelta(hours=1)} 小时",
        )
    ]


def drugs_left(facts: PrescriptionFacts, articles: Articles) -> list[Violation]:
    """The patient still has, or may still fetch, the same ingredient (已购药品余存)."""
    day = upload_day(facts)
    enough = parameter("left_supply_warning", facts.area, on=day)
    found = []
    for line in facts.lines:
        until = left_until(facts, line)
        if until is not None and until >= day + timedelta(days=enough.days):
            found.append(
                broken(
                    Code.DRUGS_LEFT,
                    articles.left,
                    f"患者已有同成分药品，{line.drug.generic_name}可用至{until.isoformat()}。",
                    basis=enough.basis,
                    line_id=line.id,
                    limit=f"{enough.days} 天",
                    actual=f"{(until - day).days} 天",
                )
            )
    return found


def left_until(facts: PrescriptionFacts, line: PrescribedLine) -> date | None:
    """How long what the patient has of this ingredient lasts (余存可用至)."""
    until = (left.left_until for left in facts.other_open if left.ingredient == line.drug.ingredient)
    return max(until, default=None)


def too_much(facts: PrescriptionFacts, line: PrescribedLine) -> list[Violation]:
    """What is left and what is prescribed together last too long (超量用药)."""
    day, until = upload_day(facts), left_until(facts, line)
    most = parameter("total_supply_warning", facts.area, on=day)
    together = line.days + (until - day).days if until is not None else line.days
    if until is None or together <= most.days:
        return []
    return [
        broken(
            Code.OVER_USE,
            most.rule,
            f"连同患者余存，{line.drug.generic_name}将够用{together}天。",
            basis=most.basis,
            line_id=line.id,
            limit=f"{most.days} 天",
            actual=f"{together} 天",
        )
    ]


def duplicates(facts: PrescriptionFacts, articles: Articles) -> list[Violation]:
    """Two lines of one ingredient (同成分重复用药)."""
    seen: dict[str, PrescribedLine] = {}
    found = []
    for line in facts.lines:
        first = seen.setdefault(line.drug.ingredient, line)
        if first is not line:
            message = f"{line.drug.generic_name}与{first.drug.generic_name}成分相同。"
            found.append(
                broken(
                    Code.DUPLICATE_INGREDIENT,
                    articles.left,
                    message,
                    line_id=line.id,
                    actual=line.drug.ingredient,
                )
            )
    return found


def open_elsewhere(facts: PrescriptionFacts, line: PrescribedLine, articles: Articles) -> list[Violation]:
    """Another open prescription has the same ingredient, not bought yet (多张处方重复)."""
    same = [left for left in facts.other_open if left.is_open and left.ingredient == line.drug.ingredient]
    if not same:
        return []
    message = f"患者另有未取药的处方含同成分药品，{line.drug.generic_name}可能重复。"
    return [
        broken(
            Code.DUPLICATE_INGREDIENT,
            articles.left,
            message,
            line_id=line.id,
            actual="、".join(sorted({left.drug_code for left in same})),
        )
    ]


def preferred(facts: PrescriptionFacts, line: PrescribedLine, day: date) -> list[Violation]:
    """An equivalent that should be used first (优先使用基本药物、中选药品、低价药物, SX-18)."""
    own = Choice(line.drug.code, line.drug.is_essential, line.drug.is_awarded, line.price)
    other = better(own, line.choices, facts.area, day)
    if other is None:
        return []
    order = parameter("drug_preference", facts.area, on=day)
    message = f"{line.drug.generic_name}有可优先使用的基本药物、集采中选药品或同质低价药物。"
    return [
        broken(
            Code.PREFERRED_DRUG_EXISTS,
            order.rule,
            message,
            basis=order.basis,
            line_id=line.id,
            limit=other.code,
            actual=line.drug.code,
        )
    ]


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
