"""From a prescription to be uploaded to the facts that the prescribing rules look at."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias

from models import Doctor, Drug, Institution, Member, PrescriptionLine
from policy.calendar import shanghai_day
from policy.prescribing import OpenLine, PrescribedLine, PrescriptionFacts
from policy.rule import broken
from policy.terms import LineState, PersonalData, PrescriptionState
from policy.violation import Code, Violation
from services import facts
from services.actor import Call
from services.drafts import Draft
from services.errors import NotFound
from services.reading import note


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that a draft names, as far as they exist."""

    hospital: Institution
    doctor: Doctor | None
    member: Member | None
    drugs: dict[str, Drug]


PrescriptionParties: TypeAlias = tuple[Institution, Doctor, Member, dict[str, Drug]]


async def look_up(call: Call, draft: Draft) -> Known:
    """Find the rows that a draft names."""
    hospital = await Institution.get_or_none(code=call.actor.institution or "")
    if hospital is None:
        raise NotFound("医疗机构", call.actor.institution)
    member = await Member.get_or_none(id_number_hash__in=call.tools.keys.lookup_hashes(draft.id_number))
    if member is not None:
        note(member.id, PersonalData.PERSON)
    return Known(
        hospital=hospital,
        doctor=await Doctor.get_or_none(code=draft.doctor_code),
        member=member,
        drugs=await facts.drugs_by_code(line.drug_code for line in draft.lines),
    )


def missing(known: Known, draft: Draft) -> list[Violation]:
    """What a draft names and the register does not have."""
    found = []
    if known.doctor is None:
        text = f"医师编码 {draft.doctor_code} 不在医保医师库中。请核对编码。"
        found.append(broken(Code.UNKNOWN_DOCTOR, "YL-8", text))
    if known.member is None:
        text = "证件号码未在参保登记中找到。请核对证件号码或参保状态。"
        found.append(broken(Code.UNKNOWN_MEMBER, "YL-8", text))
    for number, line in enumerate(draft.lines, 1):
        if line.drug_code not in known.drugs:
            text = f"第 {number} 行:药品编码 {line.drug_code} 不在药品目录中。请核对编码。"
            found.append(broken(Code.UNKNOWN_DRUG, "YL-8", text, line_id=str(number)))
    return found


def parties(known: Known) -> PrescriptionParties:
    """The rows of a draft in which nothing is missing."""
    assert known.doctor is not None
    assert known.member is not None
    return known.hospital, known.doctor, known.member, known.drugs


async def prescription_facts(now: datetime, draft: Draft, found: PrescriptionParties) -> PrescriptionFacts:
    """What the prescribing rules look at. Lines are named by their number."""
    hospital, doctor, member, drugs = found
    day = shanghai_day(now)
    scope = await facts.diseases_by_drug(drugs)
    prices = await facts.prices_by_drug(drugs, hospital.area)
    lines = tuple(
        PrescribedLine(
            id=str(number),
            drug=facts.drug_facts(
                drugs[line.drug_code],
                scope.get(line.drug_code, ()),
                prices.get(line.drug_code, ()),
                hospital.area,
                day,
            ),
            quantity=line.quantity,
            units_per_package=drugs[line.drug_code].units_per_package,
            dose=line.dose,
            times_per_day=line.times_per_day,
            days=line.days,
            in_house_stock=line.in_house_stock,
            approval=line.approval,
        )
        for number, line in enumerate(draft.lines, 1)
    )
    return PrescriptionFacts(
        area=hospital.area,
        benefit=draft.benefit,
        disease_code=draft.disease_code,
        visit_kind=draft.visit_kind,
        consented=draft.consented_at is not None,
        credential=draft.credential,
        identity_verified=draft.identity_verified,
        long_supply_reason=draft.long_supply_reason or None,
        issued_at=draft.issued_at,
        uploaded_at=now,
        doctor=facts.doctor_facts(doctor),
        hospital=await facts.hospital_facts(hospital, day),
        member=await facts.member_facts(member),
        lines=lines,
        other_open=await drugs_left(member, day),
    )


async def drugs_left(member: Member, day: date) -> tuple[OpenLine, ...]:
    """What the patient still has or may still fetch (已购药品余存)."""
    lines = await PrescriptionLine.filter(prescription__member_id=member.id).prefetch_related(
        "drug", "prescription"
    )
    left = []
    for line in lines:
        lapsed = line.prescription.state in (PrescriptionState.EXPIRED, PrescriptionState.REVOKED)
        if line.dispensed_at is None and (lapsed or line.state == LineState.CLOSED):
            continue
        start = line.dispensed_at or line.prescription.uploaded_at
        until = shanghai_day(start) + timedelta(days=line.days)
        if until > day:
            is_open = line.dispensed_at is None
            left.append(OpenLine(line.drug.ingredient, line.drug.code, until, is_open))
    return tuple(left)
