"""Who used the processor (处理器时间): a busy machine stretches seconds, but not these."""

import os
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")


def processor_seconds(database: str) -> tuple[float, float, float]:
    """Seconds so far: of this process, of its ended children, of PostgreSQL's backends for a database."""
    times = os.times()
    ticks = sum(backend_ticks(process, database) for process in Path("/proc").glob("[0-9]*"))
    return times.user + times.system, times.children_user + times.children_system, ticks / TICKS


def backend_ticks(process: Path, database: str) -> int:
    """Ticks of one process if it serves this database, else none."""
    try:
        if database.encode() not in (process / "cmdline").read_bytes().split():
            return 0
        # what comes after the name in brackets begins with the third field of proc(5)
        fields = (process / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return int(fields[11]) + int(fields[12])
