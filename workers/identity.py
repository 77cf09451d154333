"""The identity check (人证相符核验): compare the live picture with the person's own."""

from engines.images import ImageMissing
from engines.pictures import ADVICE, Reason
from models import IdentityCheck, Job
from policy.terms import Verdict
from services.identity import Found, decide_identity_check, references
from workers.faces.result import FaceResult
from workers.jobs import ATTEMPTS_MAX, Bench


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
        found = unusable(Reason.REFERENCE_MISSING)
    # The engine is a foreign house: whatever it raises, the check ends with a verdict.
    except Exception:
        if job.attempts < ATTEMPTS_MAX:
            raise
        found = unusable(Reason.ENGINE_FAILED)
    await decide_identity_check(bench.call(), check_id=check.id, found=found)


async def compare(bench: Bench, check: IdentityCheck) -> Found:
    """Ask the face engine."""
    live_key, reference_keys = await references(check)
    images = bench.tools.images
    live = await images.get(live_key)
    known = [await images.get(key) for key in reference_keys]
    return found_of(await bench.faces.check(live, known))


def found_of(result: FaceResult) -> Found:
    """The engine's result as the use case takes it."""
    return Found(
        verdict=result.verdict,
        reason=result.reason or "",
        advice=result.advice,
        distance=result.distance,
        engine=f"{result.engine} {result.model_version}"[:64],
        bands_version=result.bands_version,
    )


def unusable(reason: Reason) -> Found:
    """No verdict can be had."""
    return Found(Verdict.UNUSABLE, reason, ADVICE[reason], None, "", "")
