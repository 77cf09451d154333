"""The numbers of enrolled faces (人脸特征模板): made at first use or by the worker's round; their means."""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import replace
from uuid import UUID

from tortoise.expressions import Subquery

from engines.images import ImageMissing
from engines.logs import log_fault
from engines.pictures import Reason, Unusable
from models import FaceEnrolment, FaceTemplate
from policy.calendar import shanghai_day
from policy.faces import FaceLaw, face_law
from policy.parameters import ParameterNotFound
from services.face_means import is_due, make_mean, newest_mean, people_by_area
from services.face_subjects import Enrolled
from services.face_templates import EnrolmentWithdrawn, Made, store, templates_of, vector_of
from workers.faces.compare import Mean
from workers.faces.result import Seen, Sight
from workers.jobs import Bench

CENTRED_ENGINES = ("dlib",)
BATCH = 20

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
        current = {
            row.engine: row
            for row in rows
            if row.enrolment_id == one.id and row.model_version == bench.faces.models.get(row.engine)
        }
        missing = [engine for engine in engines if engine not in current]
        current |= await make_templates(bench, one, missing) if missing else {}
        if any(row.picture_sha256 == live_sha256 for row in current.values()):
            raise CopyShown
        known.append({engine: numbers_of(bench, current.get(engine)) for engine in engines})
    return known


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


class Upkeep:
    """The round that makes missing templates and means (特征维护); what failed waits for its first use."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._failed: set[UUID] = set()

    async def round(self) -> int:
        """Make what is missing, a few at a time, so that checks need not wait; gives how many."""
        made = 0
        for engine, model in self._bench.faces.models.items():
            for row in await without_template(engine, model, self._failed):
                await self._make(Enrolled(row.id, row.member_id, row.image_key), engine)
                made += 1
        for engine in CENTRED_ENGINES:
            if engine in self._bench.faces.models:
                await make_means(self._bench, engine)
        return made

    async def _make(self, one: Enrolled, engine: str) -> None:
        try:
            await make_templates(self._bench, one, [engine])
        # An edge: one picture that cannot be had or read must not keep the others from their turn.
        except Exception as error:
            self._failed.add(one.id)
            log_fault("face_template.failed", error, enrolment=str(one.id), engine=engine)


async def without_template(engine: str, model: str, but: Collection[UUID]) -> list[FaceEnrolment]:
    """Enrolments that an engine has no numbers of by its present model (待生成特征的建档)."""
    done = FaceTemplate.filter(engine=engine, model_version=model).values("enrolment_id")
    rows = FaceEnrolment.filter(withdrawn_at__isnull=True).exclude(id__in=Subquery(done))
    if but:
        rows = rows.exclude(id__in=list(but))
    return await rows.order_by("consented_at").limit(BATCH)


async def make_means(bench: Bench, engine: str) -> None:
    """Make the means that are due (更新均值), of areas with enough people."""
    model, now = bench.faces.models[engine], bench.now()
    for area, people in (await people_by_area(engine, model)).items():
        try:
            enough = face_law(area, shanghai_day(now)).mean_people_min
        except ParameterNotFound:
            continue
        if len(people) >= enough and is_due(await newest_mean(area, engine, model, now), len(people), now):
            await make_mean(bench.call(), area=area, engine=engine, model_version=model, people=people)
