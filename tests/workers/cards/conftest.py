"""One reader with the real engine for all: its child takes seconds to start."""

from collections.abc import AsyncIterator

import pytest

from workers.cards.reader import CardReader


@pytest.fixture(scope="session")
async def reader() -> AsyncIterator[CardReader]:
    """The reader; its child starts with the first card."""
    reader = CardReader()
    assert reader.pid is None
    yield reader
    await reader.stop()
    assert reader.pid is None
