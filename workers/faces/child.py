"""The child process that touches pictures (人脸子进程): one thread, one picture at a time, over pipes.

Input: pictures, output: JSON, each with its length before it. The first answer says which models are
loaded, or why they are not. `python -m workers.faces.child --self-test` only tests the installation.
"""

import json
import os
import struct
import sys
from dataclasses import asdict
from typing import BinaryIO

from workers.faces.confinement import confine, last_for

LENGTH = struct.Struct(">I")
# The worker kills earlier; this is for a worker that can no longer do it.
LAST_RESORT_SECONDS = 60


def main(arguments: list[str]) -> int:
    """Serve pictures until the input ends (人脸子进程); the exit status tells of a failed start."""
    if arguments == ["--self-test"]:
        return _self_test()
    (parent,) = arguments
    confine(int(parent))
    answers = _only_our_answers()
    last_for(LAST_RESORT_SECONDS)
    try:
        hello = _load()
    except (Exception, SystemExit) as error:
        return _failed(error, answers)
    last_for(0)
    _write(answers, hello)
    _serve(sys.stdin.buffer, answers)
    return 0


def _load() -> dict[str, str]:
    """Load and test the models (加载模型)."""
    try:
        from workers.faces import encode, guards, selftest
    except SystemExit as error:
        # The library's own handling of missing models: it prints advice and quits with status 0.
        missing = "face-recognition-models or setuptools<81 is missing or broken"
        raise ImportError(f"face_recognition quit while it was imported: {missing}.") from error
    guards.limit_pillow()
    selftest.run()
    return {"engine": encode.ENGINE, "model_version": encode.MODEL_VERSION}


def _serve(pictures: BinaryIO, answers: BinaryIO) -> None:
    from engines.pictures import Unusable
    from workers.faces.encode import read

    while prefix := pictures.read(LENGTH.size):
        data = pictures.read(*LENGTH.unpack(prefix))
        last_for(LAST_RESORT_SECONDS)
        try:
            answer: dict[str, object] = asdict(read(data))
        except Unusable as unusable:
            answer = {"unusable": unusable.reason}
        last_for(0)
        _write(answers, answer)


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


def _self_test() -> int:
    try:
        print(f"Face check ready: {', '.join(_load().values())}.")
    except (Exception, SystemExit) as error:
        print(f"Face check not ready: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
