"""Starting a long-lived process (启动): what is loaded stays, so nobody searches it for garbage."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNG_MAX = 10_000
"""So many new objects are looked through for garbage at once; one answer makes some thousands that live."""


@contextmanager
def starting() -> Iterator[None]:
    """Load and build without the search for garbage, and leave out of every later one what is there then.

    Modules and the schema are some 200,000 objects that live to the end: a full search among them holds every
    request up for a tenth of a second.
    """
    gc.disable()
    try:
        yield
        gc.freeze()
        gc.set_threshold(YOUNG_MAX)
    finally:
        gc.enable()
