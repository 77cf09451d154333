"""The lease of an engine (引擎租用): who uses an engine holds one, the last to end stops it."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import structlog

from ops.locks import is_held, locked, try_lock
from ops.servers import START_SECONDS_MAX, STOP_SECONDS_MAX, EngineError, tail

PROJECT = Path(__file__).resolve().parent.parent
log = structlog.get_logger("yaolu.engines")


@contextmanager
def leased(engine: str, engines: Path, *, fast: bool = False) -> Iterator[str]:
    """The address of an engine that runs at least for the length of the block (使用引擎)."""
    folder = engines / engine
    try:
        folder.mkdir(parents=True, exist_ok=True)
        users = (folder / "users").open("a")
    except OSError as error:
        advice = "Run as the folder's owner or set YAOLU_HOME."
        raise EngineError(f"{engine} cannot use {folder}: {error.strerror}. {advice}") from error
    keeper: subprocess.Popen[bytes] | None = None
    with users:
        with locked(folder / "door"):
            fcntl.flock(users, fcntl.LOCK_SH)
            state = wait_for_state(folder)
            if state is None:
                keeper, state = start_keeper(engine, folder, fast=fast)
        try:
            yield state["url"]
        finally:
            leave(folder, users, keeper)


def start_keeper(engine: str, folder: Path, *, fast: bool) -> tuple[subprocess.Popen[bytes], dict[str, Any]]:
    """Start the keeper and wait until its engine is ready (启动看护进程)."""
    began = time.monotonic()
    (folder / "state.json").unlink(missing_ok=True)
    with (folder / "keeper.log").open("wb") as output, (folder / "keeper").open("a") as life:
        fcntl.flock(life, fcntl.LOCK_EX)
        keeper = subprocess.Popen(
            [sys.executable, "-m", "ops.keeper", engine, str(folder), "fast" if fast else "safe"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=PROJECT,
            start_new_session=True,  # Ctrl-C is for us; the engine stops after us
            pass_fds=[life.fileno()],  # the lock lives exactly as long as the keeper
        )
    try:
        state = wait_for_state(folder)
        if state is None:
            # it may have said why, and ended, between two looks
            said(folder)
            raise EngineError(f"{engine} does not start: {tail(folder / 'keeper.log')}")
    except BaseException:
        keeper.terminate()
        keeper.wait()
        raise
    log.info("engine started", engine=engine, folder=str(folder), seconds=round(time.monotonic() - began, 2))
    if state["note"]:
        log.info("engine data are elsewhere", engine=engine, note=state["note"])
    return keeper, state


def wait_for_state(folder: Path) -> dict[str, Any] | None:
    """What the keeper says of its engine when that is ready; nothing when there is no keeper (等待引擎)."""
    deadline = time.monotonic() + 2 * START_SECONDS_MAX
    while is_held(folder / "keeper"):
        if (state := said(folder)) is not None:
            return state
        if time.monotonic() > deadline:
            raise EngineError(f"{folder} stays silent: {tail(folder / 'keeper.log')}")
        time.sleep(0.01)
    return None


def said(folder: Path) -> dict[str, Any] | None:
    """What the keeper has said, if anything (看护进程的话); raise EngineError when it has failed."""
    try:
        state: dict[str, Any] = json.loads((folder / "state.json").read_text())
    except FileNotFoundError:
        return None
    if "error" in state:
        raise EngineError(state["error"])
    return state


def leave(folder: Path, users: IO[str], keeper: subprocess.Popen[bytes] | None) -> None:
    """Stop using the engine; the last one out stops it and waits for that (停用引擎)."""
    with locked(folder / "door"):
        is_last = try_lock(users)
        fcntl.flock(users, fcntl.LOCK_UN)
        if is_last and is_held(folder / "keeper"):
            stop_keeper(folder)
    if keeper is not None:
        if is_last:
            keeper.wait()
        else:
            keeper.returncode = 0  # others need it; without this Popen would complain that it still runs


def stop_keeper(folder: Path) -> None:
    """Tell the keeper to end and wait until it has (结束看护进程)."""
    with suppress(FileNotFoundError, ProcessLookupError):  # it may be ending by itself
        os.kill(json.loads((folder / "state.json").read_text())["pid"], signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS_MAX + 5
    while is_held(folder / "keeper"):
        if time.monotonic() > deadline:
            log.warning("engine does not stop", folder=str(folder))
            return
        time.sleep(0.01)
