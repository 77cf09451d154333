"""Where the engines of a test keep what they keep (引擎目录): in memory, where there is room."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.embedded import discard_engines

MEMORY = Path("/dev/shm")
ROOM = 3 * 1024**3
"""What several test processes may need together."""


@contextmanager
def engines_home() -> Iterator[Path]:
    """A folder for engines that goes with them.

    Not pytest's temporary folder: as root that is closed to the user PostgreSQL runs as.
    """
    with tempfile.TemporaryDirectory(
        prefix="yaolu-tests-", dir=memory(), ignore_cleanup_errors=True
    ) as folder:
        home = Path(folder)
        home.chmod(0o711)
        yield home
        discard_engines(home)


def memory() -> Path | None:
    """The folder that lies in memory (内存盘); a database is copied there in a tenth of the time."""
    if not os.access(MEMORY, os.W_OK | os.X_OK):
        return None
    there = os.statvfs(MEMORY)
    # as root the server's programs may have to be copied beside its data, and run from there
    is_closed = os.geteuid() == 0 and there.f_flag & os.ST_NOEXEC
    has_room = there.f_bavail * there.f_frsize >= ROOM
    return MEMORY if has_room and not is_closed else None
