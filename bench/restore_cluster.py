"""A PostgreSQL whose log is kept elsewhere, and which is made anew from it (归档与按时间点恢复)."""

import os
import shutil
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from pwd import struct_passwd
from urllib.parse import quote

import psutil

from ops.postgres import DATABASE, INITDB_OPTIONS, is_ready, run
from ops.reach import find_place
from ops.servers import launch, server_environment, socket_folder, wait_until_ready

SLOT = "yaolu_backup"
ARCHIVE_SECONDS = 5
"""How old what is not archived yet may be."""


@dataclass
class Cluster:
    """A server and what is kept of it: a base backup, the streamed log, the archived log (集群与备份)."""

    folder: Path
    programs: Path
    user: struct_passwd | None
    process: subprocess.Popen[bytes] | None = None
    receiver: subprocess.Popen[bytes] | None = None
    kept: dict[str, Path] = field(default_factory=dict)

    @classmethod
    def made(cls, home: Path, programs: Path | None) -> "Cluster":
        """A fresh cluster below `home`, not started; by the embedded server's programs or by others."""
        folder = home / "cluster"
        folder.mkdir()
        folder.chmod(0o711)
        place = find_place(folder)
        made = cls(place.folder, programs or place.programs, place.user)
        for name in ("base", "streamed", "archived", "data"):
            made.kept[name] = made.own(place.folder / name)
        command = [str(made.programs / "initdb"), "-D", str(made.kept["data"])]
        run([*command, *options_of(made.programs)], made.user)
        return made

    def own(self, folder: Path) -> Path:
        """A private folder of the server's user."""
        folder.mkdir(mode=0o700)
        if self.user is not None:
            os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        return folder

    def start(self, data: Path, *more: str) -> str:
        """Start it on these data, wait until it takes writes, and give its URL."""
        sockets = socket_folder(self.folder, self.user)
        settings = ["listen_addresses=", "max_connections=200", *more]
        options = [part for one in settings for part in ("-c", one)]
        command = [str(self.programs / "postgres"), "-D", str(data), "-k", str(sockets), *options]
        log = self.folder.parent / "postgres.log"
        process = self.process = launch(command, log, user=self.user)
        wait_until_ready(process, lambda: is_ready(data, process.pid), log)
        return f"asyncpg://postgres:@/{DATABASE}?host={quote(str(sockets))}"

    def reached(self) -> list[str]:
        """How the server's own programs reach it."""
        return ["-h", str(self.folder / "run"), "-U", "postgres"]

    def begin(self) -> str:
        """Start it on its own data, with its log archived, and make the database (归档)."""
        archive = self.kept["archived"]
        keep = f"archive_command=test ! -f {archive}/%f && cp %p {archive}/%f"
        url = self.start(self.kept["data"], "archive_mode=on", keep, f"archive_timeout={ARCHIVE_SECONDS}s")
        run([str(self.programs / "createdb"), *self.reached(), DATABASE], self.user)
        return url

    def stream(self) -> None:
        """Keep the log elsewhere as it is written (流式归档)."""
        to = [*self.reached(), "-D", str(self.kept["streamed"]), "--slot", SLOT]
        program = str(self.programs / "pg_receivewal")
        run([program, *to, "--create-slot", "--if-not-exists"], self.user)
        log = self.folder.parent / "receive.log"
        self.receiver = launch([program, *to, "--synchronous"], log, user=self.user)

    def back_up(self) -> None:
        """A base backup, while it works (基础备份)."""
        command = [str(self.programs / "pg_basebackup"), *self.reached(), "-D", str(self.kept["base"])]
        run([*command, "-c", "fast"], self.user)

    def lose(self) -> None:
        """Kill every process of the server, and its data with them (数据丢失)."""
        assert self.process is not None
        first = psutil.Process(self.process.pid)
        every = [first, *first.children(recursive=True)]
        for one in every:
            with suppress(psutil.NoSuchProcess):
                one.kill()
        self.process.wait()
        psutil.wait_procs(every[1:], timeout=30)
        shutil.rmtree(self.kept["data"])
        if self.receiver is not None:
            self.receiver.terminate()
            self.receiver.wait()

    def restore(self, name: str, log: Path, until: str = "") -> str:
        """Base backup and log, up to a moment or to their end; gives the URL (恢复)."""
        data = self.folder / name
        subprocess.run(["cp", "-a", str(self.kept["base"]), str(data)], check=True)
        lines = [
            f"""restore_command = 'cp {log}/%f "%p" || cp {log}/%f.partial "%p"'""",
            # nobody looks at it half restored
            "hot_standby = off",
            "archive_mode = off",
        ]
        if until:
            lines += [f"recovery_target_time = '{until}'", "recovery_target_action = 'promote'"]
        with (data / "postgresql.auto.conf").open("a") as conf:
            conf.write("\n".join(lines) + "\n")
        signal = data / "recovery.signal"
        signal.touch()
        if self.user is not None:
            os.chown(signal, self.user.pw_uid, self.user.pw_gid)
        return self.start(data)

    def stop(self) -> None:
        """Stop what runs."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            self.process.wait(30)


def options_of(programs: Path) -> list[str]:
    """How a cluster is made by these programs: those before 17 know no built-in order of text."""
    command = [str(programs / "initdb"), "--version"]
    said = subprocess.check_output(command, env=server_environment(), text=True)
    if int(said.split()[2].split(".")[0]) >= 17:
        return list(INITDB_OPTIONS)
    return ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]
