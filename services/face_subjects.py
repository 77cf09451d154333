"""What a face check compares (人脸比对对象): the live picture, and the enrolled faces or the card."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from models import FaceEnrolment, Fill, IdentityCheck, IdentityImage, Institution
from policy.calendar import shanghai_day
from services.identity import CARD, FACE_LIVE

ENROLLED_MAX = 2


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the store (影像), with its digest."""

    key: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An enrolled face (建档人脸)."""

    id: UUID
    member_id: UUID
    image_key: str


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared (比对对象), where and on which day: enrolled faces, or else the card."""

    live: Picture
    enrolled: list[Enrolled]
    card: Picture | None
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
        area=pharmacy.area,
        on=shanghai_day(check.submitted_at),
    )


async def live_enrolments(member_id: UUID) -> list[Enrolled]:
    """The enrolled faces of a person that count (有效建档): the two of the earliest consent."""
    rows = await FaceEnrolment.filter(member_id=member_id, withdrawn_at__isnull=True).order_by("consented_at")
    return [Enrolled(row.id, row.member_id, row.image_key) for row in rows[:ENROLLED_MAX]]
