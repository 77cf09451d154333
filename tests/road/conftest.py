"""The road's documents are executed by both engines."""

from collections.abc import AsyncIterator

import pytest

from ops.embedded import EngineUrls
from tests.engines_alike import assert_alike, comparing_schema
from tests.house import House, open_house


@pytest.fixture(scope="module")
async def house(
    module_database: str, engines: EngineUrls, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[House]:
    """The running house, shared by the tests of a module."""
    folder = tmp_path_factory.mktemp("house")
    async with open_house(module_database, engines.redis_url, folder, made=comparing_schema()) as opened:
        yield opened
    assert_alike()
