"""The mean of an area's enrolled faces (人脸特征均值): computed from templates, one row per version."""

import random
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from models import FaceMean, FaceTemplate
from policy.identifiers import pooling_area
from policy.terms import EnrolmentState, Role
from services.face_templates import sealed, vector_of
from services.use_case import Work, use_case

PEOPLE_MAX = 500
"""So many people make a mean that moves no more; more would only cost time."""

LIFE = timedelta(days=1)
GROWTH = 1.5
"""A mean is made anew a day later, or as soon as there are so many times its people."""

STALE = timedelta(days=7)
"""A mean that nobody renews is not used for longer: too few are enrolled now, or no worker makes means."""


async def newest_mean(area: str, engine: str, model_version: str, now: datetime) -> FaceMean | None:
    """The newest mean (最新均值) of an area's faces by this very model, unless it is out of date."""
    rows = FaceMean.filter(
        area=pooling_area(area), engine=engine, model_version=model_version, made_at__gt=now - STALE
    )
    return await rows.order_by("-version").first()


async def people_by_area(engine: str, model_version: str) -> dict[str, list[UUID]]:
    """Who has a usable template (已有特征的参保人), by pooling area."""
    found: dict[str, list[UUID]] = {}
    rows = FaceTemplate.filter(
        engine=engine,
        model_version=model_version,
        unusable="",
        enrolment__withdrawn_at__isnull=True,
        enrolment__state=EnrolmentState.ACTIVE,
    )
    pairs = await rows.distinct().values_list("member_id", "member__area")
    for member_id, area in sorted(pairs):
        found.setdefault(pooling_area(area), []).append(member_id)
    return found


def is_due(mean: FaceMean | None, people: int, now: datetime) -> bool:
    """Whether a mean is to be made anew (待更新)."""
    if mean is None:
        return True
    return mean.made_at + LIFE <= now or min(people, PEOPLE_MAX) >= GROWTH * mean.people


@use_case("makeFaceMean", FaceMean)
async def make_mean(
    work: Work, area: str, engine: str, model_version: str, people: Sequence[UUID]
) -> FaceMean:
    """Make the next version of an area's mean (更新均值), every person weighing the same.

    The rows of the area's earlier means are locked, so that two workers make two versions and not one twice.
    """
    work.call.require("更新人脸特征均值", Role.SERVICE)
    earlier = await FaceMean.filter(area=area, engine=engine).select_for_update().order_by("-version").first()
    # A fixed seed: the same people give the same sample.
    chosen = random.Random(area).sample(list(people), min(len(people), PEOPLE_MAX))
    rows = await FaceTemplate.filter(
        member_id__in=chosen, engine=engine, model_version=model_version, unusable=""
    )
    keys = work.call.tools.keys
    by_person: dict[UUID, list[list[float]]] = {}
    for row in rows:
        assert row.vector_sealed is not None
        by_person.setdefault(row.member_id, []).append(vector_of(keys, row.id, row.vector_sealed))
    mean_id = uuid4()
    return await FaceMean.create(
        id=mean_id,
        area=area,
        engine=engine,
        model_version=model_version,
        version=earlier.version + 1 if earlier else 1,
        people=len(by_person),
        vector_sealed=sealed(keys, mean_of(mean_of(own) for own in by_person.values()), mean_id),
        made_at=work.now,
    )


def mean_of(vectors: Iterable[Sequence[float]]) -> list[float]:
    """The mean of vectors (均值), number by number."""
    columns = list(zip(*vectors, strict=True))
    return [sum(column) / len(column) for column in columns]
