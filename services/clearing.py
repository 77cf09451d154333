"""A pharmacy claims a month of the agency (清算): submitted, reviewed, paid, booked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID, uuid4

from tortoise import connections
from tortoise.expressions import Q

from models import ClearingClaim, ClearingItem, Institution
from policy.books import Owner, clearing_entry
from policy.calendar import start_of_day
from policy.money import ZERO
from policy.rule import broken
from policy.terms import ClaimState, EventKind, Role
from policy.violation import Code, Violation
from services.accounts import one_row
from services.actor import Actor
from services.errors import BadInput, NotFound, Refused, check_text
from services.ledger import book, legs_of
from services.settling import new_number
from services.topics import institution_topic
from services.use_case import Work, use_case

TAKE = """
INSERT INTO clearing_item (id, claim_id, settlement_id, reversal_id, number, happened_at, total, pooled,
                           further, account, cut, cut_reason)
SELECT gen_random_uuid(), $1::uuid, s.id, NULL, s.number, s.settled_at, s.total, s.pooled_fund,
       s.fund_total - s.pooled_fund, s.account + s.family_account, 0, ''
FROM clearing_due d JOIN settlement s ON s.id = d.id
WHERE d.pharmacy_id = $2 AND d.area = $3 AND d.happened_at < $4 AND NOT d.is_reversal
UNION ALL
SELECT gen_random_uuid(), $1::uuid, NULL, r.id, r.number, r.reversed_at, -r.total, -r.pooled_fund,
       -(r.fund_total - r.pooled_fund), -(r.account + r.family_account), 0, ''
FROM clearing_due d JOIN reversal r ON r.id = d.id
WHERE d.pharmacy_id = $2 AND d.area = $3 AND d.happened_at < $4 AND d.is_reversal
ON CONFLICT DO NOTHING
"""
"""Of what no claim has yet, however old; never of all there is. What a claim has is not taken again."""

SUMS = """
SELECT count(settlement_id) AS settlements, count(reversal_id) AS reversals, COALESCE(sum(total), 0) AS total,
       COALESCE(sum(pooled), 0) AS pooled, COALESCE(sum(further), 0) AS further,
       COALESCE(sum(account), 0) AS account
FROM clearing_item WHERE claim_id = $1
"""


@dataclass(frozen=True, slots=True)
class Cut:
    """What the agency does not pay of a settlement's pooled fund (审核扣减), and why."""

    number: str
    amount: Decimal
    reason: str


def claims_of(actor: Actor) -> Q:
    """The claims (清算申报) that the caller may see: a pharmacy its own, an agency its area's."""
    match actor.role:
        case Role.PHARMACY | Role.PHARMACIST:
            return Q(pharmacy_id=actor.institution)
        case Role.AGENCY:
            return Q(area=actor.area)
        case Role.SUPERVISOR | Role.SERVICE:
            return Q()
    return Q(pk__isnull=True)


async def get_claim(actor: Actor, key: UUID) -> ClearingClaim:
    """One claim the caller may see, or `NotFound`."""
    row = await ClearingClaim.filter(claims_of(actor), id=key).first()
    if row is None:
        raise NotFound("清算申报", key)
    return row


@use_case("submitClearingClaim", ClearingClaim)
async def submit_claim(work: Work, month: date, area: str) -> ClearingClaim:
    """Claim a month that is over of one pooling area (清算申报): all that was not claimed before, each once.

    A reversal counts in the month in which it was made. What a slow transaction brings after the claim
    waits for the next one.
    """
    work.call.require("清算申报", Role.PHARMACY, Role.PHARMACIST)
    check_text("area", area, 6)
    month = month.replace(day=1)
    pharmacy = work.actor.institution or ""
    # two claims of one pharmacy wait for each other
    if await Institution.select_for_update(no_key=True).get_or_none(code=pharmacy) is None:
        raise NotFound("药店", pharmacy)
    end = start_of_day(next_month(month))
    if work.now < end:
        raise Refused([not_possible(f"{month:%Y年%m月}尚未结束。请在次月申报。")])
    if await ClearingClaim.exists(pharmacy_id=pharmacy, area=area, month=month):
        raise Refused([not_possible(f"统筹区 {area} {month:%Y年%m月}已申报过。漏报的结算随下月申报。")])
    key = uuid4()
    claim = ClearingClaim(
        id=key,
        number=new_number(area, work.now),
        pharmacy_id=pharmacy,
        area=area,
        month=month,
        state=ClaimState.SUBMITTED,
        submitted_at=work.now,
        submitted_by=work.actor.caller,
        **dict.fromkeys(("settlements", "reversals", "total", "pooled", "further", "account"), 0),
    )
    await claim.save(force_create=True)
    await connections.get("default").execute_query(TAKE, [key, pharmacy, area, end])
    claim.update_from_dict(await one_row(SUMS, key))
    if not claim.settlements and not claim.reversals:
        raise Refused([not_possible(f"统筹区 {area} 没有尚未申报的结算。请核对统筹区与月份。")])
    await claim.save()
    return claim


