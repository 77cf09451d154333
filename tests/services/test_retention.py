"""Pictures go when their time is over, and what nobody names goes too."""

import asyncio
import os
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tortoise.models import Model
from tortoise.transactions import in_transaction

import models
from engines.images import ImageMissing, ImageStore
from models import (
    AuditEntry,
    FaceEnrolment,
    IdentityImage,
)
from ops import road_documents as documents
from ops.road import FUJIAN
from ops.world.ids import member_id
from policy.calendar import shanghai_day
from services import retention
from services.actor import Call
from services.retention import Terms, folder_of, purge, purge_due, sweep_orphans
from tests.house import House
from tests.road.walk import Walk, picture

PATIENT = member_id(FUJIAN.patient)
TERMS = Terms(events=timedelta(days=180), idempotency=timedelta(days=30))


@pytest.fixture(scope="module")
async def images(house: House) -> list[IdentityImage]:
    """The pictures of a check: the face and the card."""
    walk = Walk(house, FUJIAN)
    fill = await walk.request(await walk.upload())
    pictures = dict.fromkeys(("live", "card"), picture())
    check = await walk.counter().upload(documents.CHECK_FACE, pictures, fillId=fill["id"])
    return await IdentityImage.filter(check_row_id=check["id"]).order_by("kind")


async def is_there(house: House, key: str) -> bool:
    """Whether a picture lies in the store."""
    try:
        await house.tools.images.get(key)
    except ImageMissing:
        return False
    return True


def at(house: House, day: Any, hour: int) -> Call:
    """A call on a day, at an hour of Beijing."""
    moment = datetime.combine(day, datetime.min.time(), house.now().tzinfo) + timedelta(hours=hour - 8)
    return replace(house.call(), now=moment)


async def test_a_picture_is_kept_to_its_last_day_and_then_goes_on_record(
    house: House, images: list[IdentityImage]
) -> None:
    day = images[0].kept_until
    assert day >= shanghai_day(house.now()) + timedelta(days=184)

    early = await purge_due(at(house, day, 23))
    both = await asyncio.gather(*(purge_due(at(house, day + timedelta(days=1), 1)) for _ in range(2)))
    later = await purge_due(at(house, day + timedelta(days=2), 1))

    assert (early, sum(both), later) == (0, 2, 0)
    for image in images:
        assert not await is_there(house, image.image_key)
        row = await IdentityImage.get(id=image.id)
        assert row.purged_at is not None
        assert row.sha256 == image.sha256
        assert await AuditEntry.filter(verb="purgeIdentityImage", subject=str(image.id)).count() == 1


@pytest.fixture
async def due(house: House, images: list[IdentityImage]) -> list[IdentityImage]:
    """Two more pictures whose time is over."""
    rows = []
    for kind in ("LIVE", "CARD"):
        key = await house.tools.images.put(picture())
        rows.append(
            await IdentityImage.create(
                check_row_id=images[0].check_row_id,
                kind=kind,
                image_key=key,
                sha256="0" * 64,
                kept_until=shanghai_day(house.now()) - timedelta(days=1),
            )
        )
    return rows


class Failing:
    """A store that loses its connection over one picture (影像库故障)."""

    def __init__(self, images: Any, key: str) -> None:
        self.images, self.key = images, key

    async def delete(self, key: str) -> None:
        """Forget a picture, and for that one fail afterwards."""
        await self.images.delete(key)
        if key == self.key:
            raise ConnectionError("the store went away")


async def test_a_purge_that_breaks_off_is_finished_by_the_next(
    house: House, due: list[IdentityImage]
) -> None:
    call = house.call()
    failing: Any = Failing(call.tools.images, due[0].image_key)

    with pytest.raises(ExceptionGroup):
        await purge_due(replace(call, tools=replace(call.tools, images=failing)))
    between = [(await IdentityImage.get(id=row.id)).purged_at for row in due]
    again = await purge_due(call)

    assert between[0] is None, "a row never says that a picture is gone which may be there"
    assert between[1] is not None, "one that fails keeps no other"
    assert again == 1
    assert [await is_there(house, row.image_key) for row in due] == [False, False]


async def test_a_row_that_another_worker_purges_is_left_to_it(house: House, due: list[IdentityImage]) -> None:
    locked = asyncio.Event()

    async def other() -> bool:
        await locked.wait()
        return await purge(house.call(), IdentityImage, due[0].id)

    other_worker = asyncio.create_task(other())
    async with in_transaction():
        await IdentityImage.select_for_update().get(id=due[0].id)
        locked.set()
        async with asyncio.timeout(5):
            assert await other_worker is False

    assert await purge(house.call(), IdentityImage, due[0].id) is True


def test_every_column_that_names_a_picture_is_known_to_the_sweeper() -> None:
    tables: list[type[Model]] = [getattr(models, name) for name in models.__all__]
    columns = {(table, name) for table in tables for name in table._meta.db_fields if "image_key" in name}

    assert columns == set(retention.IMAGE_KEYS), "or the sweeper would remove its pictures"


async def test_orphans_of_a_killed_process_are_swept_and_nothing_else(
    house: House, due: list[IdentityImage]
) -> None:
    store = house.tools.images
    assert isinstance(store, ImageStore)
    root = Path(str(store._store.prefix))  # type: ignore[union-attr]  # a folder in tests
    enrolled = await store.put(picture())
    await FaceEnrolment.create(
        member_id=PATIENT, image_key=due[0].image_key, second_image_key=enrolled, consented_at=house.now()
    )
    orphan, fresh = [await store.put(picture()) for _ in range(2)]
    kept = [due[0].image_key, due[1].image_key, enrolled]
    old = (house.now() - timedelta(hours=25)).timestamp()
    for key in [*kept, orphan]:
        os.utime(root / key, (old, old))

    swept = [await sweep_orphans(house.call(), f"{number:02x}") for number in range(256)]

    assert sum(swept) == 1
    assert not await is_there(house, orphan)
    assert all([await is_there(house, key) for key in [*kept, fresh]])
    assert await AuditEntry.filter(verb="sweepOrphanImage", subject=orphan).count() == 1
    await FaceEnrolment.filter(second_image_key=enrolled).delete()


def test_every_folder_has_its_turn_within_a_day(house: House) -> None:
    start = house.now()

    turns = {folder_of(start + timedelta(minutes=minutes)) for minutes in range(0, 24 * 60, 5)}

    assert len(turns) == 256
    assert all(len(turn) == 2 for turn in turns)
