"""What the tests of enrolment share."""

from collections.abc import AsyncIterator

import pytest

from models import FaceEnrolment
from tests.house import House


@pytest.fixture
async def nobody_enrolled(house: House) -> AsyncIterator[None]:
    """Nobody is enrolled before a test, nor after it."""
    await FaceEnrolment.all().delete()
    yield
    await FaceEnrolment.all().delete()
