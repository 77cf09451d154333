"""The numbers of enrolled faces (人脸特征模板), made where missing, and the means to compare with."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

from engines.images import ImageMissing
from engines.pictures import Reason, Unusable
from models import FaceTemplate
from policy.faces import FaceLaw
from services.face_means import newest_mean
from services.face_subjects import Enrolled
from services.face_templates import EnrolmentWithdrawn, Made, store, templates_of, vector_of
from workers.faces.compare import Mean
from workers.faces.result import Seen, Sight
from workers.jobs import Bench

CENTRED_ENGINES = ("dlib",)

Numbers = dict[str, Sequence[float] | Reason]
"""What each engine has of one enrolled face (底照特征), or why it has nothing."""

_OF_THE_ENGINE = {Reason.ENGINE_TIMEOUT, Reason.ENGINE_FAILED}


class CopyShown(Exception):
    """The live picture is the file of the reference itself (翻用底照)."""


async def known_faces(
    bench: Bench, enrolled: Sequence[Enrolled], engines: Sequence[str], live_sha256: str
) -> list[Numbers]:
    """The numbers of enrolled faces (底照特征), made now where they are missing or of another model.

    Raises `CopyShown`, and `Unusable` when the engine does not answer.
    """
    rows = await templates_of({one.member_id for one in enrolled})
    known = []
    for one in enrolled:
        current = {row.engine: row for row in rows if row.enrolment_id == one.id and is_current(bench, row)}
        missing = [engine for engine in engines if engine not in current]
        current |= await make_templates(bench, one, missing) if missing else {}
        if any(row.picture_sha256 == live_sha256 for row in current.values()):
            raise CopyShown
        known.append({engine: numbers_of(bench, current.get(engine)) for engine in engines})
    return known


def is_current(bench: Bench, row: FaceTemplate) -> bool:
    """Whether a template is of the present model (模型未变); a picture that was gone may be back."""
    is_lost = row.unusable == Reason.REFERENCE_MISSING
    return row.model_version == bench.faces.models.get(row.engine) and not is_lost


def numbers_of(bench: Bench, row: FaceTemplate | None) -> Sequence[float] | Reason:
    """The numbers of a template (人脸特征), or why there are none."""
    if row is None:
        return Reason.REFERENCE_MISSING
    if row.vector_sealed is None:
        return Reason(row.unusable)
    return vector_of(bench.tools.keys, row.id, row.vector_sealed)


async def make_templates(bench: Bench, one: Enrolled, engines: Sequence[str]) -> dict[str, FaceTemplate]:
    """Make and keep the numbers of an enrolled picture (生成人脸特征); none once consent is withdrawn."""
    try:
        picture = await bench.tools.images.get(one.image_key)
        sight = await seen(bench, picture, engines)
        digest = hashlib.sha256(picture).hexdigest()
    except ImageMissing:
        sight, digest = dict.fromkeys(engines, Reason.REFERENCE_MISSING), ""
    rows = {}
    for engine, found in sight.items():
        made = Made(engine, bench.faces.models[engine], digest)
        made = (
            replace(made, vector=found.vector) if isinstance(found, Seen) else replace(made, unusable=found)
        )
        try:
            rows[engine] = await store(bench.call(), enrolment_id=one.id, made=made)
        except EnrolmentWithdrawn:
            return {}
    return rows


async def seen(bench: Bench, picture: bytes, engines: Sequence[str]) -> Sight:
    """What the engines see on an enrolled picture (各引擎所见); raises `Unusable` when they do not answer."""
    try:
        return await bench.faces.read(picture, engines)
    except Unusable as unusable:
        if unusable.reason in _OF_THE_ENGINE:
            raise
        return dict.fromkeys(engines, unusable.reason)


async def means_of(bench: Bench, law: FaceLaw) -> dict[str, Mean]:
    """The means to compare against in an area (区域均值), where enough people are enrolled."""
    means = {}
    for engine in law.engines:
        if engine not in CENTRED_ENGINES:
            continue
        row = await newest_mean(law.area, engine, bench.faces.models[engine], bench.now())
        if row is not None and row.people >= law.mean_people_min:
            means[engine] = Mean(row.version, vector_of(bench.tools.keys, row.id, row.vector_sealed))
    return means
