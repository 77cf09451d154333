"""Set-up (安装): make `.venv` from requirements.txt. Standard library only, for nothing is installed yet."""

import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCKED = ROOT / "requirements.txt"
STAMP = VENV / "yaolu-ready.json"
UNFINISHED = VENV / "yaolu-unfinished"
OLDEST, NEWEST = (3, 11), (3, 14)

# no compiler anywhere: dlib comes prebuilt under another name, so no dependency may be resolved here
INSTALL = ["install", "--no-deps", "--require-hashes", "--requirement"]

COMMAND = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
' '''
import sys

from ops.cli import main

sys.exit(main())
"""


def main() -> int:
    """Bring `.venv` up to date; quick when it is (安装或更新)."""
    if "--suits" in sys.argv:
        return 0 if suits() else 1
    if "--is-done" in sys.argv:
        return 0 if is_done(f"{sys.version_info.major}.{sys.version_info.minor}") else 1
    with LOCKED.open() as lock:
        with suppress(OSError):  # some network file systems know no locks
            fcntl.flock(lock, fcntl.LOCK_EX)
        if is_done(python_version(PYTHON)) and not other_python_wanted():
            return 0
        try:
            set_up()
        except (subprocess.CalledProcessError, OSError) as error:
            print(f"Set-up failed: {error}\nRun `make setup` again; it starts afresh.", file=sys.stderr)
            return 1
    return 0


def suits() -> bool:
    """Whether this Python can make the environment (解释器是否适用)."""
    has_venv = find_uv() is not None or importlib.util.find_spec("ensurepip") is not None
    return OLDEST <= sys.version_info[:2] <= NEWEST and sys.implementation.name == "cpython" and has_venv


def is_done(version: str) -> bool:
    """Whether the environment is the one requirements.txt describes (是否已就绪)."""
    try:
        return bool(json.loads(STAMP.read_text()) == fingerprint(version)) and not UNFINISHED.exists()
    except (OSError, ValueError):
        return False


def fingerprint(version: str) -> dict[str, str]:
    """What an environment depends on (环境指纹); scripts in it name its path."""
    requirements = hashlib.sha256(LOCKED.read_bytes()).hexdigest()
    return {"requirements": requirements, "python": version, "root": str(ROOT)}


def python_version(python: str | Path) -> str:
    """`3.12`, or nothing when that Python does not run (解释器版本)."""
    try:
        return ask([python, "-I", "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
    except (OSError, subprocess.CalledProcessError):
        return ""


def other_python_wanted() -> bool:
    """Whether the caller named a Python of another release than the environment's (是否指定了别的版本)."""
    return bool(os.environ.get("PYTHON")) and python_version(PYTHON) != python_version(sys.executable)


def set_up() -> None:
    """Make or mend the environment; interrupted at any point, the next run starts afresh (安装)."""
    if must_start_afresh():
        shutil.rmtree(VENV)
    VENV.mkdir(exist_ok=True)
    UNFINISHED.touch()
    STAMP.unlink(missing_ok=True)
    uv = find_uv()
    print(f"Setting up .venv with {sys.executable} and {'uv' if uv else 'pip'} ...", flush=True)
    if not PYTHON.exists():
        uv = make_environment(uv)
    install(uv or uv_by_pip())
    link_project()
    STAMP.write_text(json.dumps(fingerprint(python_version(PYTHON))))
    UNFINISHED.unlink()


def must_start_afresh() -> bool:
    """Whether what stands there cannot be mended (是否需要重建)."""
    if not VENV.exists():
        return False
    version = python_version(PYTHON)
    suitable = [f"3.{minor}" for minor in range(OLDEST[1], NEWEST[1] + 1)]
    if UNFINISHED.exists() or version not in suitable or other_python_wanted():
        return True
    with suppress(OSError, ValueError):
        before = json.loads(STAMP.read_text())
        return bool((before["python"], before["root"]) != (version, str(ROOT)))
    return False


