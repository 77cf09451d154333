"""Settling at the counter (结算)."""

from collections.abc import Mapping, Sequence
from datetime import date

from policy.dispensing.facts import IdentityFacts, PricedLine, TracedLine
from policy.dispensing.identity import check_credential, check_identity
from policy.parameters import parameter
from policy.regulation import Regulation, regulation, regulation_violation
from policy.rule import broken
from policy.terms import Credential
from policy.violation import Code, Violation

REVIEW_RULES: Mapping[Regulation, str] = {
    Regulation.FUJIAN_2023_6: "FJ-7.4",
    Regulation.SHANXI_2022_27: "CN-PHARMACIST",
}
ALWAYS = "ALWAYS"


def check_settlement(
    area: str,
    on: date,
    reviewed: bool,
    identity: IdentityFacts,
    fee_list_signed: bool,
    credential: Credential | None,
    goods_recorded: bool,
    lines: Sequence[PricedLine],
) -> list[Violation]:
    """Every rule that keeps this bill from being settled with the insurance today (每一条不能结算的理由)."""
    if missing := regulation_violation(area, on=on):
        return [missing]
    found = []
    if not reviewed:
        rule_id = REVIEW_RULES[regulation(area, on=on)]
        found.append(broken(Code.NOT_REVIEWED, rule_id, "处方未经驻店执业药师审核签字。"))
    found += check_identity(area, on, identity)
    found += check_credential(area, on, credential, identity)
    found += check_signature(area, on, fee_list_signed, identity)
    found += check_goods(area, on, goods_recorded)
    found += check_prices(area, on, lines)
    return found


def check_signature(area: str, on: date, fee_list_signed: bool, identity: IdentityFacts) -> list[Violation]:
    """The fee list is signed by the patient (FJ-8.4); the stub by whoever buys for him (SX-13)."""
    wanted = parameter("fee_list_signature", area, on=on)
    if fee_list_signed or (wanted.text != ALWAYS and not identity.is_proxy):
        return []
    message = "药品费用清单（结算单底联）须由购药人签字确认。"
    return [broken(Code.FEE_LIST_NOT_SIGNED, wanted.rule, message, basis=wanted.basis)]


def check_goods(area: str, on: date, goods_recorded: bool) -> list[Violation]:
    """The goods are kept with the person and the time (结算物品, FJ-2.4)."""
    wanted = parameter("goods_record_required", area, on=on)
    if goods_recorded or not wanted.flag:
        return []
    message = "须记录结算物品（扫描追溯码或拍摄）。"
    return [broken(Code.GOODS_NOT_RECORDED, wanted.rule, message, basis=wanted.basis)]


def check_traces(area: str, on: date, lines: Sequence[TracedLine]) -> list[Violation]:
    """Every box of an insured line is scanned before it is settled (扫码结算, CN-TRACE)."""
    if regulation_violation(area, on=on):
        return []
    wanted = parameter("trace_codes_required", area, on=on)
    if not wanted.flag:
        return []
    return [
        broken(
            Code.TRACE_CODE_MISSING,
            wanted.rule,
            f"药品 {line.drug_code} 应逐盒扫描追溯码后结算。",
            basis=wanted.basis,
            line_id=line.id,
            limit=f"{line.boxes} 个",
            actual=f"{line.scanned} 个",
        )
        for line in lines
        if line.scanned < line.boxes
    ]


def check_prices(area: str, on: date, lines: Sequence[PricedLine]) -> list[Violation]:
    """No line is sold above the ceiling in force (售价上限, FJ-2.8, FJ-6)."""
    if missing := regulation_violation(area, on=on):
        return [missing]
    return [
        broken(
            Code.PRICE_ABOVE_CEILING,
            line.ceiling.rule,
            "售价高于规定的最高售价，不能结算。",
            basis=line.ceiling.basis,
            line_id=line.id,
            limit=f"{line.ceiling.amount:f} 元",
            actual=f"{line.price:f} 元",
        )
        for line in lines
        if line.ceiling is not None and line.price > line.ceiling.amount
    ]
