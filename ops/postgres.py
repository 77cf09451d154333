"""The embedded PostgreSQL (内置数据库): the wheel's programs, driven here so that every end is a clean one.

The wheel's own Python server is not used: as root it opens every parent folder of the data to everybody and
adds a system user, and it counts its users in a file that a killed process never leaves.
"""

import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from pwd import struct_passwd
from urllib.parse import quote

from ops.reach import Place, find_place
from ops.servers import (
    STOP_SECONDS_MAX,
    EngineError,
    Server,
    as_user,
    launch,
    server_environment,
    socket_folder,
    wait_until_ready,
)

DATABASE = "yaolu"
MAJOR = "18"
# one order of text everywhere, whatever the machine's locale
INITDB_OPTIONS = (
    *("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-instructions"),
    *("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
)
SETTINGS = {
    "listen_addresses": "",
    "log_timezone": "UTC",
    "max_connections": "200",
    "unix_socket_permissions": "0700",
}
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start_postgres(folder: Path, *, fast: bool) -> Server:
    """Start PostgreSQL on the data under `folder`, made when there is none (启动数据库)."""
    place = find_place(folder)
    if not place.data.exists():
        make_cluster(place, fast=fast)
    check_version(place.data)
    end_leftover(place.data)
    sockets = socket_folder(place.folder, place.user)
    settings = SETTINGS | (FAST if fast else {})
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [str(place.programs / "postgres"), "-D", str(place.data), "-k", str(sockets), *options]
    log = folder / "server.log"
    process = launch(command, log, user=place.user, stop_signal=signal.SIGINT)
    wait_until_ready(process, lambda: is_ready(place.data, process.pid), log)
    url = f"asyncpg://postgres:@/{DATABASE}?host={quote(str(sockets))}"
    return Server(process, url, signal.SIGINT, sockets, place.note)


def make_cluster(place: Place, *, fast: bool) -> None:
    """Make the data folder beside its place and move it there: a half-made one is never used (初始化)."""
    draft = place.folder / "data.new"
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(mode=0o700)
    if place.user is not None:
        os.chown(draft, place.user.pw_uid, place.user.pw_gid)
    sync = ["--no-sync"] if fast else []
    run([str(place.programs / "initdb"), "-D", str(draft), *INITDB_OPTIONS, *sync], place.user)
    single = [str(place.programs / "postgres"), "--single", "-D", str(draft), "postgres"]
    run(single, place.user, f"CREATE DATABASE {DATABASE};\n")
    draft.rename(place.data)


def run(command: Sequence[str], user: struct_passwd | None, question: str = "") -> None:
    """Run a program of PostgreSQL to its end; raise with what it said (运行程序)."""
    done = subprocess.run(
        command,
        input=question.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd="/",
        env=server_environment(),
        check=False,
        **as_user(user),
    )
    if done.returncode != 0 or b"ERROR:" in done.stdout:
        raise EngineError(f"{Path(command[0]).name} failed:\n{done.stdout.decode(errors='replace')[-1000:]}")


def check_version(data: Path) -> None:
    """Refuse data of another major release (数据版本不符)."""
    version = (data / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise EngineError(f"{data} was made by PostgreSQL {version}, this is {MAJOR}; move it away.")


def end_leftover(data: Path) -> None:
    """Stop a server that outlived its keeper; forget a pid that is no server's any more (清理残留)."""
    pid_file = data / "postmaster.pid"
    if not pid_file.exists():
        return
    import psutil  # half the keeper's start-up time, and seldom needed

    try:
        leftover = psutil.Process(int(pid_file.read_text().split("\n", 1)[0]))
        if str(data) in leftover.cmdline():
            leftover.send_signal(signal.SIGINT)
            leftover.wait(STOP_SECONDS_MAX)
            return
    except psutil.TimeoutExpired as error:
        raise EngineError(f"PostgreSQL {error.pid} on {data} does not stop; end it by hand.") from error
    except (psutil.Error, ValueError):
        pass
    # a zombie, or after a restart anybody's number: PostgreSQL would take either for a server of its own
    pid_file.unlink(missing_ok=True)


def is_ready(data: Path, pid: int) -> bool:
    """Whether the server we started takes connections (是否就绪)."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return False
    return len(lines) >= 8 and lines[0] == str(pid) and lines[7].strip() == "ready"
