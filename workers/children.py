"""The child's side of a pipe (子进程服务): pictures in, JSON out, each with its length before it."""

import json
import os
import sys
from collections.abc import Callable, Mapping
from typing import BinaryIO

from engines.pictures import Unusable
from workers.faces.child import LENGTH
from workers.faces.confinement import last_for

Answer = Callable[[bytes], Mapping[str, object]]
Load = Callable[[], tuple[Mapping[str, str], Answer]]


def serve(load: Load, seconds: int) -> int:
    """Load what answers and serve pictures until the input ends (子进程服务); gives the exit status.

    `load` gives the hello, which names engine and version, and the function that answers one picture. The
    kernel ends the process when loading or a picture takes longer than `seconds`.
    """
    # whatever a library prints goes to the log instead of among the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    last_for(seconds)
    try:
        hello, answer = load()
    except (Exception, SystemExit) as error:
        write(answers, {"failed": f"{type(error).__name__}: {error}"})
        return 1
    last_for(0)
    write(answers, hello)
    pictures = sys.stdin.buffer
    while prefix := pictures.read(LENGTH.size):
        data = pictures.read(*LENGTH.unpack(prefix))
        last_for(seconds)
        try:
            found = answer(data)
        except Unusable as unusable:
            found = {"unusable": unusable.reason}
        last_for(0)
        write(answers, found)
    return 0


def write(answers: BinaryIO, answer: Mapping[str, object]) -> None:
    """Send one answer (答复)."""
    body = json.dumps(answer).encode()
    answers.write(LENGTH.pack(len(body)) + body)
    answers.flush()
