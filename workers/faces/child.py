"""The child process that touches pictures of faces (人脸子进程): one thread, one picture at a time.

`python -m workers.faces.child --self-test dlib sface` only tests the installation.
"""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workers.children import Answer, serve
from workers.faces.confinement import confine

if TYPE_CHECKING:
    from workers.faces.engine import Engine


def main(arguments: Sequence[str]) -> int:
    """Serve pictures until the input ends (人脸子进程); the exit status tells of a failed start."""
    first, *names = arguments
    if first == "--self-test":
        return _self_test(names or ["dlib"])
    confine(int(first))
    return serve(lambda: _ready(names))


def _ready(names: Sequence[str]) -> tuple[Mapping[str, str], Answer]:
    engines = _load(names)

    def answer(wish: Mapping[str, Any], picture: bytes) -> Mapping[str, object]:
        return {"sight": _seen(wish, picture, engines)}

    return _models(engines), answer


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


def _seen(wish: Mapping[str, Any], data: bytes, engines: Mapping[str, "Engine"]) -> dict[str, object]:
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


def _self_test(names: Sequence[str]) -> int:
    try:
        print(f"Face check ready: {'; '.join(_models(_load(names)).values())}.")
    except (Exception, SystemExit) as error:
        print(f"Face check not ready: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
