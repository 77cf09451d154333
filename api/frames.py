"""Frames (帧): what goes in and out of one socket."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import suppress

import orjson
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonJsonMessageReceived, NonTextMessageReceived, WebSocketDisconnected

from api.body import decode
from api.errors import RequestRefused

REASON_BYTES_MAX = 120


class SocketAdapter(ASGIWebSocketAdapter):
    """Messages of one socket (消息收发): text only, and quiet when the peer is gone."""

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

    async def close(self, code: int, reason: str) -> None:
        """Close, unless it is closed already; a reason that fills no close frame is cut."""
        reason = reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore")
        with suppress(WebSocketDisconnect, RuntimeError):
            if self.ws.application_state is WebSocketState.CONNECTED:
                await self.ws.close(code, reason)
