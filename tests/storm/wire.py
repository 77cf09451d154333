"""A wire to the database that a test may cut and mend: a restart, as the server's clients see it."""

import asyncio
import socket
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from ops.databases import connected, connection_options

END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name <> $1"
)


class Wire:
    """Connections handed on to a database (可切断的线路)."""

    def __init__(self, database_url: str) -> None:
        self._target = connection_options(database_url)
        self._real_url = database_url
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port: int = found.getsockname()[1]

    @property
    def url(self) -> str:
        """The database's address at this end of the wire."""
        user, password = (quote(str(self._target[name] or "")) for name in ("user", "password"))
        return f"asyncpg://{user}:{password}@127.0.0.1:{self.port}/{self._target['database']}"

    async def mend(self) -> None:
        """Let connections through."""
        self._server = await asyncio.start_server(self._hand_on, "127.0.0.1", self.port)

    async def cut(self, *, spared: str) -> None:
        """End every session as a server does that stops, but one name's, and refuse new ones."""
        server, self._server = self._server, None
        if server is not None:
            server.close()
        async with connected(self._real_url) as connection:
            await connection.execute(END_ALL, spared)
        for end in list(self._ends):
            end.close()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        host, port = str(self._target["host"]), int(self._target["port"] or 5432)
        if host.startswith("/"):
            there, back = await asyncio.open_unix_connection(str(Path(host) / f".s.PGSQL.{port}"))
        else:
            there, back = await asyncio.open_connection(host, port)
        self._ends |= {writer, back}
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pump(source, sink))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await source.read(65536):
                sink.write(said)
                await sink.drain()
        sink.close()
        self._ends.discard(sink)
        with suppress(OSError):
            await sink.wait_closed()
