"""What a drug's label allows (说明书限制): sex, age, units a day. Doctors are warned, not refused."""

from datetime import date

from policy.prescribing.facts import MemberFacts, PrescribedLine
from policy.prescribing.supply import units
from policy.rule import broken
from policy.violation import Code, Violation

SEXES = {"1": "男性", "2": "女性"}


def check_label(member: MemberFacts, line: PrescribedLine, day: date, rule_id: str) -> list[Violation]:
    """Every limit of the label that the patient or the dose does not fit (限性别、年龄、日用量)."""
    return [
        *check_sex(member, line, rule_id),
        *check_age(member, line, day, rule_id),
        *check_daily(line, rule_id),
    ]


def check_sex(member: MemberFacts, line: PrescribedLine, rule_id: str) -> list[Violation]:
    """A drug for one sex only (限性别用药)."""
    sex = line.drug.sex
    if sex is None or sex == member.sex:
        return []
    message = f"{line.drug.generic_name}限{SEXES[sex]}使用。"
    return [
        broken(
            Code.SEX_LIMIT,
            rule_id,
            message,
            line_id=line.id,
            limit=SEXES[sex],
            actual=SEXES.get(member.sex, "未知"),
        )
    ]


def check_age(member: MemberFacts, line: PrescribedLine, day: date, rule_id: str) -> list[Violation]:
    """A drug for people of some age only (限年龄用药); both limits are included."""
    least, most, age = line.drug.min_age, line.drug.max_age, age_on(member.birth, day)
    if (least is None or age >= least) and (most is None or age <= most):
        return []
    limits = [f"{least} 周岁以上"] if least is not None else []
    limits += [f"{most} 周岁以下"] if most is not None else []
    return [
        broken(
            Code.AGE_LIMIT,
            rule_id,
            f"{line.drug.generic_name}有使用年龄限制，患者{age}周岁。",
            line_id=line.id,
            limit="、".join(limits),
            actual=f"{age} 周岁",
        )
    ]


def age_on(birth: date, day: date) -> int:
    """Full years of age (周岁): a birthday counts from its day on."""
    return day.year - birth.year - ((day.month, day.day) < (birth.month, birth.day))


def check_daily(line: PrescribedLine, rule_id: str) -> list[Violation]:
    """More units a day than the label allows (日用量过大)."""
    known, most = units(line), line.drug.max_daily_units
    if known is None or most is None or known.a_day <= most:
        return []
    return [
        broken(
            Code.OVER_USE,
            rule_id,
            f"{line.drug.generic_name}的日用量超过说明书最大用量。",
            line_id=line.id,
            limit=f"每日 {most:f}",
            actual=f"每日 {known.a_day:f}",
        )
    ]
