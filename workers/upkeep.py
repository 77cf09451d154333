"""The worker's round over enrolled faces (特征维护): templates that are missing, means that are due."""

from collections.abc import Collection
from uuid import UUID

from tortoise.expressions import Subquery

from engines.logs import log_fault
from models import FaceEnrolment, FaceTemplate
from policy.calendar import shanghai_day
from policy.faces import face_law
from policy.parameters import ParameterNotFound
from services.face_means import is_due, make_mean, newest_mean, people_by_area
from services.face_subjects import Enrolled
from workers.jobs import Bench
from workers.templates import CENTRED_ENGINES, make_templates

BATCH = 20


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
