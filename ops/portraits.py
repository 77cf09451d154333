"""The portraits (示例人像) for tests and the demo: the pictures inside face_recognition's own source package.

They show real, public people, so none is committed: they are fetched by package name, version and hash.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

import settings

REQUIREMENT = "face-recognition==1.3.0"
SOURCE_SHA256 = "5e5efdd1686aa566af0d3cc1313b131e4b197657a8ffd03669e6d3fad92705ec"
FOLDER_INSIDE = "face_recognition-1.3.0/tests/test_images"
FETCH_SECONDS = 180

# All but "biden" show one man. "32bit" is "obama2" as a PNG with an alpha channel.
PORTRAITS = {
    "32bit.png": "44dca895a7d635a4aedddd91a4f37af9a8a5b44e66154282a24645a757b5f627",
    "biden.jpg": "3c17508bb91554c637a2eabddfae790e5bb1caba93130814fc2ac50be9760c4c",
    "obama.jpg": "0930e3aa8cae5920329c0c8cbc6a2ab70f47b0e67b432875beaa95cbf7e741f6",
    "obama2.jpg": "a7efcc907375274796f39646510704aa86672d59f6d5469d69af3c85590976a6",
    "obama3.jpg": "76ac6bf97c36dc2da0ad16a537d6a5ac1b10f48d49aac29a0cca9a17cdbc3ca3",
    "obama_partial_face.jpg": "c2d1f09e7ef3042352b41e41286e6eb0522f64f88308be13886991b95db52117",
    "obama_partial_face2.jpg": "9a812347f97633542b8cd9992de22def11b74f79d82056bc3ee830f13878e028",
}


class PortraitsUnavailable(Exception):
    """The portraits (示例人像) could not be fetched; the sentence says what was tried."""


def fetch(folder: Path) -> dict[str, Path]:
    """The portraits (示例人像) in the folder by name, such as "obama"; fetched unless they lie there."""
    paths = {name: folder / name for name in PORTRAITS}
    if not all(_is_whole(path) for path in paths.values()):
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".fetch-") as scratch:
            _unpack(_download(Path(scratch)), Path(scratch), folder)
    return {path.stem: path for path in paths.values()}


def _is_whole(path: Path) -> bool:
    return path.is_file() and _sha256(path) == PORTRAITS[path.name]


def _unpack(archive: Path, scratch: Path, folder: Path) -> None:
    """Move each checked portrait into place at once (解包), so that another process sees it whole or not."""
    with tarfile.open(archive) as source:
        for name in PORTRAITS:
            member = source.extractfile(f"{FOLDER_INSIDE}/{name}")
            if member is None:
                raise PortraitsUnavailable(f"{archive.name} has no {name}.")
            (scratch / name).write_bytes(member.read())
            if not _is_whole(scratch / name):
                raise PortraitsUnavailable(f"{name} in {archive.name} is not the picture it was.")
            os.replace(scratch / name, folder / name)


def _download(scratch: Path) -> Path:
    """The source package (源码包), fetched by pip, which compares the hash."""
    requirements = scratch / "requirements.txt"
    requirements.write_text(f"{REQUIREMENT} --hash=sha256:{SOURCE_SHA256}\n", encoding="utf-8")
    # pip asks a source package for its dependencies even when told to ignore them; with the setuptools of
    # this environment (no build isolation) that takes a moment and fetches nothing else.
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-build-isolation"]
    command += ["--no-binary", "face-recognition", "--require-hashes", "-r", str(requirements)]
    failures = []
    for pip in _pips(scratch):
        failure = _run([*command, "-d", str(scratch)], {"PYTHONPATH": str(pip)} if pip else {})
        archives = list(scratch.glob("*.tar.gz"))
        if archives and _sha256(archives[0]) == SOURCE_SHA256:
            return archives[0]
        failures.append(failure)
    tried = "\n".join(failures) or "neither pip, ensurepip nor uv is here"
    raise PortraitsUnavailable(f"{REQUIREMENT} could not be fetched as a source package: {tried}")


def _pips(scratch: Path) -> Iterator[Path | None]:
    """Where a pip can be imported from (pip 来源): this environment, Python's bundle, what uv installs."""
    if importlib.util.find_spec("pip"):
        yield None
    if importlib.util.find_spec("ensurepip"):
        _run([sys.executable, "-m", "ensurepip", "--root", str(scratch / "bundle")], {})
        yield from (found.parent for found in (scratch / "bundle").rglob("site-packages/pip"))
    if uv := shutil.which("uv"):
        target = scratch / "target"
        if not _run([uv, "pip", "install", "--quiet", "--target", str(target), "pip"], {}):
            yield target


def _run(command: list[str], environment: dict[str, str]) -> str:
    """Run a command quietly; what it said if it failed, else nothing."""
    try:
        done = subprocess.run(
            command,
            env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", **environment},
            capture_output=True,
            text=True,
            timeout=FETCH_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return f"{' '.join(command[:4])}: {done.stderr.strip()[-1000:]}" if done.returncode else ""


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main() -> None:
    """Fetch the portraits into YAOLU_HOME (取示例人像) and say where they are."""
    for name, path in fetch(settings.YAOLU_HOME / "portraits").items():
        print(f"{name:24} {path}")


if __name__ == "__main__":
    main()
