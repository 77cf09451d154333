"""Our own processes (进程): started with one environment, stopped together, never left behind."""

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

LIFELINE = "YAOLU_LIFELINE"
"""The number of a file descriptor that closes when the parent is gone."""

STOP_SECONDS = 20.0
PROJECT = Path(__file__).resolve().parent.parent


class ProcessEnded(Exception):
    """A process of ours ended that should have gone on."""


class Child:
    """One process of ours (子进程): the API or a worker, of the program in `folder`."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        folder: Path = PROJECT,
    ) -> None:
        self.name = arguments[0]
        self.log = log
        reading, self._writing = os.pipe()
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops.cli", *arguments],
                env={**environment, LIFELINE: str(reading)},
                pass_fds=[reading],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the parent only; it stops its children in order
                start_new_session=True,
            )
        os.close(reading)

    @property
    def pid(self) -> int:
        """The process id."""
        return self.process.pid

    def check(self) -> None:
        """Raise when the process has ended, with the end of its log."""
        if self.process.poll() is not None:
            tail = "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])
            raise ProcessEnded(f"{self.name} ended with status {self.process.returncode}.\n{tail}")

    def stop(self) -> None:
        """Ask it to stop, wait, and end it when it does not."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        os.close(self._writing)

    def kill(self) -> None:
        """End it at once, as a crash would."""
        self.process.kill()
        self.process.wait()
        os.close(self._writing)


@contextmanager
def running(children: list[Child]) -> Iterator[list[Child]]:
    """Stop every child at the end, the last started first."""
    try:
        yield children
    finally:
        for child in reversed(children):
            child.stop()


def wait_until_ready(url: str, children: Sequence[Child], seconds: float = 60.0) -> None:
    """Wait until the API says that it is ready (等待就绪)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for child in children:
            child.check()
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=2) as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.05)
    raise ProcessEnded(f"The API at {url} is not ready after {seconds:g} s.")


def watch_lifeline() -> None:
    """End this process when its parent is gone, however it went (随父进程退出)."""
    number = os.environ.pop(LIFELINE, None)
    if number is None:
        return

    def wait() -> None:
        while os.read(int(number), 1):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="lifeline", daemon=True).start()
