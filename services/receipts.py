"""Receipts of settlements (结算单, SX-13): their codes, their content, and whether one is genuine."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from engines.receipt_codes import ReceiptCodes
from engines.receipt_sheet import Sheet
from models import Drug, Institution, Member, Payment, Reversal, Settlement, SettlementLine
from policy.calendar import SHANGHAI
from policy.money import ZERO
from policy.terms import BenefitKind, PersonalData
from services import people
from services.actor import Call, Tools
from services.errors import Forbidden, ReceiptsOff
from services.reading import note

LINK_LIFE = timedelta(minutes=11)
"""How long a link to a receipt's file holds, from the minute in which it was asked for."""

CODE_LETTERS_MAX = 200
COLUMNS = ("药品", "数量", "单价", "金额", "自费", "先行自付", "符合范围")
BENEFITS = {
    BenefitKind.SPECIAL_DISEASE: "门诊特殊病种",
    BenefitKind.SPECIAL_DRUG: "门诊特殊药品",
    BenefitKind.OUTPATIENT: "门诊统筹",
}
SUMS = (
    ("医疗费总额", "medfee_sumamt"),
    ("全自费", "fulamt_ownpay_amt"),
    ("超限价自费", "overlmt_selfpay"),
    ("先行自付", "preselfpay_amt"),
    ("符合政策范围", "inscp_scp_amt"),
    ("起付标准", "act_pay_dedc"),
    ("统筹基金支出", "hifp_pay"),
    ("公务员医疗补助", "cvlserv_pay"),
    ("企业补充医疗保险", "hifes_pay"),
    ("居民大病保险", "hifmi_pay"),
    ("职工大额医疗费用补助", "hifob_pay"),
    ("医疗救助", "maf_pay"),
    ("基金支付总额", "fund_pay_sumamt"),
    ("个人负担总额", "psn_part_amt"),
    ("个人账户支出", "acct_pay"),
    ("家庭共济账户支出", "acct_mulaid_pay"),
    ("现金支付", "psn_cash_pay"),
)
NOT_TAX = "本结算单不是税务发票。金额由医保结算系统计算,如有疑问请向药店或参保地医保经办机构查询。"
UNVERIFIED = "计算用到了未经核实的示例参数,仅供演示。"


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt as it can be had (结算单): its code, where it is checked, where its file is for a while."""

    code: str
    verify_url: str
    file_url: str
    until: datetime


@dataclass(frozen=True, slots=True)
class Genuine:
    """What a genuine receipt is of (核验结果): names masked, and what stands of it today."""

    settlement: Settlement
    reversals: Sequence[Reversal]
    pharmacy: str
    member: str

    @property
    def reversed_total(self) -> Decimal:
        """What was taken back of the total."""
        return sum((row.total for row in self.reversals), ZERO)

    @property
    def is_wholly_reversed(self) -> bool:
        """Whether nothing of it stands."""
        return any(row.remaining is None for row in self.reversals)


def codes_of(tools: Tools) -> ReceiptCodes:
    """What signs receipts; raises `ReceiptsOff` where nothing does."""
    if tools.receipts is None:
        raise ReceiptsOff
    return tools.receipts


def receipt_of(call: Call, settlement: Settlement) -> Receipt:
    """The receipt of a settlement that the caller sees (取结算单), with a link of ten minutes and a bit."""
    if not people.sees_statement(call.actor):
        raise Forbidden("取结算单")
    codes = codes_of(call.tools)
    code = codes.verify_code(settlement.id)
    until = call.now.replace(second=0, microsecond=0) + LINK_LIFE
    note(settlement.member_id, PersonalData.SETTLEMENT)
    shows_name = people.knows_names(call.actor)
    url = codes.file_url(settlement.id, until, shows_name=shows_name)
    return Receipt(code, codes.verify_url(code), url, until)


async def verify(tools: Tools, code: str) -> Genuine | None:
    """What a receipt's code is of (核验结算单), for anybody who holds it; None when it is not genuine."""
    key = codes_of(tools).settlement_of(code) if len(code) <= CODE_LETTERS_MAX else None
    row = await Settlement.get_or_none(id=key) if key else None
    if row is None:
        return None
    note(row.member_id, PersonalData.SETTLEMENT)
    pharmacy = await Institution.get(code=row.pharmacy_id)
    name = people.mask_name(await name_of(tools, row.member_id))
    return Genuine(row, await reversals_of(row.id), pharmacy.name, name)


