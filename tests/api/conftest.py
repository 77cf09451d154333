"""The door of the tests of this layer, before real engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from ops.embedded import EngineUrls
from tests.api.door import Door, make_door, opened
from tests.api.small_schema import lives, news


@pytest.fixture
def closed_door(tmp_path: Path, engines: EngineUrls) -> Door:
    """An application that nobody has started."""
    return make_door(tmp_path, engines.redis_url)


@pytest.fixture
async def http(closed_door: Door) -> AsyncIterator[httpx.AsyncClient]:
    """A client that meets the application without a network between."""
    async with closed_door.client() as client:
        yield client


@pytest.fixture
async def fresh_door(closed_door: Door) -> AsyncIterator[Door]:
    """A served application of this test's own."""
    async with opened(closed_door):
        yield closed_door


@pytest.fixture
async def told(fresh_door: Door) -> AsyncIterator[Door]:
    """A door with a stream of news; in the end everybody who heard it is gone."""
    await fresh_door.parts.bell.listening()
    with news.fresh():
        yield fresh_door
    await fresh_door.view.connections.all_gone()
    shared = fresh_door.view.shared
    assert (shared.running, shared.alone, lives.generators) == ({}, {}, 0)


@pytest.fixture(scope="session")
async def shared_door(engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Door]:
    async with opened(make_door(tmp_path_factory.mktemp("door"), engines.redis_url)) as door:
        yield door


@pytest.fixture
async def door(shared_door: Door) -> AsyncIterator[Door]:
    """A served application; whatever a test opens on it is closed and gone before the next."""
    yield shared_door
    await shared_door.view.connections.all_gone()
    assert lives.generators == 0
