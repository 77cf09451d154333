"""The pharmacies of the cast (固定药店), each made for one thing a demo or a test wants to show."""

from dataclasses import dataclass
from enum import StrEnum

from ops.world.areas import county
from ops.world.cast import FUJIAN_HOME, SHANXI_HOME
from ops.world.places import moved
from policy.geography import Point
from policy.terms import AgreementState


class Shelf(StrEnum):
    """What a pharmacy's shelves look like (货架)."""

    FULL = "FULL"
    """Everything, at the ceiling or a little below."""
    CHEAP = "CHEAP"
    """Everything, well below the ceiling."""
    PARTIAL = "PARTIAL"
    """All but the last drug of the demo."""
    DEAR = "DEAR"
    """Everything, above the ceiling."""
    EMPTY = "EMPTY"
    """The demo's drugs sold out, the rest near its expiry."""
    MIXED = "MIXED"
    """A part of the catalogue, as chance has it."""


@dataclass(frozen=True, slots=True)
class Casting:
    """What the cast says of a pharmacy (固定药店的设定)."""

    adcode: str
    serial: int
    position: Point
    shelf: Shelf = Shelf.FULL
    hours: str = "DAY"
    roster: str = "TWO_SHIFTS"
    agreement: AgreementState = AgreementState.ACTIVE
    is_dual_channel: bool = False
    delivers: bool = True
    joined_vbp: bool = True
    accepts_family_code: bool = False
    pharmacist_lapsed: bool = False


def _near(home: Point, east_m: float, north_m: float) -> Point:
    return moved(home, east_m, north_m)


CASTINGS = (
    Casting("350102", 1, _near(FUJIAN_HOME, 240, 180), is_dual_channel=True, accepts_family_code=True),
    Casting("350102", 2, _near(FUJIAN_HOME, -620, 410), Shelf.CHEAP, accepts_family_code=True),
    Casting("350102", 3, _near(FUJIAN_HOME, 130, -390), Shelf.PARTIAL, delivers=False),
    Casting("350102", 4, _near(FUJIAN_HOME, -150, -160), hours="NOT_MONDAYS"),
    Casting("350102", 5, _near(FUJIAN_HOME, 510, -240), roster="ONE_FROM_TWO"),
    Casting("350102", 6, _near(FUJIAN_HOME, -330, 90), agreement=AgreementState.ENDED),
    Casting("350102", 7, _near(FUJIAN_HOME, 720, 560), Shelf.DEAR),
    Casting("350102", 8, _near(FUJIAN_HOME, -480, -700), Shelf.EMPTY),
    Casting("350102", 9, _near(FUJIAN_HOME, 950, -130), pharmacist_lapsed=True),
    Casting("350103", 1, county("350103").centre, hours="DAY_AND_NIGHT", roster="THREE_SHIFTS"),
    Casting("350427", 1, county("350427").centre, joined_vbp=False),
    Casting("140106", 1, _near(SHANXI_HOME, 260, -150), is_dual_channel=True),
    Casting("140106", 2, _near(SHANXI_HOME, -540, 470), Shelf.CHEAP),
    Casting("140106", 3, _near(SHANXI_HOME, 120, 380), Shelf.PARTIAL, delivers=False),
    Casting("140106", 4, _near(SHANXI_HOME, -170, -140), hours="NOT_MONDAYS"),
    Casting("140106", 5, _near(SHANXI_HOME, 530, 220), roster="ONE_FROM_TWO"),
    Casting("140106", 6, _near(SHANXI_HOME, -310, 110), agreement=AgreementState.ENDED),
    Casting("140106", 8, _near(SHANXI_HOME, -460, -680), Shelf.EMPTY),
    Casting("140105", 1, county("140105").centre, hours="DAY_AND_NIGHT", roster="THREE_SHIFTS"),
    Casting("140202", 1, county("140202").centre),
)
