"""How long the prescribed drugs last (用药天数): stated, computed, and allowed."""

from datetime import date
from decimal import Decimal
from typing import NamedTuple

from policy.parameters import parameter
from policy.prescribing.facts import PrescribedLine, PrescriptionFacts
from policy.rule import broken
from policy.violation import Code, Violation

TENTH = Decimal("0.1")


class Supply(NamedTuple):
    """What a line supplies (药量), in units of the drug."""

    prescribed: Decimal
    package: Decimal
    a_day: Decimal


def units(line: PrescribedLine) -> Supply | None:
    """Units prescribed, in a package, used a day; None when they cannot be known."""
    if line.units_per_package is None or line.dose is None or line.times_per_day is None:
        return None
    a_day = line.dose * line.times_per_day
    if a_day <= 0 or line.units_per_package <= 0:
        return None
    return Supply(line.quantity * line.units_per_package, line.units_per_package, a_day)


def exceeds(line: PrescribedLine, days: int) -> bool:
    """Whether the line lasts longer than so many days, by what is stated or by what is supplied."""
    known = units(line)
    return line.days > days or (known is not None and known.prescribed > days * known.a_day)


def lasts(line: PrescribedLine) -> str:
    """How long the line lasts, in words for people."""
    known = units(line)
    if known is None:
        return f"{line.days} 天"
    days = (known.prescribed / known.a_day).quantize(TENTH)
    return f"注明 {line.days} 天，折算 {days} 天"


def check_days(line: PrescribedLine, area: str, on: date, rule_id: str) -> list[Violation]:
    """The days stated and the days that the quantity lasts must agree (用药天数, FJ-5.3).

    Packages cannot be split at will, so the last package may reach beyond the days stated.
    """
    known = units(line)
    if known is None:
        return []
    tolerance = parameter("supply_days_tolerance", area, on=on)
    least, most = line.days - tolerance.count, line.days + tolerance.count
    is_short = known.prescribed < least * known.a_day
    is_spare = known.prescribed - known.package >= line.days * known.a_day
    is_long = known.prescribed > most * known.a_day and is_spare
    if not is_short and not is_long:
        return []
    return [
        broken(
            Code.SUPPLY_DAYS_INCONSISTENT,
            rule_id,
            f"{line.drug.generic_name}的数量与用法用量、用药天数不符。",
            basis=tolerance.basis,
            line_id=line.id,
            limit=f"{line.days} 天 ± {tolerance.count} 天",
            actual=lasts(line),
        )
    ]


def check_supply(facts: PrescriptionFacts, line: PrescribedLine, on: date) -> list[Violation]:
    """At most twelve weeks (12周), and a reason beyond the ordinary supply (病情需要, FJ-5.1)."""
    most = parameter("supply_limit", facts.area, on=on)
    if exceeds(line, most.days):
        return [
            broken(
                Code.SUPPLY_TOO_LONG,
                most.rule,
                f"{line.drug.generic_name}的用药量超过{most.count}周。",
                basis=most.basis,
                line_id=line.id,
                limit=f"{most.days} 天",
                actual=lasts(line),
            )
        ]
    ordinary = parameter("ordinary_supply_limit", facts.area, on=on)
    if not exceeds(line, ordinary.days) or (facts.long_supply_reason or "").strip():
        return []
    return [
        broken(
            Code.SUPPLY_REASON_MISSING,
            ordinary.rule,
            f"{line.drug.generic_name}的用药量超过{ordinary.days}天，请医师填写病情需要的理由。",
            basis=ordinary.basis,
            line_id=line.id,
            limit=f"{ordinary.days} 天",
            actual=lasts(line),
        )
    ]
