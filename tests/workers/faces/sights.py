"""Reading and checking pictures through a pool, as the worker does it."""

from collections.abc import Sequence
from datetime import date

from engines.pictures import Reason, Unusable
from policy.faces import FaceLaw, face_law
from workers.faces.check import LIVE, REFERENCE, judge, unusable
from workers.faces.compare import Mean
from workers.faces.pool import FacePool
from workers.faces.quality import Figures
from workers.faces.result import FaceResult, Seen, Sight

FINE: Figures = {
    "brightness": 120,
    "contrast": 40,
    "sharpness": 400,
    "turn": 0.0,
    "nod": 0.6,
    "tilt": 0.0,
    "face_height": 200,
}
"""Figures of a picture that nothing is wrong with."""

FUJIAN = face_law("350100", date(2026, 3, 16))


def numbers(sight: Sight) -> dict[str, Sequence[float] | Reason]:
    """What each engine has of a reference."""
    return {engine: one.vector if isinstance(one, Seen) else one for engine, one in sight.items()}


async def seen(pool: FacePool, data: bytes, engine: str = "dlib", *, largest: bool = False) -> Seen:
    """The face that one engine sees; `Unusable` when there is none."""
    found = (await pool.read(data, [engine], largest=largest))[engine]
    if isinstance(found, Reason):
        raise Unusable(found)
    return found


async def check(
    pool: FacePool,
    live: bytes,
    references: Sequence[bytes],
    law: FaceLaw = FUJIAN,
    means: dict[str, Mean] | None = None,
) -> FaceResult:
    """The check of a live picture against references that are read now."""
    try:
        sight = await pool.read(live, law.engines)
    except Unusable as refused:
        return unusable(refused.reason, LIVE)
    try:
        known = [numbers(await pool.read(reference, law.engines)) for reference in references]
    except Unusable as refused:
        return unusable(refused.reason, REFERENCE)
    return judge(
        law, pool.models, sight, known or [dict.fromkeys(law.engines, Reason.REFERENCE_MISSING)], means or {}
    )
