"""What the machine read off ID cards, compared with whose they should be (证件识读, FJ-7.5, SX-12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from engines.pictures import ADVICE, Reason
from models import Fill, IdentityCheck, IdentityImage, Member
from policy.dispensing import ScannedCard
from policy.id_card import card_text, plain_text
from policy.terms import CardReading, EventKind, Role
from services.fills import tell
from services.identity import CARD, MEMBER_CARD
from services.use_case import Work, use_case

CARDS = (CARD, MEMBER_CARD)
NUMBER, NAME = "NUMBER", "NAME"

STRENGTH = (CardReading.READ_MATCH, CardReading.DIFFERS, CardReading.UNREAD, None)
"""Of several scans of a card the first of these counts: one that could not be read undoes no other."""


@dataclass(frozen=True, slots=True)
class Read:
    """What the card reader answered (识读答复): lines of text, or the reason why there are none.

    The lines are personal data: they are compared and forgotten, and never written anywhere.
    """

    lines: Sequence[str] = field(default=(), repr=False)
    reason: str = ""
    reader: str = ""


@use_case("recordCardReading", IdentityImage)
async def record_card_reading(work: Work, image_id: UUID, read: Read) -> IdentityImage:
    """Compare what was read with the member (证件识读结果) and keep which fields were the same. Only once."""
    work.call.require("证件识读结果", Role.SERVICE)
    image = await IdentityImage.select_for_update().get(id=image_id)
    if image.reading is not None:
        return image
    check = await IdentityCheck.get(id=image.check_row_id)
    fill = await Fill.get(id=check.fill_id)
    owner = await Member.get(id=fill.buyer_id if image.kind == CARD else fill.member_id)
    image.reading, image.matched = compared(work, read.lines, owner)
    image.unread_reason, image.reader = read.reason[:64], read.reader[:64]
    await image.save(update_fields=["reading", "matched", "unread_reason", "reader"])
    if not await unread_cards(check.id):
        tell(work, fill, EventKind.CARDS_READ, check.id)
    return image


def compared(work: Work, lines: Sequence[str], owner: Member) -> tuple[CardReading, str]:
    """The reading of a card (识读结论), and the fields that were the same.

    The number decides whose card it is; no wrong one was ever seen to pass its check digit. Names are misread
    first, so another name means that somebody looks again, and not that the card is another person's.
    """
    keys = work.call.tools.keys
    text = card_text(lines, allow_samples=work.call.tools.allows_samples)
    name = keys.decrypt_text(bytes(owner.name_sealed), context=f"member:{owner.id}".encode())
    has_name = text.name == plain_text(name)
    if text.number and owner.id_number_hash not in keys.lookup_hashes(text.number):
        return CardReading.DIFFERS, NAME if has_name else ""
    same = {NUMBER: bool(text.number), NAME: has_name}
    reading = CardReading.READ_MATCH if all(same.values()) else CardReading.UNREAD
    return reading, ",".join(field for field, is_same in same.items() if is_same)


async def unread_cards(check_id: UUID) -> Sequence[IdentityImage]:
    """The cards of a check that nobody has read yet (待识读证件)."""
    cards = IdentityImage.filter(check_row_id=check_id, kind__in=CARDS, reading__isnull=True)
    return await cards.order_by("kind")


async def scanned_cards(fill_id: UUID) -> Mapping[str, ScannedCard]:
    """The cards that were scanned for a fill, by kind (双方身份证), each at its best reading."""
    found: dict[str, ScannedCard] = {}
    images = await IdentityImage.filter(check_row__fill_id=fill_id, kind__in=CARDS)
    for image in sorted(images, key=lambda one: STRENGTH.index(one.reading)):
        found.setdefault(image.kind, ScannedCard(image.reading, image.has_number))
    return found


async def reference_of(check: IdentityCheck | None) -> ScannedCard | None:
    """The card that this very check compared the face with (证件底照), if it was a card."""
    if check is None or not check.by_card:
        return None
    image = await IdentityImage.get_or_none(check_row_id=check.id, kind=CARD)
    return ScannedCard(image.reading, image.has_number) if image else None


AGAIN = "重新扫描，或由店员查验证件并特殊登记"
ADVICE_ON = {
    (CardReading.DIFFERS, ""): f"识读出的号码与登记的不一致，请核对是否拿错证件，{AGAIN}",
    (CardReading.DIFFERS, NAME): f"姓名一致但号码不一致，请擦净证件、避开反光后{AGAIN}",
    (CardReading.UNREAD, NUMBER): f"号码一致，姓名未读出或不一致，请由店员核对姓名，{AGAIN}",
    (CardReading.UNREAD, NAME): f"姓名一致，号码未读出，请擦净证件、避开反光后{AGAIN}",
    (CardReading.UNREAD, ""): f"未读出号码和姓名，请将人像面平放、拍全四角、避开反光后{AGAIN}",
}


def advice_on(image: IdentityImage) -> str:
    """What a clerk does about a scanned card (给店员的提示); empty where all is well or not known yet."""
    if image.reading is None:
        return ""
    if image.unread_reason:
        return ADVICE[Reason(image.unread_reason)]
    return ADVICE_ON.get((image.reading, image.matched), "")