async def name_of(tools: Tools, member_id: UUID) -> str:
    """A member's name, unsealed."""
    member = await Member.get(id=member_id)
    context = f"member:{member_id}".encode()
    return tools.keys.decrypt_text(bytes(member.name_sealed), context=context)


async def reversals_of(settlement_id: UUID) -> list[Reversal]:
    """The reversals of a settlement, first to last."""
    return await Reversal.filter(settlement_id=settlement_id).order_by("sequence")


async def sheet_of(tools: Tools, settlement_id: UUID, *, shows_name: bool) -> Sheet:
    """What stands on a receipt (结算单内容): everything that the benefit statement says."""
    codes = codes_of(tools)
    row = await Settlement.get(id=settlement_id)
    name = await name_of(tools, row.member_id)
    pharmacy = await Institution.get(code=row.pharmacy_id)
    hospital = await Institution.get(code=row.hospital_id)
    reversals = await reversals_of(row.id)
    payment = await Payment.get_or_none(settlement_id=row.id)
    notes = [NOT_TAX, *reversed_notes(reversals)]
    if payment is not None:
        notes.append(f"现金部分经线上支付,商户订单号 {payment.number}。")
    if row.statement["is_estimate_of_unverified"]:
        notes.append(UNVERIFIED)
    return Sheet(
        title="医保购药结算单",
        facts=(
            ("结算单号", row.number),
            ("结算时间", f"{row.settled_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"),
            ("药店", f"{pharmacy.name}({pharmacy.code})"),
            ("开方机构", hospital.name),
            ("参保人", name if shows_name else people.mask_name(name)),
            ("待遇类型", BENEFITS[row.benefit]),
            ("统筹支付比例", f"{Decimal(row.statement['pool_prop_selfpay']):.2%}"),
            ("参保统筹区", row.area),
        ),
        columns=COLUMNS,
        rows=await rows_of(row.id),
        sums=sums_of(row.statement),
        notes=notes,
        verify_url=codes.verify_url(codes.verify_code(row.id)),
    )


def sums_of(statement: dict[str, Any]) -> list[tuple[str, str]]:
    """The amounts of a statement with their words, in yuan."""
    return [(word, f"{Decimal(statement[name]):.2f}") for word, name in SUMS]


async def rows_of(settlement_id: UUID) -> list[list[str]]:
    """The lines of a receipt (费用明细)."""
    lines = await SettlementLine.filter(settlement_id=settlement_id).order_by("number")
    drugs = {drug.code: drug for drug in await Drug.filter(code__in=[line.drug_code for line in lines])}
    return [row_of(line, drugs.get(line.drug_code)) for line in lines]


def row_of(line: SettlementLine, drug: Drug | None) -> list[str]:
    """One line of a receipt."""
    name = f"{drug.generic_name} {drug.spec}" if drug else line.drug_code
    unit = drug.package_unit if drug else ""
    quantity = f"{line.quantity.normalize():f}{unit}"
    own = line.full_self_pay + line.over_limit_self_pay
    amounts = (line.total, own, line.advance_self_pay, line.eligible)
    total, *rest = [f"{amount:.2f}" for amount in amounts]
    return [name, quantity, f"{line.price.normalize():f}", total, *rest]


def reversed_notes(reversals: Sequence[Reversal]) -> list[str]:
    """What was taken back since (冲正情况)."""
    return [
        f"已于 {row.reversed_at.astimezone(SHANGHAI):%Y-%m-%d} 冲正 {row.total:.2f} 元"
        f"(冲正单号 {row.number}){',已全部冲正' if row.remaining is None else ''}。"
        for row in reversals
    ]
