"""Claiming lines at a pharmacy (配药申请)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from policy.calendar import shanghai_day
from policy.dispensing.facts import ClaimLine, PharmacyFacts, SplitFacts
from policy.parameters import parameter
from policy.regulation import Regulation, regulation, regulation_violation
from policy.rule import broken
from policy.terms import LineState
from policy.validity import validity_violation
from policy.violation import Code, Violation


@dataclass(frozen=True, slots=True)
class Articles:
    """The rules that a regulation has for the pharmacy that dispenses."""

    contract: str
    pharmacist: str
    split: str


ARTICLES: Mapping[Regulation, Articles] = {
    Regulation.FUJIAN_2023_6: Articles(contract="FJ-2.0", pharmacist="FJ-2.2", split="FJ-5.5"),
    Regulation.SHANXI_2022_27: Articles(contract="SX-26.1", pharmacist="CN-PHARMACIST", split="SX-14"),
}


def check_claim(
    area: str,
    uploaded_at: datetime,
    revoked: bool,
    now: datetime,
    pharmacy: PharmacyFacts,
    lines: Sequence[ClaimLine],
    split: SplitFacts,
) -> list[Violation]:
    """Every rule that keeps this pharmacy from taking these lines now (每一条不能配药的理由)."""
    day = shanghai_day(now)
    if missing := regulation_violation(area, on=day):
        return [missing]
    articles = ARTICLES[regulation(area, on=day)]
    found = check_prescription_alive(area, uploaded_at, revoked, now)
    is_alive = not found
    found += check_pharmacy(pharmacy, articles)
    found += check_lines(lines, is_alive)
    found += check_stock(lines)
    found += check_split(area, now, lines, split, articles)
    return found


def check_prescription_alive(
    area: str, uploaded_at: datetime, revoked: bool, now: datetime
) -> list[Violation]:
    """Revoked or expired (处方撤销、失效), nothing can be claimed."""
    found = []
    if revoked:
        found.append(broken(Code.PRESCRIPTION_REVOKED, "YL-5", "处方已由开方机构撤销。"))
    if expired := validity_violation(uploaded_at, area, now):
        found.append(expired)
    return found


def check_pharmacy(pharmacy: PharmacyFacts, articles: Articles) -> list[Violation]:
    """Contracted, open, with a pharmacist on duty (定点、营业、药师在岗)."""
    found = []
    if not pharmacy.is_contracted:
        message = "该药店未开通门诊统筹服务或协议已中止。"
        found.append(
            broken(Code.INSTITUTION_NOT_CONTRACTED, articles.contract, message, actual=pharmacy.code)
        )
    if not pharmacy.is_open:
        found.append(broken(Code.PHARMACY_CLOSED, "YL-1", "该药店当前不在营业时间。", actual=pharmacy.code))
    elif not pharmacy.pharmacist_on_duty:
        message = "该药店当前没有在岗的医保执业药师。"
        found.append(broken(Code.PHARMACIST_NOT_ON_DUTY, articles.pharmacist, message, actual=pharmacy.code))
    return found


def check_lines(lines: Sequence[ClaimLine], is_alive: bool) -> list[Violation]:
    """A line is in one live fill at most (单一持有); who lost a race learns only to whom in kind."""
    if lines and all(line.state is LineState.DISPENSED for line in lines):
        return [broken(Code.PRESCRIPTION_DISPENSED, "YL-3", "处方药品已全部配齐。")]
    found = []
    for line in lines:
        if line.state is LineState.CLAIMED and line.held_by_you:
            message = "该药品已在您的另一笔配药中。"
            found.append(broken(Code.LINE_HELD_BY_YOU, "YL-3", message, line_id=line.id))
        elif line.state is LineState.CLAIMED:
            message = "该药品已在他处配药中。"
            found.append(broken(Code.LINE_HELD_BY_OTHER, "YL-3", message, line_id=line.id))
        elif line.state is LineState.DISPENSED or (line.state is LineState.CLOSED and is_alive):
            message = "该药品已配齐或已关闭。"
            found.append(broken(Code.LINE_NOT_OPEN, "YL-3", message, line_id=line.id, actual=line.state))
    return found


def check_stock(lines: Sequence[ClaimLine]) -> list[Violation]:
    """What is promised must be there (库存); a line that cannot be claimed anyway is not counted."""
    return [
        broken(
            Code.STOCK_SHORT,
            "YL-2",
            "该药店现有可用库存不足。",
            line_id=line.id,
            limit=f"{line.available:f}",
            actual=f"{line.quantity:f}",
        )
        for line in lines
        if line.state is LineState.OPEN and line.available < line.quantity
    ]


def check_split(
    area: str, now: datetime, lines: Sequence[ClaimLine], split: SplitFacts, articles: Articles
) -> list[Violation]:
    """What several institutions fill (分开购药): the reason, and no drug at two of them (SX-14)."""
    day = shanghai_day(now)
    found = []
    if not parameter("split_same_drug_allowed", area, on=day).flag:
        found += [
            broken(
                Code.SAME_DRUG_ELSEWHERE,
                articles.split,
                "同一药品不得在不同医药机构购买。",
                line_id=line.id,
                actual=line.drug_code,
            )
            for line in lines
            if line.drug_code in split.same_drug_elsewhere
        ]
    needs_reason = split.is_partial and parameter("split_reason_required", area, on=day).flag
    if needs_reason and not (split.reason or "").strip():
        message = "一处配不齐、分开购药的，须登记原因。"
        found.append(broken(Code.SPLIT_REASON_MISSING, articles.split, message))
    return found
