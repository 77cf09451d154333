"""Prescriptions arrive from hospitals (处方上传与流转), are revoked, or are bought in the house."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from models import (
    Doctor,
    Drug,
    Institution,
    Member,
    Prescription,
    PrescriptionLine,
    SpecialDiseaseRecord,
    VisitDeductible,
)
from policy.calendar import SHANGHAI, shanghai_day
from policy.identifiers import is_consumable_code, is_doctor_code, is_drug_code, is_id_number
from policy.prescribing import (
    OpenLine,
    PrescribedLine,
    PrescriptionFacts,
    check_prescription,
    warnings,
)
from policy.rule import broken
from policy.terms import (
    BenefitKind,
    EventKind,
    FillState,
    HospitalApproval,
    LineState,
    PrescriptionState,
    Role,
    VisitKind,
)
from policy.validity import expires_at
from policy.violation import Code, Violation
from services import facts
from services.actor import Call
from services.errors import BadInput, NotFound, Refused
from services.fills import end_fill, live_fills, lock_prescription, refresh_state
from services.law import lawful
from services.topics import institution_topic, member_topic
from services.use_case import Work, use_case


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One drug of a prescription to be uploaded (待上传处方明细). Quantities are in packages."""

    drug_code: str
    quantity: Decimal
    dose: Decimal
    times_per_day: Decimal
    days: int
    route: str = "口服"
    in_house_stock: Decimal = Decimal(0)
    approval: HospitalApproval = HospitalApproval.NOT_ASKED


@dataclass(frozen=True, slots=True)
class Draft:
    """A prescription to be uploaded (待上传处方)."""

    hospital_rx_no: str
    visit_no: str
    visit_kind: VisitKind
    doctor_code: str
    id_number: str
    benefit: BenefitKind
    disease_code: str | None
    diagnosis: str
    issued_at: datetime
    consented_at: datetime | None
    lines: Sequence[DraftLine]
    long_supply_reason: str = ""
    deductible_taken: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Precheck:
    """What an upload would be told (预核验结果)."""

    refusals: Sequence[Violation]
    warnings: Sequence[Violation]


@dataclass(frozen=True, slots=True)
class Known:
    """The rows that a draft names, as far as they exist."""

    hospital: Institution
    doctor: Doctor | None
    member: Member | None
    drugs: dict[str, Drug]


PrescriptionParties: TypeAlias = tuple[Institution, Doctor, Member, dict[str, Drug]]


async def precheck_prescription(call: Call, draft: Draft) -> Precheck:
    """Say what forbids uploading a prescription and what to mind (上传预核验); nothing is kept."""
    call.require("处方预核验", Role.HOSPITAL)
    check_values(draft)
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
    check_values(draft)
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
    prescription = await Prescription.create(
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


async def look_up(call: Call, draft: Draft) -> Known:
    """Find the rows that a draft names."""
    hospital = await Institution.get_or_none(code=call.actor.institution or "")
    if hospital is None:
        raise NotFound("医疗机构", call.actor.institution)
    member = await Member.get_or_none(id_number_hash=call.tools.keys.lookup_hash(draft.id_number))
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
    lines = await PrescriptionLine.filter(
        prescription__member_id=member.id, state__not=LineState.CLOSED
    ).prefetch_related("drug", "prescription")
    left = []
    for line in lines:
        lapsed = line.prescription.state in (PrescriptionState.EXPIRED, PrescriptionState.REVOKED)
        if lapsed and line.state != LineState.DISPENSED:
            continue
        start = line.dispensed_at or line.prescription.uploaded_at
        until = shanghai_day(start) + timedelta(days=line.days)
        if until > day:
            left.append(OpenLine(line.drug.ingredient, line.drug.code, until))
    return tuple(left)


def check_values(draft: Draft) -> None:
    """Refuse values that no rule needs to look at: empty, negative, too long."""
    texts = (
        ("hospitalRxNo", draft.hospital_rx_no, 40),
        ("visitNo", draft.visit_no, 30),
        ("diagnosis", draft.diagnosis, 500),
    )
    for name, value, longest in texts:
        if not value.strip() or len(value) > longest:
            raise BadInput(name, f"不能为空,且不超过 {longest} 个字符。")
    if not is_id_number(draft.id_number, allow_samples=True):
        raise BadInput("idNumber", "不是有效的居民身份证号码(18 位,含校验位)。请重新读卡或核对。")
    if not is_doctor_code(draft.doctor_code):
        raise BadInput("doctorCode", f"{draft.doctor_code!r} 不是医保医师编码:应为 D 加 12 位数字。")
    if not 1 <= len(draft.lines) <= 20:
        raise BadInput("lines", f"一张处方应有 1 至 20 条药品,收到 {len(draft.lines)} 条。")
    if draft.deductible_taken < 0:
        raise BadInput("deductibleTaken", "不能为负数。")
    for number, line in enumerate(draft.lines, 1):
        check_line(number, line)


def check_line(number: int, line: DraftLine) -> None:
    """Refuse a line whose values make no sense, naming the field."""
    where = f"lines[{number}]"
    if not (is_drug_code(line.drug_code) or is_consumable_code(line.drug_code)):
        problem = f"{line.drug_code!r} 不是医保药品编码:西药为 X 开头 23 位,中成药为 Z 开头 20 位。"
        raise BadInput(f"{where}.drugCode", problem)
    amounts = (
        ("quantity", line.quantity),
        ("dose", line.dose),
        ("timesPerDay", line.times_per_day),
        ("days", Decimal(line.days)),
    )
    for name, amount in amounts:
        if amount <= 0 or amount > 100_000:
            raise BadInput(f"{where}.{name}", f"应大于 0 且不超过 100000,收到 {amount}。")
    if line.in_house_stock < 0:
        raise BadInput(f"{where}.inHouseStock", f"不能为负数,收到 {line.in_house_stock}。")


async def number_taken(hospital: Institution, draft: Draft) -> list[Violation]:
    """A hospital's prescription number is used once (院内处方号不可重复)."""
    if not await Prescription.filter(hospital_id=hospital.code, hospital_rx_no=draft.hospital_rx_no).exists():
        return []
    text = f"院内处方号 {draft.hospital_rx_no} 已上传过。如为重试,请使用原幂等键;新处方请换新号。"
    return [broken(Code.RX_NUMBER_TAKEN, "YL-14", text)]


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
    if draft.deductible_taken > visit.taken_at_hospital:
        await VisitDeductible.filter(id=visit.id).update(taken_at_hospital=draft.deductible_taken)


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
