"""Holding a process to a share of a core (处理器份额), so that a small machine shows what a larger one would.

Linux with version 1 control groups, as root.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup/cpu")
PERIOD = 20_000
"""Microseconds in which each gets its share once."""


@contextmanager
def held(pids: Sequence[int], share: float) -> Iterator[None]:
    """Each of the processes gets so much of a core and no more; call it for processes that end meanwhile."""
    groups = [GROUPS / f"yaolu-bench-{pid}" for pid in pids]
    for pid, group in zip(pids, groups, strict=True):
        group.mkdir()
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(int(PERIOD * share)))
        (group / "cgroup.procs").write_text(str(pid))
    try:
        yield
    finally:
        for pid, group in zip(pids, groups, strict=True):
            # a group goes only when nobody is in it
            (GROUPS / "cgroup.procs").write_text(str(pid))
            group.rmdir()
