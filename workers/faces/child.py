"""The child process that touches pictures (人脸子进程): one thread, one picture at a time, over pipes.

Input: a wish in JSON and a picture, output: JSON, each with its length before it. The first answer says
which models are loaded, or why they are not. `python -m workers.faces.child --self-test dlib sface` only
tests the installation.
"""

import json
import os
import struct
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, BinaryIO

from workers.faces.confinement import confine, last_for

if TYPE_CHECKING:
    from workers.faces.engine import Engine

LENGTH = struct.Struct(">I")
# The worker kills earlier; this is for a worker that can no longer do it.
LAST_RESORT_SECONDS = 60
START_SECONDS = 180


def main(arguments: Sequence[str]) -> int:
    """Serve pictures until the input ends (人脸子进程); the exit status tells of a failed start."""
    first, *names = arguments
    if first == "--self-test":
        return _self_test(names or ["dlib"])
    confine(int(first))
    answers = _only_our_answers()
    last_for(START_SECONDS)
    try:
        engines = _load(names)
    except (Exception, SystemExit) as error:
        return _failed(error, answers)
    last_for(0)
    _write(answers, {"models": _models(engines)})
    _serve(sys.stdin.buffer, answers, engines)
    return 0


def _load(names: Sequence[str]) -> dict[str, "Engine"]:
    """Load and test the engines (加载模型)."""
    from workers.faces import engine, guards, selftest

    engines = {name: engine.load(name) for name in names}
    guards.limit_pillow()
    for name, loaded in engines.items():
        selftest.run(name, loaded)
    return engines


def _models(engines: Mapping[str, "Engine"]) -> dict[str, str]:
    return {name: engine.model_version for name, engine in engines.items()}


def _serve(pictures: BinaryIO, answers: BinaryIO, engines: Mapping[str, "Engine"]) -> None:
    from engines.pictures import Unusable

    while (wish := _next(pictures)) is not None:
        picture = _next(pictures)
        if picture is None:
            return
        last_for(LAST_RESORT_SECONDS)
        try:
            answer: dict[str, object] = {"sight": _seen(json.loads(wish), picture, engines)}
        except Unusable as unusable:
            answer = {"unusable": unusable.reason}
        last_for(0)
        _write(answers, answer)


def _seen(wish: dict[str, object], data: bytes, engines: Mapping[str, "Engine"]) -> dict[str, object]:
    """What each engine that is asked for sees on a picture (各引擎所见), or why it sees nothing."""
    from engines.pictures import Unusable
    from workers.faces.guards import open_picture

    picture = open_picture(data)
    sight: dict[str, object] = {}
    for name, engine in engines.items():
        if name not in str(wish["engines"]).split():
            continue
        try:
            sight[name] = asdict(engine.read(picture, largest=wish["largest"] is True))
        except Unusable as unusable:
            sight[name] = unusable.reason
    return sight


def _next(pictures: BinaryIO) -> bytes | None:
    """The next thing of the input, None at its end."""
    prefix = pictures.read(LENGTH.size)
    return pictures.read(*LENGTH.unpack(prefix)) if len(prefix) == LENGTH.size else None


def _only_our_answers() -> BinaryIO:
    """The pipe for answers; whatever a library prints goes to the log instead of among them."""
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return answers


def _write(answers: BinaryIO, answer: object) -> None:
    body = json.dumps(answer).encode()
    answers.write(LENGTH.pack(len(body)) + body)
    answers.flush()


def _failed(error: BaseException, answers: BinaryIO) -> int:
    _write(answers, {"failed": f"{type(error).__name__}: {error}"})
    return 1


def _self_test(names: Sequence[str]) -> int:
    try:
        print(f"Face check ready: {'; '.join(_models(_load(names)).values())}.")
    except (Exception, SystemExit) as error:
        print(f"Face check not ready: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
