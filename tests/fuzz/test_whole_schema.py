"""Nothing that the schema allows makes the house fail."""

import asyncio

import pytest

from models import Fill, Member, Prescription, Settlement
from tests.house import House
from tests.services.stage import ready_fill, settled_fill, walkers


@pytest.fixture(scope="module")
async def ids(house: House) -> list[str]:
    """Things that are there, to be asked for."""
    way = walkers(house)
    await settled_fill(way)
    await ready_fill(way)
    return [
        str(one.id)
        for model in (Member, Prescription, Fill, Settlement)
        for one in await model.all().limit(2)
    ]


async def test_nothing_the_schema_allows_makes_the_house_fail(house: House, ids: list[str]) -> None:
    # loaded late: half a second, which only the process that asks should spend
    from tests.fuzz.whole_schema import PEOPLE, Fuzz, register

    register(ids)
    fuzz = Fuzz(house.url, {role: house.token(role, subject) for role, subject in PEOPLE.items()})

    await asyncio.to_thread(fuzz.everything)

    assert not fuzz.wrong, "\n".join(fuzz.wrong[:20])
    assert fuzz.ends["DATA"] >= len(PEOPLE)
