"""Enrolling a face and letting a worker look at it (人脸登记素材)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from engines.images import ImageMissing
from models import FaceEnrolment, Job
from models.job import JobKind
from ops.client import Json
from ops.road import FUJIAN
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import Role, Verdict
from services.enrolled_faces import live_enrolments
from tests.house import House
from tests.services.stage import png
from workers.faces.pool import FacePool
from workers.faces.quality import Figures
from workers.faces.result import Seen, Sight
from workers.jobs import Bench, run_job
from workers.main import RUNNERS

PATIENT = member_id(FUJIAN.patient)
GOOD: Figures = {
    "face_height": 150,
    "brightness": 120,
    "contrast": 40,
    "sharpness": 200,
    "turn": 0.0,
    "nod": 0.6,
    "tilt": 0.0,
}
CONSENT = "2026-01"

ENROL = """mutation E($input: EnrolFaceInput!) { enrolFace(input: $input) {
  ... on FaceEnrolment { id state consentVersion reason advice withdrawnAt purgedAt }
  ... on Refusal { violations { code message rule } } } }"""
WITHDRAW = """mutation W($input: WithdrawFaceInput!) { withdrawFace(input: $input) {
  ... on FaceEnrolment { id state withdrawnAt purgedAt } ... on Refusal { violations { code } } } }"""
SHOW = "query F($id: UUID) { faceEnrolment(memberId: $id) { id state reason advice purgedAt } }"


class Eyes(FacePool):
    """A face engine that sees what the test says (人脸引擎替身)."""

    def __init__(
        self, verdict: Verdict = Verdict.MATCH, error: Exception | None = None, **quality: int
    ) -> None:
        super().__init__()
        self.models = {"dlib": "test"}
        self.error, self.quality = error, GOOD | quality
        self.step = 0.0 if verdict is Verdict.MATCH else 0.1
        self.looked = 0

    async def read(self, picture: bytes, engines: Sequence[str], *, largest: bool = False) -> Sight:
        """A face of that quality; another one each time, unless all are of one person."""
        if self.error:
            raise self.error
        self.looked += 1
        return {engine: Seen([self.looked * self.step] * 128, self.quality) for engine in engines}


async def enrol(house: House, count: int = 1, **more: Any) -> Json:
    """The patient enrols by so many pictures."""
    names = ("picture", "secondPicture")[:count]
    pictures = {name: png(300 + number, 300) for number, name in enumerate(names)}
    client = house.client(Role.PATIENT, FUJIAN.patient)
    return await client.upload(ENROL, pictures, **({"consentVersion": CONSENT} | more))


async def enrol_in_person(house: House, count: int = 1) -> Json:
    """The agency's clerk enrols the patient, who stands before him."""
    pictures = {
        name: png(300 + number, 300) for number, name in enumerate(("picture", "secondPicture")[:count])
    }
    clerk = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    return await clerk.upload(ENROL, pictures, consentVersion=CONSENT, memberId=str(PATIENT))


async def look(house: House, row: Json, eyes: FacePool) -> Json:
    """Let a worker with these eyes look; gives the enrolment as the patient sees it."""
    job = await Job.get(subject_id=row["id"], kind=JobKind.FACE_ENROLMENT)
    await run_job(Bench(house.tools, eyes, house.now), job.id, RUNNERS)
    return await shown(house)


async def shown(house: House) -> Json:
    """The patient's enrolment."""
    data = await house.client(Role.PATIENT, FUJIAN.patient).execute(SHOW)
    found: Json = data["faceEnrolment"]
    return found


async def are_there(house: House, keys: list[str]) -> list[bool]:
    """Which of the pictures lie in the store."""
    found = []
    for key in keys:
        try:
            await house.tools.images.get(key)
        except ImageMissing:
            found.append(False)
        else:
            found.append(True)
    return found


async def enrolled_faces(person: UUID) -> list[str]:
    """The keys of the pictures that a check compares with."""
    return [one.image_key for one in await live_enrolments(person)]


async def keys_of(row: Json) -> list[str]:
    """The keys of an enrolment's pictures."""
    found = await FaceEnrolment.get(id=row["id"])
    return [key for key in (found.image_key, found.second_image_key) if key]
