"""What a long-lived process leaves out of its searches for garbage."""

import gc
from collections.abc import Iterator

import pytest

from ops.starting import starting


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """The collector as it was."""
    threshold, was_frozen = gc.get_threshold(), gc.get_freeze_count()
    yield
    gc.enable()
    gc.set_threshold(*threshold)
    if not was_frozen:
        gc.unfreeze()


def test_what_is_there_after_the_start_is_not_searched_again() -> None:
    with starting():
        kept = [[number] for number in range(1000)]

    assert gc.isenabled()
    assert not any(one is kept for one in gc.get_objects())


def test_a_start_that_fails_leaves_the_collector_on() -> None:
    with pytest.raises(ZeroDivisionError), starting():
        1 / 0  # noqa: B018

    assert gc.isenabled()
