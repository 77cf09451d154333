"""One child process from the worker's side (人脸子进程管理): started, asked, killed."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from workers.faces.child import LENGTH

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "workers.faces.child")
START_SECONDS = 120.0
# A child needs no password, key or address of the worker: what hostile bytes take over finds none.
_PASSED_ON = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class EngineFailed(Exception):
    """The face engine does not start (人脸引擎启动失败); the sentence says why."""


class ChildDied(Exception):
    """The child ended in the middle of a picture (子进程意外退出)."""

    def __init__(self, pid: int, status: int | None) -> None:
        self.pid = pid
        self.status = status
        super().__init__(f"Face child {pid} ended with status {status} while it had a picture.")


class ChildHung(Exception):
    """The child took too long over a picture and was killed (子进程超时)."""

    def __init__(self, pid: int, seconds: float) -> None:
        self.pid = pid
        self.seconds = seconds
        super().__init__(f"Face child {pid} was killed after {seconds:g} s with one picture.")


class Child:
    """A running child process (人脸子进程)."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.models: dict[str, str] = {}

    @classmethod
    async def spawn(cls, engines: Sequence[str], command: Sequence[str] = COMMAND) -> "Child":
        """Start a child with these engines (启动子进程); it is of use after `ready`."""
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            process = await asyncio.create_subprocess_exec(
                *command,
                str(os.getpid()),
                *engines,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={**environment, **_ONE_THREAD, "PYTHONPATH": str(ROOT)},
                # Ctrl-C at a terminal is for the worker, which then stops its children in order.
                start_new_session=True,
            )
        except OSError as error:
            raise EngineFailed(f"The face engine did not start: {error}") from error
        return cls(process)

    @property
    def pid(self) -> int:
        """The process id (进程号)."""
        return self._process.pid

    @property
    def is_alive(self) -> bool:
        """Whether the process still runs, as far as is known (是否存活)."""
        return self._process.returncode is None

    async def ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until the models are loaded and tested (加载完成), or raise `EngineFailed`."""
        try:
            hello = await self._guarded(self._answer(), seconds)
        except (ChildDied, ChildHung) as error:
            raise EngineFailed(f"The face engine did not start: {error}") from error
        if "failed" in hello:
            await self.kill()
            raise EngineFailed(f"The face engine did not start: {hello['failed']}")
        self.models = hello["models"]

    async def ask(self, wish: dict[str, object], picture: bytes, seconds: float) -> dict[str, Any]:
        """The child's answer about one picture (单张照片结果)."""
        return await self._guarded(self._exchange(json.dumps(wish).encode(), picture), seconds)

    async def kill(self) -> None:
        """End the process and wait until it is gone (结束子进程)."""
        if self.is_alive:
            # Not by Popen: it would look for the status of a child that has just ended, and asyncio lose it.
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)
        await self._process.wait()

    async def _guarded(self, work: Awaitable[dict[str, Any]], seconds: float) -> dict[str, Any]:
        """Await an exchange; when it fails in any way, cancellation too, the child is of no more use."""
        try:
            async with asyncio.timeout(seconds):
                return await work
        except TimeoutError as error:
            await self.kill()
            raise ChildHung(self.pid, seconds) from error
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            await self.kill()
            raise ChildDied(self.pid, self._process.returncode) from error
        except BaseException:
            await self.kill()
            raise

    async def _exchange(self, *parts: bytes) -> dict[str, Any]:
        pipe = self._process.stdin
        assert pipe is not None
        for part in parts:
            pipe.write(LENGTH.pack(len(part)) + part)
        await pipe.drain()
        return await self._answer()

    async def _answer(self) -> dict[str, Any]:
        pipe = self._process.stdout
        assert pipe is not None
        (length,) = LENGTH.unpack(await pipe.readexactly(LENGTH.size))
        answer: dict[str, Any] = json.loads(await pipe.readexactly(length))
        return answer
