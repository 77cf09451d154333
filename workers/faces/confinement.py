"""The limits of a child process that decodes what strangers sent (子进程限制)."""

import ctypes
import os
import resource
import signal
import sys

MEMORY_BYTES = 1024**3
_PR_SET_PDEATHSIG = 1


def confine(parent: int, memory: int = MEMORY_BYTES) -> None:
    """Bound the memory (内存上限), leave no core file with a face in it, and die with the parent."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        # An idle child sees its input end; one that hangs in a decoder would not.
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        raise SystemExit("The worker that started this process has ended.")


def last_for(seconds: int) -> None:
    """Let the kernel end this process then (超时自毁), even inside C code; 0 calls it off."""
    signal.alarm(seconds)
