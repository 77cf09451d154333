"""Prescriptions arrive from hospitals (处方上传与流转), are revoked, or are bought in the house."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from tortoise.exceptions import IntegrityError

from models import (
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
    SpecialDiseaseRecord,
    VisitDeductible,
)
from policy.calendar import SHANGHAI
from policy.prescribing import (
    check_prescription,
    warnings,
)
from policy.rule import broken
from policy.terms import (
    EventKind,
    FillState,
    LineState,
    PrescriptionState,
    Role,
)
from policy.validity import expires_at
from policy.violation import Code, Violation
from services.actor import Call
from services.draft_facts import look_up, missing, parties, prescription_facts
from services.drafts import Draft, check_values
from services.errors import BadInput, NotFound, Refused, check_text
from services.fills import end_fill, live_fills, lock_prescription, refresh_state
from services.law import lawful
from services.topics import institution_topic, member_topic
from services.use_case import Work, use_case


@dataclass(frozen=True, slots=True)
class Precheck:
    """What an upload would be told (预核验结果)."""

    refusals: Sequence[Violation]
    warnings: Sequence[Violation]


async def precheck_prescription(call: Call, draft: Draft) -> Precheck:
    """Say what forbids uploading a prescription and what to mind (上传预核验); nothing is kept."""
    call.require("处方预核验", Role.HOSPITAL)
    check_values(call, draft)
    known = await look_up(call, draft)
    unknown = missing(known, draft)
    if unknown:
        return Precheck(unknown, ())
    with lawful():
        stated = await prescription_facts(call.now, draft, parties(known))
        return Precheck(check_prescription(stated), warnings(stated))


@use_case("uploadPrescription", Prescription)
async def upload_prescription(work: Work, draft: Draft) -> Prescription:
    """Take a prescription into circulation (处方上传), or refuse it with every rule it breaks."""
    work.call.require("处方上传", Role.HOSPITAL)
    check_values(work.call, draft)
    known = await look_up(work.call, draft)
    if unknown := missing(known, draft):
        raise Refused(unknown)
    hospital, doctor, member, drugs = found = parties(known)
    with lawful():
        violations = check_prescription(await prescription_facts(work.now, draft, found))
        violations += await number_taken(hospital, draft)
        if violations:
            raise Refused(violations)
        expires = expires_at(work.now, hospital.area)
    prescription = Prescription(
        rx_no=new_rx_no(hospital.area, work.now),
        hospital_rx_no=draft.hospital_rx_no,
        hospital=hospital,
        doctor=doctor,
        member=member,
        area=hospital.area,
        visit_no=draft.visit_no,
        visit_kind=draft.visit_kind,
        insurance=member.insurance,
        benefit=draft.benefit,
        disease_code=draft.disease_code,
        disease_name=await disease_name(member, draft),
        diagnosis=draft.diagnosis,
        long_supply_reason=draft.long_supply_reason,
        consented_at=draft.consented_at,
        issued_at=draft.issued_at,
        uploaded_at=work.now,
        expires_at=expires,
        state=PrescriptionState.ACTIVE,
    )
    try:
        await prescription.save(force_create=True)
    except IntegrityError as error:  # another upload of the same number was a moment faster
        raise Refused([taken_number(draft)]) from error
    await PrescriptionLine.bulk_create(
        PrescriptionLine(
            prescription=prescription,
            number=number,
            drug=drugs[line.drug_code],
            quantity=line.quantity,
            dose=line.dose,
            times_per_day=line.times_per_day,
            route=line.route,
            days=line.days,
            in_house_stock=line.in_house_stock,
            approval=line.approval,
            allows_equivalent=line.allows_equivalent,
            state=LineState.OPEN,
        )
        for number, line in enumerate(draft.lines, 1)
    )
    await remember_visit(hospital, member, draft)
    work.tell(
        EventKind.PRESCRIPTION_ISSUED,
        member_topic(member.id),
        institution_topic(hospital.code),
        prescription_id=prescription.id,
    )
    return prescription


@use_case("revokePrescription", Prescription)
async def revoke_prescription(work: Work, prescription_id: UUID, reason: str) -> Prescription:
    """Revoke a prescription (处方撤销): open lines close, unsettled fills end, settled ones stay."""
    work.call.require("撤销处方", Role.HOSPITAL)
    if not reason.strip():
        raise BadInput("reason", "请写明撤销原因。")
    check_text("reason", reason, 200)
    prescription = await lock_prescription(prescription_id)
    if prescription.hospital_id != work.actor.institution:
        raise NotFound("处方", prescription_id)
    if prescription.state == PrescriptionState.REVOKED:
        raise Refused([already(Code.PRESCRIPTION_REVOKED, "处方已撤销。")])
    if prescription.state == PrescriptionState.DISPENSED:
        raise Refused([already(Code.PRESCRIPTION_DISPENSED, "处方已全部配药结算,不能撤销。")])
    for fill in await live_fills(prescription):
        await end_fill(work, fill, FillState.CANCELLED, "处方已撤销", EventKind.FILL_CANCELLED)
    await PrescriptionLine.filter(prescription_id=prescription.id, state=LineState.OPEN).update(
        state=LineState.CLOSED, closed_reason="处方已撤销"
    )
    prescription.state = PrescriptionState.REVOKED
    prescription.revoked_at, prescription.revoke_reason = work.now, reason
    await prescription.save(update_fields=["state", "revoked_at", "revoke_reason"])
    work.tell(
        EventKind.PRESCRIPTION_REVOKED,
        member_topic(prescription.member_id),
        institution_topic(prescription.hospital_id),
        prescription_id=prescription.id,
    )
    return prescription


@use_case("recordHospitalDispense", Prescription)
async def record_hospital_dispense(
    work: Work, prescription_id: UUID, line_ids: Sequence[UUID]
) -> Prescription:
    """Close the lines that the patient bought at the hospital (院内取药登记, SX-10)."""
    work.call.require("院内取药登记", Role.HOSPITAL)
    if not line_ids:
        raise BadInput("lineIds", "请至少给出一条处方明细。")
    prescription = await lock_prescription(prescription_id)
    if prescription.hospital_id != work.actor.institution:
        raise NotFound("处方", prescription_id)
    lines = await PrescriptionLine.filter(prescription_id=prescription.id).order_by("number")
    known = {line.id: line for line in lines}
    for key in line_ids:
        if key not in known:
            raise NotFound("处方明细", key)
    taken = [known[key] for key in line_ids if known[key].state != LineState.OPEN]
    if taken:
        raise Refused([not_open(line) for line in taken])
    await PrescriptionLine.filter(id__in=list(line_ids)).update(
        state=LineState.CLOSED, closed_reason="已在院内取药", dispensed_at=work.now
    )
    await refresh_state(prescription)
    work.tell(
        EventKind.HOSPITAL_DISPENSED,
        member_topic(prescription.member_id),
        institution_topic(prescription.hospital_id),
        prescription_id=prescription.id,
    )
    return prescription


async def number_taken(hospital: Institution, draft: Draft) -> list[Violation]:
    """A hospital's prescription number is used once (院内处方号不可重复)."""
    earlier = Prescription.filter(hospital_id=hospital.code, hospital_rx_no=draft.hospital_rx_no)
    return [taken_number(draft)] if await earlier.exists() else []


