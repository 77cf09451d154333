"""What the storms share."""

from collections.abc import AsyncIterator

import pytest

from tests.storm.killed import seen_past_the_api


@pytest.fixture
async def tables(database: str) -> AsyncIterator[None]:
    """The tables, seen past the API."""
    async with seen_past_the_api(database):
        yield
