"""Who sends something wrong, and about what."""

import pytest

from ops import road_documents as documents
from ops.client import Json
from ops.road import Road
from tests.house import House
from tests.services.stage import ready_fill, walkers


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def fill(way: Road) -> Json:
    """One fill of the patient, ready."""
    return await ready_fill(way)


@pytest.fixture(scope="module")
async def requested(way: Road) -> Json:
    """A fill that waits for its review, and its lines."""
    fill = await way.request((await way.upload())["id"])
    found = await way.pharmacy.execute(documents.FILL_LINES, {"id": fill["id"]})
    return fill | {"lines": found["fill"]["lines"]}
