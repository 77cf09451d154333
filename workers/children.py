"""The child's side of a pipe (子进程服务): wishes and pictures in, JSON out, each with its length."""

import json
import os
import struct
import sys
from collections.abc import Callable, Mapping
from typing import Any, BinaryIO

from engines.pictures import Unusable
from workers.faces.confinement import last_for

LENGTH = struct.Struct(">I")
LAST_RESORT_SECONDS = 60
"""The worker kills earlier; this is for a worker that can no longer do it."""

START_SECONDS = 180

Answer = Callable[[Mapping[str, Any], bytes], Mapping[str, object]]
Load = Callable[[], tuple[Mapping[str, str], Answer]]


def serve(load: Load) -> int:
    """Load what answers and serve pictures until the input ends (子进程服务); gives the exit status.

    `load` gives the loaded models with their versions, and the function that answers a wish about a picture.
    The first answer says which models are there, or why they are not.
    """
    # whatever a library prints goes to the log instead of among the answers
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    last_for(START_SECONDS)
    try:
        models, answer = load()
    except (Exception, SystemExit) as error:
        write(answers, {"failed": f"{type(error).__name__}: {error}"})
        return 1
    last_for(0)
    write(answers, {"models": models})
    pictures = sys.stdin.buffer
    while (wish := following(pictures)) is not None and (picture := following(pictures)) is not None:
        last_for(LAST_RESORT_SECONDS)
        try:
            found = answer(json.loads(wish), picture)
        except Unusable as unusable:
            found = {"unusable": unusable.reason}
        last_for(0)
        write(answers, found)
    return 0


def following(pictures: BinaryIO) -> bytes | None:
    """The next thing of the input (下一项), None at its end."""
    prefix = pictures.read(LENGTH.size)
    return pictures.read(*LENGTH.unpack(prefix)) if len(prefix) == LENGTH.size else None


def write(answers: BinaryIO, answer: Mapping[str, object]) -> None:
    """Send one answer (答复)."""
    body = json.dumps(answer).encode()
    answers.write(LENGTH.pack(len(body)) + body)
    answers.flush()
