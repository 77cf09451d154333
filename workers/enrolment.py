"""Looking at pictures to enrol (建档照片检查): good enough for every engine, and of one person."""

from engines.pictures import ADVICE, Reason
from models import FaceEnrolment, Job, Member
from policy.calendar import shanghai_day
from policy.faces import face_law
from policy.terms import EnrolmentState, Verdict
from services.enrolled_faces import pictures_of
from services.enrolment import Looked, decide_enrolment, purge_ended
from workers.faces.check import judge
from workers.faces.quality import LIMITS, REFUSALS, flaws, hint_on
from workers.faces.result import Seen, Sight
from workers.jobs import Bench, answered
from workers.templates import means_of, seen

FACE_HEIGHT_MIN = 100
"""Pixels of a face to enrol, where 60 do for one to compare: every later check rests on it."""

REASONS = REFUSALS | {
    "turned": Reason.TURNED_AWAY,
    "tilted": Reason.TURNED_AWAY,
    "nodding": Reason.TURNED_AWAY,
    "small": Reason.FACE_TOO_SMALL,
}


async def look_at_enrolment(bench: Bench, job: Job) -> None:
    """Decide one enrolment; after the last attempt it is refused with the reason."""
    row = await FaceEnrolment.get(id=job.subject_id)
    if row.state == EnrolmentState.PENDING:
        looked = await answered(job.attempts, lambda: look(bench, row), refused)
        await decide_enrolment(bench.call(), enrolment_id=row.id, looked=looked)
    await purge_ended(bench.call(), row.member_id)


async def look(bench: Bench, row: FaceEnrolment) -> Looked:
    """Each picture for itself, then both together (建档照片质量与一致性)."""
    member = await Member.get(id=row.member_id)
    law = face_law(member.area, shanghai_day(row.consented_at))
    sights = []
    for one in pictures_of(row):
        sight = await seen(bench, await bench.tools.images.get(one.image_key), law.engines)
        if flaw := flaw_of(sight):
            return flaw
        sights.append(sight)
    if sights[1:]:
        found = judge(law, bench.faces.models, sights[1], [numbers(sights[0])], await means_of(bench, law))
        if found.verdict not in (Verdict.MATCH, Verdict.UNCERTAIN):
            return Looked(Reason.REFERENCES_DIFFER, "两张照片不像同一人，请由本人重新拍摄")
    return Looked()


def flaw_of(sight: Sight) -> Looked | None:
    """Why a picture cannot be enrolled (照片质量问题): an engine sees no face, or a poor one."""
    for found in sight.values():
        if not isinstance(found, Seen):
            return refused(found)
        if int(found.quality["face_height"]) < FACE_HEIGHT_MIN:
            return refused(Reason.FACE_TOO_SMALL)
        if names := flaws(found.quality, LIMITS["advise"]):
            return Looked(REASONS[names[0]], hint_on(found.quality))
    return None


def numbers(sight: Sight) -> dict[str, list[float] | Reason]:
    """What each engine has of a picture, as a reference to compare with (底照特征)."""
    return {engine: one.vector if isinstance(one, Seen) else one for engine, one in sight.items()}


def refused(reason: Reason) -> Looked:
    """Pictures that cannot be enrolled, and what to do (不予建档)."""
    return Looked(reason, ADVICE[reason])
