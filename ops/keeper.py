"""The keeper (看护进程): a process that owns one engine and ends when nobody uses the engine any more.

Three lock files in the engine's folder say everything: `users`, shared by every process that uses the engine;
`keeper`, held by the keeper as long as it lives; `door`, held by whoever comes in, goes out or closes, so
that these never meet. It imports little, so it starts quickly.
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import IO

from ops.locks import try_lock
from ops.postgres import start_postgres
from ops.servers import EngineError, Server, start_valkey

ENGINES = {"postgres": start_postgres, "valkey": start_valkey}


def keep(engine: str, folder: Path, *, fast: bool) -> int:
    """The keeper's life: start the engine, say where it is, watch until nobody uses it, stop it (看护)."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    told_to_stop = Event()
    with (folder / "door").open("a") as door, (folder / "users").open("a") as users:
        try:
            server = ENGINES[engine](folder, fast=fast)
        except (EngineError, OSError, subprocess.SubprocessError) as error:
            write_state(folder, error=f"{engine} does not start. {error}")
            return 1
        # raised by a handler inside Popen.wait, an exception would leave its lock taken: `stop` would hang
        signal.signal(signal.SIGTERM, lambda *_: told_to_stop.set())
        try:
            write_state(folder, url=server.url, note=server.note, pid=os.getpid(), server=server.process.pid)
            while not (told_to_stop.is_set() or has_ended(server) or is_abandoned(door, users)):
                pass
        finally:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            (folder / "state.json").unlink(missing_ok=True)
            server.stop()
    return 0


def has_ended(server: Server) -> bool:
    """Whether the server ends within half a second (引擎是否退出)."""
    with suppress(subprocess.TimeoutExpired):
        server.process.wait(0.5)
        return True
    return False


def is_abandoned(door: IO[str], users: IO[str]) -> bool:
    """Whether the last user has gone without a word; if so the door stays shut (是否无人使用)."""
    if not try_lock(door):
        return False
    if try_lock(users):
        return True
    fcntl.flock(door, fcntl.LOCK_UN)
    return False


def write_state(folder: Path, **state: object) -> None:
    """Tell the users, all at once (写状态)."""
    draft = folder / "state.json.new"
    draft.write_text(json.dumps(state))
    draft.replace(folder / "state.json")


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1], Path(sys.argv[2]), fast=sys.argv[3] == "fast"))
