"""Prescriptions written straight into the tables, for tests about what comes after."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from models import Institution, Member, Prescription, PrescriptionLine
from ops.world import cast
from policy.terms import BenefitKind, HospitalApproval, LineState, PrescriptionState, VisitKind


def prescription_row(hospital: Institution, member: Member, now: datetime, **values: Any) -> Prescription:
    """A special disease's prescription of three days' life unless said otherwise, not saved yet."""
    number = uuid4().hex[:24]
    usual = {
        "doctor_id": cast.FUJIAN_DOCTOR,
        "visit_no": number,
        "benefit": BenefitKind.SPECIAL_DISEASE,
        "disease_code": cast.FUJIAN_DISEASE,
    }
    return Prescription(
        id=uuid4(),
        rx_no=number,
        hospital_rx_no=number,
        hospital=hospital,
        member=member,
        area=hospital.area,
        visit_kind=VisitKind.PHYSICAL,
        insurance=member.insurance,
        diagnosis="高血压病",
        issued_at=now,
        uploaded_at=now,
        expires_at=now + timedelta(hours=72),
        state=PrescriptionState.ACTIVE,
        **usual | values,
    )


def line_row(prescription_id: UUID, drug: str, number: int = 1, **values: Any) -> PrescriptionLine:
    """A line of one box, open unless said otherwise, not saved yet."""
    return PrescriptionLine(
        prescription_id=prescription_id,
        number=number,
        drug_id=drug,
        dose=1,
        times_per_day=1,
        days=28,
        approval=HospitalApproval.NOT_ASKED,
        **{"quantity": 1, "state": LineState.OPEN} | values,
    )
