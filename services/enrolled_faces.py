"""The faces that a person has enrolled and that count (有效建档)."""

from dataclasses import dataclass
from uuid import UUID

from models import FaceEnrolment
from policy.terms import EnrolmentState

ENROLLED_MAX = 2


@dataclass(frozen=True, slots=True)
class Enrolled:
    """One picture of an enrolled face (建档照片): the first or the second of its enrolment."""

    id: UUID
    member_id: UUID
    image_key: str
    picture: int = 1


async def live_enrolments(member_id: UUID) -> list[Enrolled]:
    """The enrolled pictures of a person that count (有效建档照片): the two of the earliest consent."""
    return await enrolments(member_id, EnrolmentState.ACTIVE)


async def unconfirmed_enrolments(member_id: UUID) -> list[Enrolled]:
    """The pictures of which nobody has seen yet that they show this person (待核实建档照片)."""
    return await enrolments(member_id, EnrolmentState.UNCONFIRMED)


async def enrolments(member_id: UUID, state: EnrolmentState) -> list[Enrolled]:
    """The pictures of a person's enrolments in that state (建档照片), the earliest consent first."""
    rows = FaceEnrolment.filter(
        member_id=member_id, state=state, withdrawn_at__isnull=True, purged_at__isnull=True
    )
    found = [one for row in await rows.order_by("consented_at") for one in pictures_of(row)]
    return found[:ENROLLED_MAX]


def pictures_of(row: FaceEnrolment) -> list[Enrolled]:
    """The pictures of one enrolment (建档照片)."""
    keys = enumerate((row.image_key, row.second_image_key), 1)
    return [Enrolled(row.id, row.member_id, key, picture) for picture, key in keys if key]
