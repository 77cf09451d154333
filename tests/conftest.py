"""What every test may ask for."""

import sys
from collections.abc import AsyncIterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import pytest

from ops.embedded import EngineUrls
from tests.engines_fixture import database, engines, module_database, template_database
from tests.house import House, open_house
from tests.order import LONGEST_FIRST

__all__ = ["database", "engines", "house", "module_database", "own_house", "template_database"]

if find_spec("sniffio") is None:
    # httpx would look for it in every folder seven times a request
    sys.modules["sniffio"] = cast(Any, None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the files that take long, so that no process is left with one at the end."""
    turns = {Path(__file__).parent / name: turn for turn, name in enumerate(LONGEST_FIRST)}
    items.sort(key=lambda item: turns.get(item.path, len(turns)))


@pytest.fixture(scope="module")
async def house(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The running house, shared by the tests of a module."""
    folder: Path = tmp_path_factory.mktemp("house")
    async with open_house(module_database, engines.redis_url, folder) as opened:
        yield opened


@pytest.fixture
async def own_house(database: str, engines: EngineUrls, tmp_path: Path) -> AsyncIterator[House]:
    """A running house for one test alone."""
    async with open_house(database, engines.redis_url, tmp_path) as opened:
        yield opened
