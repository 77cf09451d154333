"""Complaints about pharmacies (投诉, FJ-9.4): taken once per fact, sealed, handed to the agency as cases."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from uuid import UUID

from models import Case, Drug, Fill, Institution, Member, StockItem
from policy.calendar import SHANGHAI, shanghai_day
from policy.rule import broken
from policy.supervision import ComplaintKind, check_complaint
from policy.terms import CaseKind, CaseState, EventKind, InstitutionKind, Role
from policy.violation import Code
from services.access import get_fill
from services.cases import tell
from services.errors import BadInput, Forbidden, NotFound, Refused, check_text
from services.false_stock import TEXT_MAX, fact_key
from services.law import lawful
from services.use_case import Work, use_case

COMPLAINT_MAX, DRUGS_MAX = 1000, 10

CASE_KINDS = {
    ComplaintKind.FALSE_STOCK: CaseKind.FALSE_STOCK,
    ComplaintKind.PRICE: CaseKind.PRICE_ABOVE_CEILING,
    ComplaintKind.SERVICE: CaseKind.OTHER_COMPLAINT,
}
WORDS = {
    ComplaintKind.FALSE_STOCK: "显示有货而实际无货",
    ComplaintKind.PRICE: "售价过高",
    ComplaintKind.SERVICE: "服务或其他事项",
}


@dataclass(frozen=True, slots=True)
class Complaint:
    """What somebody complains of (投诉): a fill, or a pharmacy and drugs."""

    kind: ComplaintKind
    text: str
    fill_id: UUID | None = None
    pharmacy_code: str | None = None
    drug_codes: tuple[str, ...] = ()


@use_case("fileComplaint", Case)
async def file_complaint(work: Work, complaint: Complaint) -> Case:
    """Take a complaint (受理投诉, FJ-9.4) by a patient, or a family member who may see the fill."""
    work.call.require("投诉", Role.PATIENT)
    if work.actor.member_id is None:
        raise Forbidden("投诉", [Role.PATIENT])
    check_form(complaint)
    fill, pharmacy = await subject_of(work, complaint)
    member = await Member.select_for_update().get(id=work.actor.member_id)
    key = fact_key(CASE_KINDS[complaint.kind], fill) if fill else day_key(work, complaint, member)
    known = await Case.select_for_update().get_or_none(key=key)
    if known is not None and (known.state != CaseState.OPEN or known.complainant_id is not None):
        raise Refused([broken(Code.COMPLAINT_REPEATED, "YL-20", repeated(known))])
    with lawful():
        today = shanghai_day(work.now)
        if violations := check_complaint(pharmacy.area, today, await filed_today(work, member, pharmacy)):
            raise Refused(violations)
    if known is not None:
        return await join(work, known, complaint, member)
    case = await new_case(work, complaint, fill, pharmacy, key)
    seal(work, case, complaint, member)
    if not await work.open_cases([case]):
        # somebody else complained of the same fact in this very moment
        raise Refused([broken(Code.COMPLAINT_REPEATED, "YL-20", repeated(case))])
    return case


def check_form(complaint: Complaint) -> None:
    """Refuse a complaint that says too little or too much."""
    if not complaint.text.strip():
        raise BadInput("text", "请写明情况:何时、何药、药店怎么说。")
    check_text("text", complaint.text, COMPLAINT_MAX)
    if (complaint.fill_id is None) == (complaint.pharmacy_code is None):
        raise BadInput("fillId", "请给出配药编号,或给出药店编码,二者择一。")
    if complaint.fill_id is not None and complaint.drug_codes:
        raise BadInput("drugCodes", "已给出配药编号,不必再给药品编码。")
    if len(complaint.drug_codes) > DRUGS_MAX or len(set(complaint.drug_codes)) < len(complaint.drug_codes):
        raise BadInput("drugCodes", f"至多 {DRUGS_MAX} 个,不得重复。")
    for code in complaint.drug_codes:
        check_text("drugCodes", code, 23)
    needs_drugs = complaint.fill_id is None and complaint.kind != ComplaintKind.SERVICE
    if needs_drugs and not complaint.drug_codes:
        raise BadInput("drugCodes", "请给出所涉药品的医保药品编码。")


async def subject_of(work: Work, complaint: Complaint) -> tuple[Fill | None, Institution]:
    """The fill and the pharmacy complained of."""
    if complaint.fill_id is not None:
        fill = await get_fill(work.actor, complaint.fill_id, work.now)
        return fill, await Institution.get(code=fill.pharmacy_id)
    check_text("pharmacyCode", complaint.pharmacy_code or "", 12)
    pharmacy = await Institution.get_or_none(code=complaint.pharmacy_code, kind=InstitutionKind.PHARMACY)
    if pharmacy is None:
        raise NotFound("药店", complaint.pharmacy_code)
    known = {drug.code for drug in await Drug.filter(code__in=complaint.drug_codes).only("code")}
    if unknown := [code for code in complaint.drug_codes if code not in known]:
        raise NotFound("药品", "、".join(unknown))
    return None, pharmacy


async def filed_today(work: Work, member: Member, pharmacy: Institution) -> int:
    """How often the locked member complained about this pharmacy today."""
    today = datetime.combine(shanghai_day(work.now), time(), tzinfo=SHANGHAI)
    return await Case.filter(
        complainant_id=member.id,
        pharmacy_id=pharmacy.code,
        complained_at__gte=today,
        complained_at__lt=today + timedelta(days=1),
    ).count()


def day_key(work: Work, complaint: Complaint, member: Member) -> str:
    """What a complaint without a fill is known by: who, where, what about, on which day."""
    drugs = hashlib.sha256(",".join(sorted(complaint.drug_codes)).encode()).hexdigest()[:12]
    day = shanghai_day(work.now).isoformat()
    kind = CASE_KINDS[complaint.kind]
    return f"{kind}:{complaint.pharmacy_code}:{member.id}:{day}:{drugs}"


async def new_case(
    work: Work, complaint: Complaint, fill: Fill | None, pharmacy: Institution, key: str
) -> Case:
    """A fresh case; what the patient wrote stands apart, sealed."""
    codes = complaint.drug_codes
    shown = "" if fill else await shown_now(pharmacy, codes)
    return Case(
        key=key,
        kind=CASE_KINDS[complaint.kind],
        pharmacy_id=pharmacy.code,
        drug_id=codes[0] if len(codes) == 1 else None,
        fill_id=fill.id if fill else None,
        text=f"参保人投诉:{WORDS[complaint.kind]}。{shown}"[:TEXT_MAX],
        opened_at=work.now,
        opened_by="参保人投诉",
    )


async def shown_now(pharmacy: Institution, codes: Sequence[str]) -> str:
    """What the drug query shows of these drugs at this moment (查询所示)."""
    items = await StockItem.filter(pharmacy_id=pharmacy.code, drug_id__in=list(codes)).order_by("drug_id")
    rows = [
        f"{item.drug_id} 可售 {item.sellable:f}、已预留 {item.held:f}、"
        f"售价 {f'{item.price:f}' if item.price is not None else '无'}"
        for item in items
    ]
    return f"投诉时所示:{';'.join(rows)}。" if rows else ""


async def join(work: Work, case: Case, complaint: Complaint, member: Member) -> Case:
    """Add the complaint to the case that its fact already has (并入)."""
    seal(work, case, complaint, member)
    await case.save(update_fields=["complainant_id", "complaint_sealed", "complained_at"])
    await tell(work, case, EventKind.CASE_OPENED)
    return case


def seal(work: Work, case: Case, complaint: Complaint, member: Member) -> None:
    """Put the complaint's words into the case, encrypted."""
    case.complainant_id, case.complained_at = member.id, work.now
    case.complaint_sealed = work.call.tools.keys.encrypt_text(complaint.text, context=context_of(case))


def context_of(case: Case) -> bytes:
    """What a complaint is sealed for."""
    return f"case:{case.id}".encode()


def repeated(case: Case) -> str:
    """The fact has its case already."""
    if case.state == CaseState.OPEN:
        return "同一事实已有投诉,经办机构正在核实。有补充请致电医保经办机构。"
    return "同一事实已由经办机构认定,不再受理。有新的事实请另行投诉。"