def find_uv() -> str | None:
    """A uv that runs, from PATH or from the environment (查找 uv)."""
    for uv in (shutil.which("uv"), str(VENV / "bin" / "uv")):
        with suppress(OSError, subprocess.CalledProcessError):
            if uv and ask([uv, "--version"]):
                return uv
    return None


def make_environment(uv: str | None) -> str | None:
    """Make an empty environment with uv or else with venv; the uv that may go on (建环境)."""
    if uv:
        with suppress(subprocess.CalledProcessError):
            run([uv, "venv", "--quiet", "--allow-existing", "--python", sys.executable, VENV])
            return uv
    run([sys.executable, "-I", "-m", "venv", VENV])
    return None


def uv_by_pip() -> str | None:
    """The locked uv, installed first because it is quicker than pip; nothing if that fails (装 uv)."""
    block = re.search(r"^uv==.*?(?=^\S)", LOCKED.read_text() + "\nend", re.MULTILINE | re.DOTALL)
    if block is None:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as wanted:
        wanted.write(block[0])
        wanted.flush()
        with suppress(OSError, subprocess.CalledProcessError):
            ensure_pip()
            run([PYTHON, "-I", "-m", "pip", "--quiet", *INSTALL, wanted.name, "--only-binary", ":all:"])
    return find_uv()


def install(uv: str | None) -> None:
    """Install every locked package, by uv or, when that fails, by pip (安装依赖)."""
    if uv:
        with suppress(OSError, subprocess.CalledProcessError):
            quiet = [] if sys.stderr.isatty() else ["--quiet"]  # a list of everything is no progress
            # compiled once, as pip does: else every process may compile anew (PYTHONDONTWRITEBYTECODE)
            what: list[str | Path] = [*INSTALL, LOCKED, "--compile-bytecode", "--python", PYTHON]
            run([uv, *quiet, "pip", *what], **uv_environment())
            return
        print("uv could not install everything; trying pip ...", flush=True)
    ensure_pip()
    run([PYTHON, "-I", "-m", "pip", "--quiet", *INSTALL, LOCKED, "--use-pep517"])


def ensure_pip() -> None:
    """Environments made by uv have no pip (补装 pip)."""
    with suppress(OSError, subprocess.CalledProcessError):
        ask([PYTHON, "-I", "-m", "pip", "--version"])
        return
    run([PYTHON, "-I", "-m", "ensurepip", "--default-pip"])


def uv_environment() -> dict[str, str]:
    """What pip knows and uv does not read: the machine's certificates and pip's index (证书与镜像源)."""
    settings = {name: os.environ.get(name, "1") for name in ("UV_SYSTEM_CERTS", "UV_NATIVE_TLS")}
    index = os.environ.get("PIP_INDEX_URL", "")
    if not index:
        with suppress(OSError, subprocess.CalledProcessError):
            index = ask([sys.executable, "-m", "pip", "config", "get", "global.index-url"])
    if index and not any(os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL")):
        settings["UV_DEFAULT_INDEX"] = index
    return settings


def link_project() -> None:
    """Make the packages importable from where they stand, and the `yaolu` command (接入项目)."""
    site = Path(ask([PYTHON, "-I", "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"]))
    (site / "yaolu.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    command = VENV / "bin" / "yaolu"
    command.write_text(COMMAND.format(python=PYTHON), encoding="utf-8")
    command.chmod(0o755)


def run(command: Sequence[str | Path], **more: str) -> None:
    """Run a command and let it speak (执行)."""
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, env=environment() | more)


def ask(command: Sequence[str | Path]) -> str:
    """What a command answers (询问)."""
    parts = [str(part) for part in command]
    return subprocess.run(
        parts,
        check=True,
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ).stdout.strip()


def environment() -> dict[str, str]:
    """The caller's environment without what would lead pip or Python elsewhere (环境变量)."""
    unwanted = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER"}
    kept = {name: value for name, value in os.environ.items() if name not in unwanted}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
    return kept | quiet


if __name__ == "__main__":
    sys.exit(main())
