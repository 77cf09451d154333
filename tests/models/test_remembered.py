"""Remembered statements bring what the mapper itself would bring."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tortoise import Tortoise
from tortoise.expressions import Q, Subquery
from tortoise.models import Model

import models
from models.remembered import Odd, remembered, row_of, rows_of, values_of
from ops.road import FUJIAN, SHANXI
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import PrescriptionState, Role
from services import access
from services.actor import Actor
from tests.house import House
from tests.services.stage import settled_fill, walkers

RULES: dict[Any, Any] = {
    models.Prescription: access.prescriptions_of,
    models.Fill: access.fills_of,
    models.Settlement: access.settlements_of,
    models.Payment: access.payments_of,
}
ACTORS = [
    actor
    for region in (FUJIAN, SHANXI)
    for actor in (
        Actor(Role.PATIENT, "p", member_id=member_id(region.patient)),
        Actor(Role.PHARMACY, "s", institution=region.pharmacy),
        Actor(Role.HOSPITAL, "h", institution=region.hospital),
        Actor(Role.AGENCY, "a", area=cast.FUJIAN_AREA if region is FUJIAN else "140100"),
        Actor(Role.SERVICE, "x"),
    )
] + [Actor(Role.PATIENT, "nobody"), Actor(Role.PATIENT, "new", member_id=uuid4())]


@pytest.fixture(scope="module")
async def world(house: House) -> House:
    """A world in which something has happened."""
    await settled_fill(walkers(house))
    return house


def columns_of(rows: Sequence[Model]) -> list[dict[str, tuple[type, Any]]]:
    """All that the rows hold, with its types."""
    return [{name: (type(value), value) for name, value in vars(row).items()} for row in rows]


async def test_rows_hold_what_the_mapper_puts_into_them(world: House) -> None:
    filled = 0
    for model in Tortoise.apps["models"].values():
        order = (model._meta.pk_attr,)
        rows = await rows_of(model, order=order, limit=20)

        assert columns_of(rows) == columns_of(await model.all().order_by(*order).limit(20)), model
        filled += bool(rows)

    assert filled > 20, "there is too little in the world to compare"


@pytest.mark.parametrize("model", RULES)
async def test_everybody_sees_what_the_mapper_would_show_by_the_same_rule(world: House, model: Any) -> None:
    seen = []
    for _ in range(2):
        for actor in ACTORS:
            rule = await RULES[model](actor, world.now())
            rows = await rows_of(model, rule, order=("id",))

            assert columns_of(rows) == columns_of(await model.filter(rule).order_by("id")), actor
            seen.append(len(rows))

    # nobody has paid online in this world
    if model is not models.Payment:
        assert len(set(seen)) > 1, "all see the same: the world is too small"


async def test_columns_hold_what_the_objects_hold(world: House) -> None:
    filled = 0
    for model in Tortoise.apps["models"].values():
        order, names = (model._meta.pk_attr,), tuple(model._meta.fields_db_projection)
        values = await values_of(model, names=names, order=order, limit=20)

        rows = await model.all().order_by(*order).limit(20)
        whole = [[(type(one), one) for one in map(vars(row).get, names)] for row in rows]
        assert [[(type(one), one) for one in record] for record in values] == whole, model
        filled += bool(values)

    assert filled > 20, "there is too little in the world to compare"


async def test_columns_of_rows_that_are_referred_to_are_theirs(world: House) -> None:
    names = ("state", "hospital__name", "hospital__kind", "doctor__name", "member__area", "id")
    for _ in range(2):
        for actor in ACTORS:
            rule = await access.prescriptions_of(actor, world.now())
            values = await values_of(models.Prescription, rule, names=names, order=("-uploaded_at",), limit=3)

            own = models.Prescription.filter(rule).order_by("-uploaded_at").limit(3).values_list(*names)
            assert [tuple(record) for record in values] == await own, actor


async def test_conditions_of_one_shape_share_a_statement_and_never_their_values(world: House) -> None:
    members = [member_id(FUJIAN.patient), member_id(SHANXI.patient), uuid4()]

    statements = {remembered(models.Member, [Q(id=key)], (), None, []) for key in members}
    found = [await row_of(models.Member, Q(id=key)) for key in members]

    assert len(statements) == 1
    assert [row and row.id for row in found] == [*members[:2], None]


async def test_conditions_of_any_kind_bring_what_the_mapper_brings(world: House) -> None:
    now = world.now()
    some = [row.id for row in await models.Prescription.all()]
    fills = models.Fill.filter(pharmacy_id=FUJIAN.pharmacy).values("prescription_id")
    conditions = [
        Q(),
        Q(id__in=[]),
        Q(id__in=some[:1]),
        Q(id__in=some),
        ~Q(id__in=some),
        Q(id__not_in=some),
        Q(state__in=[PrescriptionState.ACTIVE, PrescriptionState.EXPIRED]),
        ~Q(state=PrescriptionState.ACTIVE) | Q(revoked_at__isnull=True),
        Q(uploaded_at__lt=now, expires_at__gt=now - timedelta(days=30)),
        Q(state="ACTIVE"),
        Q(state__in=["ACTIVE", "EXPIRED"]),
        Q(disease_code=None),
        Q(diagnosis__contains="高"),
        Q(member__area=cast.FUJIAN_AREA) & Q(area=cast.FUJIAN_AREA),
        Q(id__in=Subquery(fills)),
        Q(lines__number=1),
        Q(lines__number__in=[1, 2]) & Q(lines__drug_id=cast.FUJIAN_LINES[0].drug_code),
    ]
    for condition in [*conditions, *conditions]:
        rows = await rows_of(models.Prescription, condition, order=("-uploaded_at", "-id"), limit=5)
        own = models.Prescription.filter(condition).order_by("-uploaded_at", "-id").limit(5)

        assert columns_of(rows) == columns_of(await own), condition.filters


def test_what_the_mapper_writes_out_is_not_remembered() -> None:
    with pytest.raises(Odd):
        remembered(models.Prescription, [Q(id__in=Subquery(models.Fill.all()))], (), None, [])
