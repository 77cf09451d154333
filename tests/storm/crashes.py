"""A database that dies with -9 and recovers (数据库崩溃)."""

import asyncio
import os
import signal
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import asyncpg
import psutil

from ops.databases import connection_options
from ops.postgres import start_postgres
from ops.servers import Server

BACKENDS = """
SELECT pid FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
NOT_YET = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def lose_nothing(database: str) -> None:
    """What is committed is written (不失已提交): tests' engines spare themselves that, and one dies."""
    name = connection_options(database)["database"]
    await ask(database, f'ALTER DATABASE "{name}" SET synchronous_commit = on')


async def kill_a_backend(database: str) -> None:
    """Kill a process of the server that is at work: the server ends all others and recovers from its log."""
    before = {row["pid"] for row in await ask(database, BACKENDS)}
    victim = max(before)
    os.kill(victim, signal.SIGKILL)
    async with asyncio.timeout(60):
        while True:
            with suppress(*NOT_YET):
                if not before & {row["pid"] for row in await ask(database, BACKENDS)}:
                    return
            await asyncio.sleep(0.02)


async def ask(database: str, statement: str) -> list[Any]:
    """One statement over a connection of its own."""
    connection = await asyncpg.connect(**connection_options(database))
    try:
        rows: list[Any] = await connection.fetch(statement)
        return rows
    finally:
        await connection.close()


class MortalServer:
    """A server of our own whose every process is killed (全部进程): what a power cut leaves of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.server: Server = start_postgres(folder, fast=False)
        self.url = self.server.url

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.server.stop()

    async def crash(self) -> None:
        """Kill all, wait until they are gone, start again at the same address."""
        await asyncio.to_thread(self.kill)
        self.server = await asyncio.to_thread(lambda: start_postgres(self.folder, fast=False))
        assert self.server.url == self.url

    def kill(self) -> None:
        """Kill the first process and all its children."""
        first = psutil.Process(self.server.process.pid)
        all_of_them = [first, *first.children(recursive=True)]
        for process in all_of_them:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.server.process.wait()
        psutil.wait_procs(all_of_them[1:], timeout=30)
