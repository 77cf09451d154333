"""What every test may ask for."""

import gc
import os
import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from ops.starting import YOUNG_MAX
from tests.engines_fixture import database, engines, module_database, own_redis, template_database
from tests.order import LONGEST_FIRST

if TYPE_CHECKING:
    from ops.embedded import EngineUrls
    from tests.house import House

__all__ = ["database", "engines", "house", "module_database", "own_house", "own_redis", "template_database"]

PROCESSES_MAX = 4

if find_spec("sniffio") is None:
    # httpx would look for it in every folder seven times a request
    sys.modules["sniffio"] = cast(Any, None)

# what is loaded here and by collecting lives to the end: see `pytest_collection_finish`
gc.disable()


def pytest_xdist_auto_num_workers() -> int:
    """One process more than there are processors: tests wait for other processes much of their time."""
    return min((os.cpu_count() or 1) + 1, PROCESSES_MAX)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one at the end."""
    turns = {Path(__file__).parent / name: turn for turn, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


def pytest_collection_finish() -> None:
    """Leave all that is loaded out of every later search for garbage, as our processes do."""
    gc.freeze()
    gc.set_threshold(YOUNG_MAX)
    gc.enable()


@pytest.fixture(scope="module")
async def house(
    module_database: str, engines: "EngineUrls", tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator["House"]:
    """The running house, shared by the tests of a module."""
    # loaded late, here and below: the process that only hands out tests needs none of it
    from tests.house import open_house

    folder: Path = tmp_path_factory.mktemp("house")
    async with open_house(module_database, engines.redis_url, folder) as opened:
        yield opened


@pytest.fixture
async def own_house(database: str, engines: "EngineUrls", tmp_path: Path) -> AsyncIterator["House"]:
    """A running house for one test alone."""
    from tests.house import open_house

    async with open_house(database, engines.redis_url, tmp_path) as opened:
        yield opened
