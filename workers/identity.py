"""The identity check (人证相符核验): compare the live picture with the person's own."""

from uuid import UUID

from engines.images import ImageMissing
from engines.metrics import VERDICTS
from engines.pictures import Reason, Unusable
from models import IdentityCheck, Job
from policy.faces import FaceLaw, face_law
from policy.terms import Verdict
from services.face_subjects import Subject, subject_of
from services.identity import Found, decide_identity_check
from workers.faces.check import LIVE, REFERENCE, judge, unproven, unusable
from workers.faces.result import FaceResult, Seen, Sight
from workers.jobs import ATTEMPTS_MAX, Bench
from workers.templates import CopyShown, Numbers, known_faces, means_of


class AttemptsSpent(Exception):
    """Every attempt at this job ended without an answer (重试次数用尽)."""


async def check_identity(bench: Bench, job: Job) -> None:
    """Work on one check until it has a verdict; after the last attempt the verdict is UNUSABLE."""
    check = await IdentityCheck.get(id=job.subject_id)
    if check.verdict is not None:
        return
    try:
        # whatever ended its workers that often would end this one too
        if job.attempts > ATTEMPTS_MAX:
            raise AttemptsSpent
        found = await compare(bench, check)
    except ImageMissing:
        found = found_of(unusable(Reason.REFERENCE_MISSING))
    # The engine is a foreign house: whatever it raises, the check ends with a verdict.
    except Exception:
        if job.attempts < ATTEMPTS_MAX:
            raise
        found = found_of(unusable(Reason.ENGINE_FAILED))
    VERDICTS.labels(found.verdict, found.reason).inc()
    await decide_identity_check(bench.call(), check_id=check.id, found=found)


async def compare(bench: Bench, check: IdentityCheck) -> Found:
    """Ask the face engines (人脸比对), only about the live picture where the enrolled face is known."""
    subject = await subject_of(check)
    law = face_law(subject.area, subject.on)
    try:
        live = await bench.faces.read(await bench.tools.images.get(subject.live.key), law.engines)
    except Unusable as refused:
        return found_of(unusable(refused.reason, LIVE))
    claimed = await likeness(bench, subject, law, live)
    if not subject.enrolled and subject.card is None and subject.claimed:
        return found_of(unproven(claimed), likeness_of(subject, claimed))
    try:
        known = await references(bench, subject, law.engines)
    except CopyShown:
        return found_of(unusable(Reason.COPY_OF_REFERENCE, LIVE))
    except Unusable as refused:
        return found_of(unusable(refused.reason, REFERENCE))
    result = judge(law, bench.faces.models, live, known, await means_of(bench, law))
    like = None if result.verdict is Verdict.NO_MATCH else likeness_of(subject, claimed)
    return found_of(result, like, by_card=subject.card is not None)


async def likeness(bench: Bench, subject: Subject, law: FaceLaw, live: Sight) -> FaceResult:
    """Whether the person present looks like the face that waits to be confirmed (待核实建档比对)."""
    if not subject.claimed:
        return unusable(Reason.REFERENCE_MISSING)
    try:
        known = await known_faces(bench, subject.claimed, law.engines, subject.live.sha256)
    except CopyShown:
        return unusable(Reason.COPY_OF_REFERENCE, LIVE)
    except Unusable as refused:
        return unusable(refused.reason, REFERENCE)
    return judge(law, bench.faces.models, live, known, await means_of(bench, law))


def likeness_of(subject: Subject, claimed: FaceResult) -> UUID | None:
    """The waiting enrolment that the live picture matches (与之相符的待核实建档)."""
    return subject.claimed[0].id if claimed.verdict is Verdict.MATCH else None


async def references(bench: Bench, subject: Subject, engines: tuple[str, ...]) -> list[Numbers]:
    """The numbers to compare with (底照特征): of the enrolled faces, else of the portrait on the card."""
    if subject.card is None:
        return await known_faces(bench, subject.enrolled, engines, subject.live.sha256)
    if subject.card.sha256 == subject.live.sha256:
        raise CopyShown
    card = await bench.tools.images.get(subject.card.key)
    sight = await bench.faces.read(card, engines, largest=True)
    return [{engine: one.vector if isinstance(one, Seen) else one for engine, one in sight.items()}]


def found_of(result: FaceResult, likeness_id: UUID | None = None, *, by_card: bool = False) -> Found:
    """The result as the use case takes it: the first engine's distance, and what every engine found."""
    first, *_ = result.findings or (None,)
    return Found(
        verdict=result.verdict,
        reason=result.reason or "",
        advice=result.advice,
        distance=first.distance if first else None,
        engine=" + ".join(one.model_version for one in result.findings),
        bands_version=" + ".join(one.bands_version for one in result.findings),
        findings=[one.as_row() for one in result.findings],
        by_card=by_card,
        likeness_id=likeness_id,
    )
