"""What every test may ask for."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.embedded import EngineUrls
from tests.engines_fixture import database, engines, module_database, template_database
from tests.house import House, open_house

__all__ = ["database", "engines", "house", "module_database", "own_house", "template_database"]


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