def taken_number(draft: Draft) -> Violation:
    """The hospital has used this number before."""
    text = f"院内处方号 {draft.hospital_rx_no} 已上传过。如为重试,请使用原幂等键;新处方请换新号。"
    return broken(Code.RX_NUMBER_TAKEN, "YL-14", text)


async def disease_name(member: Member, draft: Draft) -> str:
    """The name of the chronic disease (慢性疾病名称, FJ-5.3), from the member's record."""
    record = await SpecialDiseaseRecord.get_or_none(
        member_id=member.id, disease_code=draft.disease_code or ""
    )
    return record.disease_name if record else ""


async def remember_visit(hospital: Institution, member: Member, draft: Draft) -> None:
    """Keep what the hospital already took of the visit's deductible (SX-22)."""
    visit, _ = await VisitDeductible.get_or_create(
        hospital_id=hospital.code, member_id=member.id, visit_no=draft.visit_no
    )
    # in one statement: the larger of two reports that come at once stays
    await VisitDeductible.filter(id=visit.id, taken_at_hospital__lt=draft.deductible_taken).update(
        taken_at_hospital=draft.deductible_taken
    )


def new_rx_no(area: str, now: datetime) -> str:
    """A fresh national prescription number (医保处方编号): area, time, ten random digits."""
    return f"{area}{now.astimezone(SHANGHAI):%Y%m%d%H%M%S}{secrets.randbelow(10**10):010d}"


def not_open(line: PrescriptionLine) -> Violation:
    """A line that someone holds, has dispensed, or that is closed."""
    text = f"第 {line.number} 行状态为 {line.state},不能再在院内取药。"
    return broken(Code.LINE_NOT_OPEN, "YL-3", text, line_id=str(line.id))


def already(code: Code, text: str) -> Violation:
    """The prescription has come to its end already."""
    return broken(code, "YL-5", text)
