"""What the tests of supervision share."""

import pytest

from tests.house import House
from tests.supervision.people import People, people


@pytest.fixture(scope="module")
def here(house: House) -> People:
    """Everybody."""
    return people(house)
