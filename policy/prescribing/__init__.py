"""Prescribing (处方开具与流转): what may be uploaded, and what to warn about."""

from collections.abc import Callable, Mapping

from policy.prescribing import fujian, shanxi
from policy.prescribing.common import upload_day
from policy.prescribing.facts import (
    DoctorFacts,
    DrugFacts,
    HospitalFacts,
    MemberFacts,
    OpenLine,
    PrescribedLine,
    PrescriptionFacts,
    SpecialDisease,
)
from policy.prescribing.reminders import warnings
from policy.regulation import Regulation, regulation, regulation_violation
from policy.violation import Violation

__all__ = [
    "DoctorFacts",
    "DrugFacts",
    "HospitalFacts",
    "MemberFacts",
    "OpenLine",
    "PrescribedLine",
    "PrescriptionFacts",
    "SpecialDisease",
    "check_prescription",
    "warnings",
]

CHECKS: Mapping[Regulation, Callable[[PrescriptionFacts], list[Violation]]] = {
    Regulation.FUJIAN_2023_6: fujian.check,
    Regulation.SHANXI_2022_27: shanxi.check,
}


def check_prescription(facts: PrescriptionFacts) -> list[Violation]:
    """Every rule that keeps a prescription (电子处方) out of circulation on the day of its upload."""
    day = upload_day(facts)
    if missing := regulation_violation(facts.area, on=day):
        return [missing]
    return CHECKS[regulation(facts.area, on=day)](facts)
