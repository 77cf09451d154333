"""The guides' blocks are executed by both engines."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ops.embedded import EngineUrls
from tests.engines_alike import assert_alike, comparing_schema
from tests.house import House, open_house


@pytest.fixture
async def own_house(database: str, engines: EngineUrls, tmp_path: Path) -> AsyncIterator[House]:
    """A running house for one test alone."""
    async with open_house(database, engines.redis_url, tmp_path, made=comparing_schema()) as opened:
        yield opened
    assert_alike()
