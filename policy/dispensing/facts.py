"""What the rules look at when a pharmacy dispenses."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from policy.prices import Ceiling
from policy.terms import CardReading, IdentityMethod, LineState, Verdict


@dataclass(frozen=True, slots=True)
class PharmacyFacts:
    """The pharmacy (定点零售药店) at this moment."""

    code: str
    area: str
    is_contracted: bool
    is_open: bool
    pharmacist_on_duty: bool
    delivers: bool
    dual_channel: bool


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """A line somebody wants to claim (待配药明细). `held_by_you` is None when nobody holds it."""

    id: str
    drug_code: str
    state: LineState
    held_by_you: bool | None
    quantity: Decimal
    available: Decimal


@dataclass(frozen=True, slots=True)
class SplitFacts:
    """Whether a prescription is split (分开购药), why, and which drugs another institution has."""

    is_partial: bool
    reason: str | None
    same_drug_elsewhere: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PharmacistFacts:
    """The reviewing pharmacist (执业药师) at this moment."""

    code: str
    institution: str
    valid_since: date
    valid_until: date | None
    on_duty: bool


@dataclass(frozen=True, slots=True)
class ScannedCard:
    """A scanned ID card (扫描的身份证): what the machine read, and whether a reader gave its number.

    `reading` is None until the machine has looked at it.
    """

    reading: CardReading | None
    has_number: bool = False


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """How the person present was identified (人证相符), and whether another buys for the patient.

    `proxy_documents` are both ID cards seen by a clerk (特殊登记), `buyer_card` and `member_card` the scanned
    ones; `reference` is the card that the face was compared with, where it was a card.
    """

    method: IdentityMethod | None
    verdict: Verdict | None
    manual_done: bool
    is_proxy: bool
    proxy_documents: bool
    family_code: bool
    reference: ScannedCard | None = None
    buyer_card: ScannedCard | None = None
    member_card: ScannedCard | None = None


@dataclass(frozen=True, slots=True)
class TracedLine:
    """An insured line with its boxes and how many of them were scanned (追溯码采集)."""

    id: str
    drug_code: str
    boxes: int
    scanned: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with the price asked for it and the most that may be asked (售价与上限)."""

    id: str
    drug_code: str
    price: Decimal
    ceiling: Ceiling | None