@use_case("reviewClearingClaim", ClearingClaim)
async def review_claim(work: Work, claim_id: UUID, cuts: Sequence[Cut] = (), note: str = "") -> ClearingClaim:
    """Review a claim (清算审核): the agency cuts lines with reasons; done again, the last review counts."""
    work.call.require("清算审核", Role.AGENCY)
    check_text("note", note, 200)
    claim = await lock_claim(work, claim_id, ClaimState.SUBMITTED, ClaimState.REVIEWED)
    items = {item.number: item for item in await ClearingItem.filter(claim_id=claim.id)}
    check_cuts(cuts, items)
    await ClearingItem.filter(claim_id=claim.id, cut__gt=0).update(cut=ZERO, cut_reason="")
    for one in cuts:
        await ClearingItem.filter(id=items[one.number].id).update(cut=one.amount, cut_reason=one.reason)
    claim.state, claim.note = ClaimState.REVIEWED, note
    claim.cut = sum((one.amount for one in cuts), ZERO)
    claim.reviewed_at, claim.reviewed_by = work.now, work.actor.caller
    await claim.save()
    work.tell(EventKind.CLAIM_REVIEWED, institution_topic(claim.pharmacy_id), subject_id=claim.id)
    return claim


@use_case("payClearingClaim", ClearingClaim)
async def pay_claim(work: Work, claim_id: UUID, payment_reference: str) -> ClearingClaim:
    """Record that a reviewed claim is paid (清算支付) and book it (SX-28)."""
    work.call.require("清算支付", Role.AGENCY)
    if not payment_reference.strip():
        raise BadInput("paymentReference", "请填写支付凭据号。")
    check_text("paymentReference", payment_reference, 64)
    claim = await lock_claim(work, claim_id, ClaimState.REVIEWED)
    entry = clearing_entry(claim.pooled, claim.further, claim.account, claim.cut)
    owners = {Owner.AREA: claim.area, Owner.PHARMACY: claim.pharmacy_id}
    await book(work, "CLEARING", claim.number, f"{claim.month:%Y年%m月}清算支付", legs_of(entry, owners))
    claim.state, claim.payment_reference = ClaimState.PAID, payment_reference.strip()
    claim.paid_at, claim.paid_by = work.now, work.actor.caller
    await claim.save()
    work.tell(EventKind.CLAIM_PAID, institution_topic(claim.pharmacy_id), subject_id=claim.id)
    return claim


async def lock_claim(work: Work, claim_id: UUID, *states: ClaimState) -> ClearingClaim:
    """A claim that the caller may see, locked, in one of these states."""
    claim = await ClearingClaim.select_for_update().filter(claims_of(work.actor), id=claim_id).first()
    if claim is None:
        raise NotFound("清算申报", claim_id)
    if claim.state not in states:
        raise Refused([not_possible(f"申报 {claim.number} 的状态为 {claim.state},不能办理这一步。")])
    return claim


def check_cuts(cuts: Sequence[Cut], items: dict[str, ClearingItem]) -> None:
    """A cut has a reason and lies within what its settlement's pooled fund paid."""
    if len({one.number for one in cuts}) != len(cuts):
        raise BadInput("cuts", "同一单号只能扣减一次。")
    for number, one in enumerate(cuts, 1):
        where = f"cuts[{number}]"
        item = items.get(one.number)
        if item is None:
            raise NotFound("申报中的结算", one.number)
        if not one.reason.strip():
            raise BadInput(f"{where}.reason", "请写明扣减理由,药店会看到。")
        check_text(f"{where}.reason", one.reason, 200)
        if not 0 < one.amount <= item.pooled:
            raise BadInput(f"{where}.amount", f"应大于 0、不超过该笔统筹基金 {item.pooled} 元。")


def next_month(month: date) -> date:
    """The first day of the month after (次月首日)."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)


def not_possible(text: str) -> Violation:
    """The claim can't be made or moved on."""
    return broken(Code.CLAIM_NOT_POSSIBLE, "YL-CLEARING", text)
