"""Reviewing a prescription at the pharmacy (审方)."""

from collections.abc import Mapping
from datetime import date

from policy.dispensing.facts import PharmacistFacts
from policy.regulation import Regulation, regulation, regulation_violation
from policy.rule import broken
from policy.violation import Code, Violation

# Shanxi's rules of procedure do not say who reviews: the general law does
RULES: Mapping[Regulation, tuple[str, str]] = {
    Regulation.FUJIAN_2023_6: ("FJ-5.5", "FJ-2.2"),
    Regulation.SHANXI_2022_27: ("CN-PHARMACIST", "CN-PHARMACIST"),
}


def check_review(
    area: str, now_day: date, pharmacist: PharmacistFacts, pharmacy_code: str
) -> list[Violation]:
    """Every rule that keeps this pharmacist from reviewing here today (审方资格, FJ-2.2, FJ-5.5)."""
    if missing := regulation_violation(area, on=now_day):
        return [missing]
    here, duty = RULES[regulation(area, on=now_day)]
    found = []
    if pharmacist.institution != pharmacy_code:
        message = "审方药师不是本药店的驻店执业药师。"
        found.append(
            broken(
                Code.PHARMACIST_NOT_VALID, here, message, limit=pharmacy_code, actual=pharmacist.institution
            )
        )
    ended = pharmacist.valid_until is not None and pharmacist.valid_until < now_day
    if ended or now_day < pharmacist.valid_since:
        message = "该药师当日不是医保药师库内有效人员。"
        found.append(broken(Code.PHARMACIST_NOT_VALID, duty, message, actual=pharmacist.code))
    if not pharmacist.on_duty:
        message = "该药师当前不在岗。"
        found.append(broken(Code.PHARMACIST_NOT_ON_DUTY, duty, message, actual=pharmacist.code))
    return found
