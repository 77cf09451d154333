"""Is the person present the one they say they are? (人证相符, FJ-2.4, FJ-7.5, SX-12)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID

from models import (
    Fill,
    FillLine,
    IdentityCheck,
    IdentityImage,
    Institution,
    Job,
    Member,
)
from models.job import JobKind
from policy.calendar import shanghai_day
from policy.parameters import parameter
from policy.rule import broken
from policy.terms import EventKind, IdentityMethod, Role, Verdict
from policy.violation import Code
from services.access import get_fill
from services.actor import Call
from services.enrolled_faces import live_enrolments, unconfirmed_enrolments
from services.errors import BadInput, Refused, check_text
from services.fills import LIVE, lock_fill, tell
from services.kept_pictures import Kept, keep_pictures, let_go
from services.law import lawful
from services.use_case import Work, use_case

GOODS_MAX = 1000
FACE_LIVE, CARD, MEMBER_CARD = "LIVE", "CARD", "MEMBER_CARD"
ID_CARD, MEMBER_ID_CARD = "身份证", "参保人身份证"
DOCUMENT_OF = {CARD: ID_CARD, MEMBER_CARD: MEMBER_ID_CARD}
BOTH_CARDS = {ID_CARD, MEMBER_ID_CARD}
"""What a proxy shows: his own ID card and the member's (FJ-7.5, SX-12)."""

DOCUMENTS = (ID_CARD, "社会保障卡", "户口簿", "护照", "驾驶证", "居住证", "军官证", "港澳台居民居住证")


@dataclass(frozen=True, slots=True)
class Pictures:
    """The pictures of a check (核验影像): the live face, and cards with the numbers a reader gave."""

    live: bytes
    card: bytes | None = None
    card_number: str = ""
    member_card: bytes | None = None
    member_card_number: str = ""

    def by_kind(self) -> list[tuple[str, bytes]]:
        """Each picture that is there, with its kind."""
        pairs = ((FACE_LIVE, self.live), (CARD, self.card), (MEMBER_CARD, self.member_card))
        return [(kind, data) for kind, data in pairs if data is not None]

    def documents(self) -> list[str]:
        """The documents that these pictures show."""
        pairs = ((ID_CARD, self.card), (MEMBER_ID_CARD, self.member_card))
        return [name for name, data in pairs if data is not None]


@dataclass(frozen=True, slots=True)
class Shown:
    """The documents that were shown (出示的证件), with the numbers that the counter's reader gave, if any."""

    documents: Sequence[str]
    card_number: str
    member_card_number: str

    def has_number(self, kind: str) -> bool:
        """Whether the reader gave the number of this card."""
        return bool({CARD: self.card_number, MEMBER_CARD: self.member_card_number}.get(kind))


@dataclass(frozen=True, slots=True)
class Found:
    """What the face engine found (人脸比对结果)."""

    verdict: Verdict
    reason: str
    advice: str
    distance: Decimal | None
    engine: str
    bands_version: str
    findings: Sequence[dict[str, object]] = ()
    by_card: bool = False
    likeness_id: UUID | None = None


async def submit_identity_check(
    call: Call, fill_id: UUID, pictures: Pictures, goods: Sequence[str] = ()
) -> IdentityCheck:
    """Hand in the picture of the person present (提交人脸核验); a worker compares it.

    The pictures go to the store before the transaction, so that no row waits for it, and leave it
    again when the check was refused or had been handed in before.
    """
    call.require("提交人脸核验", Role.PHARMACY, Role.PHARMACIST)
    check_goods(goods)
    await get_fill(call.actor, fill_id, call.now)
    kept: list[Kept] = []
    owned: set[str] = set()
    try:
        await keep_pictures(call, pictures.by_kind(), kept)
        shown = Shown(pictures.documents(), pictures.card_number, pictures.member_card_number)
        check = await keep_identity_check(call, fill_id=fill_id, kept=kept, shown=shown, goods=goods)
        owned = {row.image_key for row in await IdentityImage.filter(check_row_id=check.id)}
    finally:
        await let_go(call, kept, owned)
    return check


@use_case("submitIdentityCheck", IdentityCheck)
async def keep_identity_check(
    work: Work, fill_id: UUID, kept: Sequence[Kept], shown: Shown, goods: Sequence[str]
) -> IdentityCheck:
    """Write the check with its pictures, and the job to compare them."""
    _, fill = await lock_fill(work, fill_id)
    require_unsettled(fill)
    await require_reference(fill, shown)
    await require_right_cards(work, fill, shown)
    check = await IdentityCheck.create(
        fill=fill,
        person_id=fill.buyer_id,
        method=IdentityMethod.FACE,
        goods=list(goods) or await goods_of(fill),
        documents=list(shown.documents),
        operator=work.actor.caller,
        submitted_at=work.now,
    )
    kept_until = await images_kept_until(work, fill)
    await IdentityImage.bulk_create(
        IdentityImage(
            check_row=check,
            kind=picture.kind,
            image_key=picture.key,
            sha256=picture.sha256,
            kept_until=kept_until,
            has_number=shown.has_number(picture.kind),
        )
        for picture in kept
    )
    work.enqueue(JobKind.IDENTITY_CHECK, check.id)
    if shown.documents:
        work.enqueue(JobKind.CARD_READING, check.id)
    return check


