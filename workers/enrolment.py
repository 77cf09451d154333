"""Looking at pictures to enrol (建档照片检查): good enough, and of one person."""

from engines.pictures import ADVICE, Reason
from models import FaceEnrolment, Job
from policy.terms import EnrolmentState, Verdict
from services.enrolment import Looked, decide_enrolment, purge_ended
from workers.faces.advice import BLURRED_BELOW, DARK_BELOW
from workers.jobs import Bench, answered

FACE_HEIGHT_MIN = 100
"""Pixels of a face to enrol, where 60 do for one to compare: every later check rests on it."""


async def look_at_enrolment(bench: Bench, job: Job) -> None:
    """Decide one enrolment; after the last attempt it is refused with the reason."""
    row = await FaceEnrolment.get(id=job.subject_id)
    if row.state == EnrolmentState.PENDING:
        looked = await answered(job.attempts, lambda: look(bench, row), refused)
        await decide_enrolment(bench.call(), enrolment_id=row.id, looked=looked)
    await purge_ended(bench.call(), row.member_id)


async def look(bench: Bench, row: FaceEnrolment) -> Looked:
    """Each picture for itself, then both together (建档照片质量与一致性)."""
    keys = [key for key in (row.image_key, row.second_image_key) if key]
    pictures = [await bench.tools.images.get(key) for key in keys]
    for picture in pictures:
        quality = (await bench.faces.encode(picture)).quality
        if quality["face_height"] < FACE_HEIGHT_MIN:
            return refused(Reason.FACE_TOO_SMALL)
        if quality["brightness"] < DARK_BELOW:
            return Looked("TOO_DARK", "照片偏暗，请补光后重拍")
        if quality["sharpness"] < BLURRED_BELOW:
            return Looked("BLURRED", "照片模糊，请擦净镜头、拿稳后重拍")
    if len(pictures) > 1:
        found = await bench.faces.check(pictures[1], pictures[:1])
        if found.verdict not in (Verdict.MATCH, Verdict.UNCERTAIN):
            return Looked(Reason.REFERENCES_DIFFER, "两张照片不像同一人，请由本人重新拍摄")
    return Looked()


def refused(reason: Reason) -> Looked:
    """Pictures that cannot be enrolled, and what to do (不予建档)."""
    return Looked(reason, ADVICE[reason])
