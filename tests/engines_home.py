"""Where the engines of a test keep what they keep (引擎目录): in memory, where there is room."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ops.embedded import discard_engines
from ops.locks import try_lock

MEMORY = Path("/dev/shm")
ROOM = 3 * 1024**3
"""What several test processes may need together."""

PREFIX = "yaolu-tests-"
USED = "used"
"""A file that its process holds locked as long as it lives."""


@contextmanager
def engines_home() -> Iterator[Path]:
    """A folder for engines that goes with them.

    Not pytest's temporary folder: as root that is closed to the user PostgreSQL runs as.
    """
    in_memory = memory()
    if in_memory:
        sweep(in_memory)
    with tempfile.TemporaryDirectory(prefix=PREFIX, dir=in_memory, ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        home.chmod(0o711)
        with (home / "new").open("a") as used:
            try_lock(used)
            # nobody finds it before it is locked
            (home / "new").rename(home / USED)
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


def sweep(folder: Path) -> None:
    """Remove what killed processes left: memory is not given back by itself (清理残留)."""
    for left in folder.glob(f"{PREFIX}*"):
        with suppress(OSError), (left / USED).open("r+") as used:
            if try_lock(used):
                discard_engines(left)
                shutil.rmtree(left, ignore_errors=True)
