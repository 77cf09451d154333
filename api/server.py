"""The server (服务器): uvicorn with our options, and a stop that breaks nothing off."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from socket import socket
from typing import Any

import uvicorn
from starlette.applications import Starlette

import settings
from api.app import drain
from engines.logs import configure


class Server(uvicorn.Server):
    """Uvicorn that drains first (优雅停机): unready, sockets closed with 1001, open requests finished."""

    def __init__(self, app: Starlette, **options: Any) -> None:
        self._app = app
        super().__init__(uvicorn.Config(app, **OPTIONS | options))

    async def shutdown(self, sockets: list[socket] | None = None) -> None:
        """Drain, then stop; a socket that does not close in time is closed by uvicorn."""
        if not self.force_exit:
            with suppress(TimeoutError):
                await drain(self._app)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take SIGINT and SIGTERM as requests to stop; a second Ctrl-C stops at once."""
        with super().capture_signals():
            try:
                yield
            finally:
                # Uvicorn would raise them again, and kill the process before its caller has cleaned up.
                self._captured_signals.clear()


OPTIONS: dict[str, Any] = {
    "ws": "auto",
    # compression doubles the memory of every socket
    "ws_per_message_deflate": False,
    "ws_max_size": settings.SOCKET_FRAME_BYTES_MAX,
    "timeout_graceful_shutdown": settings.DRAIN_SECONDS,
    # addresses of GET queries may hold what patients search for
    "access_log": False,
    "server_header": False,
    "log_level": "warning",
}


def serve(app: Starlette, host: str = "127.0.0.1", port: int = 8000, **options: Any) -> None:
    """Serve until SIGINT or SIGTERM (运行服务)."""
    configure(settings.IS_PRODUCTION)
    Server(app, host=host, port=port, **options).run()