async def require_right_cards(work: Work, fill: Fill, shown: Shown) -> None:
    """A number that the card reader gave is that of the buyer, or of the member (人证相符)."""
    pairs = (
        (ID_CARD, shown.card_number, fill.buyer_id),
        (MEMBER_ID_CARD, shown.member_card_number, fill.member_id),
    )
    for document, number, owner in pairs:
        if not number or document not in shown.documents:
            continue
        person = await Member.get(id=owner)
        if person.id_number_hash not in work.call.tools.keys.lookup_hashes(number):
            text = f"{document}的号码与登记的不一致,请核对所持证件。"
            raise Refused([broken(Code.IDENTITY_NO_MATCH, "YL-13", text)])


@use_case("verifyManually", IdentityCheck)
async def verify_manually(
    work: Work, fill_id: UUID, documents: Sequence[str], reason: str, goods: Sequence[str] = ()
) -> IdentityCheck:
    """Record that a person at the counter checked two documents (特殊登记): always available."""
    work.call.require("特殊登记", Role.PHARMACY, Role.PHARMACIST)
    check_goods(goods)
    _, fill = await lock_fill(work, fill_id)
    require_unsettled(fill)
    known = DOCUMENTS if fill.buyer_id == fill.member_id else (*DOCUMENTS, MEMBER_ID_CARD)
    unknown = [name for name in documents if name not in known]
    if unknown or len(set(documents)) < 2:
        raise BadInput("documents", f"请查验两种不同的有效证件,可用:{'、'.join(known)}。")
    if not reason.strip():
        raise BadInput("reason", "请写明改用人工核验的原因。")
    check_text("reason", reason, 64)
    check = await IdentityCheck.create(
        fill=fill,
        person_id=fill.buyer_id,
        method=IdentityMethod.MANUAL,
        verdict=Verdict.MATCH,
        reason=reason,
        goods=list(goods) or await goods_of(fill),
        documents=list(dict.fromkeys(documents)),
        operator=work.actor.caller,
        submitted_at=work.now,
        decided_at=work.now,
    )
    tell(work, fill, EventKind.IDENTITY_DECIDED, check.id)
    return check


@use_case("decideIdentityCheck", IdentityCheck)
async def decide_identity_check(work: Work, check_id: UUID, found: Found) -> IdentityCheck:
    """Write what the face engine found (人脸核验结论) and tell the pharmacy. Only once."""
    work.call.require("人脸核验结论", Role.SERVICE)
    check = await IdentityCheck.select_for_update().get(id=check_id)
    await Job.filter(subject_id=check_id, kind=JobKind.IDENTITY_CHECK).update(state="DONE")
    if check.verdict is not None:
        return check
    check.update_from_dict(
        {
            "verdict": found.verdict,
            "reason": found.reason,
            "advice": found.advice,
            "distance": found.distance,
            "engine": found.engine,
            "bands_version": found.bands_version,
            "findings": list(found.findings),
            "tries": check.tries + 1,
            "by_card": found.by_card,
            "likeness_id": found.likeness_id,
            "decided_at": work.now,
        }
    )
    await check.save()
    tell(work, await Fill.get(id=check.fill_id), EventKind.IDENTITY_DECIDED, check.id)
    return check


async def require_reference(fill: Fill, shown: Shown) -> None:
    """A face is compared with something: an enrolled one, or the card's."""
    if ID_CARD in shown.documents:
        return
    if await live_enrolments(fill.buyer_id) or await unconfirmed_enrolments(fill.buyer_id):
        return
    raise BadInput("card", "该购药人没有人脸建档,请同时扫描其身份证人像面,或改用特殊登记。")


def check_goods(goods: Sequence[str]) -> None:
    """Refuse goods that are not a list of short texts."""
    if len(goods) > GOODS_MAX:
        raise BadInput("goods", f"一次至多 {GOODS_MAX} 件,收到 {len(goods)} 件。")
    for number, item in enumerate(goods, 1):
        check_text(f"goods[{number}]", item, 100)


async def goods_of(fill: Fill) -> list[str]:
    """The goods of a settlement (结算物品): trace codes where scanned, else drug and quantity."""
    lines = await FillLine.filter(fill_id=fill.id)
    return [item for line in lines for item in line.trace_codes or [f"{line.drug_id}×{line.quantity:f}"]]


async def images_kept_until(work: Work, fill: Fill) -> date:
    """The last day a picture is kept (影像留存期限, FJ-2.4: six months at least)."""
    pharmacy = await Institution.get(code=fill.pharmacy_id)
    today = shanghai_day(work.now)
    with lawful():
        return today + timedelta(days=parameter("image_keep_days", pharmacy.area, on=today).days)


def require_unsettled(fill: Fill) -> None:
    """Identity is checked before settlement."""
    if fill.state not in LIVE:
        text = f"配药状态为 {fill.state},不再需要身份核验。"
        raise Refused([broken(Code.STATE_FORBIDS, "YL-4", text)])
