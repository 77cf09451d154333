"""A prescription to be uploaded (待上传处方), and values that make no sense in one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from policy.identifiers import is_consumable_code, is_doctor_code, is_drug_code, is_id_number
from policy.terms import BenefitKind, Credential, HospitalApproval, VisitKind
from services.actor import Call
from services.errors import BadInput, check_text

STOCK_MAX = 10_000_000
"""Packages (包装): nobody has more of one drug; a larger number is a mistake."""


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
    allows_equivalent: bool = False


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
    credential: Credential = Credential.ELECTRONIC
    identity_verified: bool = True


def check_values(call: Call, draft: Draft) -> None:
    """Refuse values that no rule needs to look at: empty, negative, too long."""
    texts = (
        ("hospitalRxNo", draft.hospital_rx_no, 40),
        ("visitNo", draft.visit_no, 30),
        ("diagnosis", draft.diagnosis, 500),
    )
    for name, value, longest in texts:
        if not value.strip():
            raise BadInput(name, f"不能为空,且不超过 {longest} 个字符。")
        check_text(name, value, longest)
    check_text("diseaseCode", draft.disease_code or "", 30)
    check_text("longSupplyReason", draft.long_supply_reason, 200)
    if not is_id_number(draft.id_number, allow_samples=call.tools.allows_samples):
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
        ("quantity", line.quantity, 100_000),
        ("dose", line.dose, 100_000),
        ("timesPerDay", line.times_per_day, 1_000),
        ("days", Decimal(line.days), 10_000),
    )
    for name, amount, most in amounts:
        if amount <= 0 or amount > most:
            raise BadInput(f"{where}.{name}", f"应大于 0 且不超过 {most},收到 {amount}。")
    if not 0 <= line.in_house_stock <= STOCK_MAX:
        problem = f"不能为负数,且不超过 {STOCK_MAX},收到 {line.in_house_stock}。"
        raise BadInput(f"{where}.inHouseStock", problem)
    check_text(f"{where}.route", line.route, 30)
