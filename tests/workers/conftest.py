"""One pool and the portraits for all tests of faces."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

import settings
from ops.portraits import fetch
from workers.faces.pool import FacePool


@pytest.fixture(scope="session")
def portraits() -> dict[str, bytes]:
    """The portraits' files by name; fetched once per machine."""
    folder: Path = settings.YAOLU_HOME / "portraits"
    return {name: path.read_bytes() for name, path in fetch(folder).items()}


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def pool() -> AsyncIterator[FacePool]:
    """A pool of one child with both engines and their real models."""
    pool = FacePool(engines=("dlib", "sface"))
    await pool.start()
    yield pool
    await pool.stop()
