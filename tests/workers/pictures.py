"""Pictures on their way from the counter to the verdict (人脸核验素材)."""

from uuid import UUID

from models import FaceEnrolment, IdentityCheck, Job
from models.job import JobKind
from ops import road_documents as documents
from ops.client import Json
from ops.road import Road
from ops.world.cast import FUJIAN_PATIENT
from ops.world.ids import member_id
from tests.house import House

PATIENT = member_id(FUJIAN_PATIENT)


async def enrol(house: House, picture: bytes) -> None:
    """The patient's face, to compare with."""
    key = await house.tools.images.put(picture)
    await FaceEnrolment.create(member_id=PATIENT, image_key=key, consented_at=house.now())


async def hand_in(way: Road, fill: Json, picture: bytes) -> tuple[UUID, UUID]:
    """Hand a picture in through GraphQL; gives the check and its job."""
    check = await way.pharmacy.upload(documents.CHECK_FACE, {"live": picture}, fillId=fill["id"])
    assert check["verdict"] is None
    job = await Job.get(subject_id=check["id"], kind=JobKind.IDENTITY_CHECK)
    return UUID(check["id"]), job.id


async def decided(check: UUID) -> IdentityCheck:
    """The check as it stands."""
    return await IdentityCheck.get(id=check)
