"""What the tests of the sample world share."""

import pytest

from ops.world.world import World


@pytest.fixture(scope="session")
def world() -> World:
    """The sample world in its usual size; rows are made anew by each look."""
    return World()
