"""Frames (帧): what goes in and out of one socket."""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import suppress

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected

import settings
from api.body import decode
from api.eager import begin
from api.errors import RequestRefused

REASON_BYTES_MAX = 120
TOO_SLOW = 4413
TOO_SLOW_REASON = "Too slow: subscribe again after your last cursor"


class SocketAdapter(ASGIWebSocketAdapter):
    """Messages of one socket (消息收发): text only, and quiet when the peer is gone.

    `push` is for those who must not wait. What the peer does not take is kept up to SOCKET_BACKLOG_MAX
    messages, then the socket is closed with 4413.
    """

    backlog: deque[str] | None = None
    sending: asyncio.Task[None] | None = None
    is_too_slow = False

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """Every message until the peer leaves."""
        while self.ws.application_state is WebSocketState.CONNECTED:
            frame = await self.ws.receive()
            if frame["type"] == "websocket.disconnect":
                return
            text = frame.get("text")
            if text is None:
                raise NonTextMessageReceived
            try:
                message = decode(text)
            except RequestRefused as error:
                raise NonJsonMessageReceived from error
            yield message

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message, or raise WebSocketDisconnected."""
        text = orjson.dumps(message).decode()
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send_text(text)
        # The server raises RuntimeError when the close frame was quicker.
        except (WebSocketDisconnect, RuntimeError) as error:
            raise WebSocketDisconnected from error

    def push(self, text: str) -> None:
        """Send a text without waiting for the peer to take it."""
        if self.is_too_slow or self.ws.application_state is not WebSocketState.CONNECTED:
            return
        if self.sending is None:
            rest = begin(self._send(text))
            if rest is not None:
                self.backlog = deque()
                self.sending = asyncio.create_task(self._catch_up(rest))
            return
        assert self.backlog is not None
        self.backlog.append(text)
        if len(self.backlog) > settings.SOCKET_BACKLOG_MAX:
            self.is_too_slow = True
            self.backlog.clear()

    async def _send(self, text: str) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):
            await self.ws.send_text(text)

    async def _catch_up(self, rest: Awaitable[None]) -> None:
        assert self.backlog is not None
        await rest
        while self.backlog:
            await self._send(self.backlog.popleft())
        self.backlog = self.sending = None
        if self.is_too_slow:
            await self.close(TOO_SLOW, TOO_SLOW_REASON)

    async def close(self, code: int, reason: str) -> None:
        """Close, unless it is closed already; a reason that fills no close frame is cut."""
        reason = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
        with suppress(WebSocketDisconnect, RuntimeError):
            if self.ws.application_state is WebSocketState.CONNECTED:
                await self.ws.close(code, reason)
