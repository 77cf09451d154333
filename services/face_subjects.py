"""What a face check compares (人脸比对对象): the live picture, and the enrolled faces or the card."""

from dataclasses import dataclass
from datetime import date

from models import Fill, IdentityCheck, IdentityImage, Institution
from policy.calendar import shanghai_day
from services.enrolled_faces import Enrolled, live_enrolments, unconfirmed_enrolments
from services.identity import CARD, FACE_LIVE


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the store (影像), with its digest."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared (比对对象), where and on which day: enrolled faces, or else the card.

    `claimed` is a face from a phone that nobody has confirmed: by itself it proves nothing.
    """

    live: Picture
    enrolled: list[Enrolled]
    card: Picture | None
    claimed: list[Enrolled]
    area: str
    on: date


async def subject_of(check: IdentityCheck) -> Subject:
    """What a check compares (比对对象); an enrolment may have been withdrawn meanwhile."""
    rows = await IdentityImage.filter(check_row_id=check.id)
    pictures = {row.kind: Picture(row.image_key, row.sha256) for row in rows}
    enrolled = await live_enrolments(check.person_id)
    fill = await Fill.get(id=check.fill_id)
    pharmacy = await Institution.get(code=fill.pharmacy_id)
    return Subject(
        live=pictures[FACE_LIVE],
        enrolled=enrolled,
        card=None if enrolled else pictures.get(CARD),
        claimed=await unconfirmed_enrolments(check.person_id),
        area=pharmacy.area,
        on=shanghai_day(check.submitted_at),
    )
