"""A real streaming replica of the tests' embedded PostgreSQL."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ops.databases import connection_options
from ops.postgres import FAST, run
from ops.reach import find_place
from ops.servers import launch, socket_folder, wait_until_ready


@contextmanager
def replica_of(database_url: str, folder: Path) -> Iterator[str]:
    """The same database at a replica that follows, for the length of the block (流复制副本)."""
    to = connection_options(database_url)
    place = find_place(folder)
    place.data.mkdir(mode=0o700)
    if place.user is not None:
        os.chown(place.data, place.user.pw_uid, place.user.pw_gid)
    source = ["-h", str(to["host"]), "-p", str(to["port"] or 5432), "-U", str(to["user"])]
    copy = [str(place.programs / "pg_basebackup"), "-D", str(place.data), "-R", "-X", "stream", "-c", "fast"]
    run([*copy, "--no-sync", *source], place.user)
    sockets = socket_folder(place.folder, place.user)
    settings = {"listen_addresses": "", "max_connections": "200", "hot_standby": "on", **FAST}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [str(place.programs / "postgres"), "-D", str(place.data), "-k", str(sockets), *options]
    log = folder / "replica.log"
    process = launch(command, log, user=place.user, stop_signal=signal.SIGINT)

    def follows() -> bool:
        pid_file = place.data / "postmaster.pid"
        lines = pid_file.read_text().splitlines() if pid_file.exists() else []
        return len(lines) >= 8 and lines[7].strip() in ("standby", "ready")

    wait_until_ready(process, follows, log)
    try:
        yield f"asyncpg://{to['user']}:@/{to['database']}?host={sockets}"
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)
