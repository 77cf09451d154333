"""Sockets (WebSocket) speaking graphql-transport-ws.

Close codes: 4400 a malformed frame, 4401 an operation before the connection is acknowledged, 4403 a token
that is missing, invalid or expired (the reason says which; clients may reconnect with a fresh one), 4406
another subprotocol, 4408 no connection_init or no pong in time, 4409 an operation id in use, 4413 a peer that
takes its events too slowly, 4429 a second connection_init, messages too fast or too many sockets of one
caller, 4503 the issuer's keys cannot be read, 1001 the server is going away, 1009 a frame too large, 1011 a
fault of ours.
"""

import random
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any, cast

from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

import settings
from api.bearer import Bearer, expired
from api.body import request_of
from api.context import Context, sign_in
from api.ending import ended
from api.errors import BAD_REQUEST, OPERATIONS_TOO_MANY, Formatted, RequestRefused
from api.operations import Running
from engines.jwks import KeysUnavailable
from engines.rates import OwnBuckets, Rate
from engines.tokens import TokenExpired, TokenInvalid

if TYPE_CHECKING:
    from api.frames import SocketAdapter
    from api.view import View

MALFORMED, FORBIDDEN, TIMEOUT, UNAVAILABLE = 4400, 4403, 4408, 4503
GOING_AWAY, TOO_MANY = 1001, 4429
ID_CHARACTERS_MAX = 128
MESSAGES = Rate(2 * settings.SOCKET_MESSAGES_PER_SECOND, settings.SOCKET_MESSAGES_PER_SECOND)
PING = '{"type":"ping"}'


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket and its operations (一个连接): a bad operation ends alone, a bad frame ends the socket."""

    view: "View"
    websocket: "SocketAdapter"
    bearer: Bearer | None = None
    ping_at = 0.0
    is_pinged = False
    is_worn = False
    """Whether what comes next must wait, for the caller was refused too often."""

    async def handle(self) -> None:
        """Talk until either side closes."""
        self.view.connections.add(self)
        self.pace = OwnBuckets()
        self.running: dict[str, Running] = {}
        try:
            if self.view.is_draining:
                await self.go_away()
            await super().handle()
        finally:
            self.view.connections.leave(self)

    async def shutdown(self) -> None:
        """End what runs for this socket."""
        running = list(self.running.values())
        self.running.clear()
        for operation in running:
            operation.offer.withdraw()
        await ended([one.task for one in running if one.task is not None])
        await ended([task for task in [self.websocket.sending] if task is not None])
        await super().shutdown()

    async def go_away(self) -> None:
        """Close because the server stops; without `complete`, so that clients subscribe again elsewhere."""
        await self.websocket.close(GOING_AWAY, "Going away")
        for operation_id in list(self.running):
            await self.cleanup_operation(operation_id)

    async def tend(self) -> None:
        """Close when the token is no longer good, or when the peer has not answered the last ping."""
        if self.bearer is None:
            return
        if objection := await self.bearer.objection():
            await self.websocket.close(FORBIDDEN, objection)
        elif monotonic() >= self.ping_at:
            if self.is_pinged:
                await self.websocket.close(TIMEOUT, "Pong missing")
                return
            self.is_pinged = True
            self.ping_at = monotonic() + settings.SOCKET_PING_SECONDS
            self.websocket.push(PING)

    async def handle_message(self, message: object) -> None:
        """Take one message; close with 4400 if it has no meaning, with 4429 if they come too fast."""
        self.is_pinged = False
        if self.is_worn:
            self.is_worn = False
            await self.view.brake.hold()
        if not self.pace.take("", 1, MESSAGES).is_granted:
            await self.websocket.close(TOO_MANY, "Too many messages")
            return
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            await self.handle_invalid_message("A message must be an object with a type")
            return
        if message["type"] in ("subscribe", "complete"):
            operation_id = message.get("id")
            if not isinstance(operation_id, str) or not 0 < len(operation_id) <= ID_CHARACTERS_MAX:
                await self.handle_invalid_message("The id must be a text of 1 to 128 characters")
                return
        await super().handle_message(cast(Any, message))

    async def handle_invalid_message(self, error_message: str) -> None:
        """Close with 4400."""
        await self.websocket.close(MALFORMED, error_message)

    async def handle_connection_init(self, message: Any) -> None:
        """Take the token, then acknowledge."""
        payload = message.get("payload")
        if payload is None:
            message = {**message, "payload": (payload := {})}
        if isinstance(payload, dict) and not self.connection_init_received:
            authorization = _authorization(payload)
            if authorization is None:
                await self.websocket.close(FORBIDDEN, "Token missing")
                return
            if not await self._signs_in(authorization):
                return
            if not self.view.connections.enter(self, self.context.require_actor().caller):
                await self._turn_away(TOO_MANY, "Too many sockets")
                return
            self.ping_at = monotonic() + settings.SOCKET_PING_SECONDS * random.uniform(0.5, 1.0)
            self.bearer = Bearer(self.context, authorization)
        await super().handle_connection_init(message)

    def refused(self, context: Context) -> None:
        """Count a refusal; after too many, what this socket says next is heard later."""
        self.is_worn = self.view.brake.is_worn(context)

    async def _signs_in(self, authorization: str) -> bool:
        """Whether the token is good; if not, close and say why."""
        try:
            await sign_in(self.context, authorization)
        except TokenExpired as error:
            await self._turn_away(FORBIDDEN, expired(error.expired_at))
        except TokenInvalid:
            await self._turn_away(FORBIDDEN, "Token invalid")
        except KeysUnavailable:
            await self.websocket.close(UNAVAILABLE, "The keys of the issuer cannot be read")
        return self.context.claims is not None

    async def _turn_away(self, code: int, reason: str) -> None:
        """Close on who may not come in; later when he tries again and again."""
        if self.view.brake.is_worn(self.context):
            await self.view.brake.hold()
        await self.websocket.close(code, reason)

    async def handle_subscribe(self, message: Any) -> None:
        """Start an operation."""
        operation_id = message["id"]
        if not self.connection_acknowledged:
            await self.websocket.close(4401, "Unauthorized")
            return
        if operation_id in self.running:
            await self.websocket.close(4409, f"Subscriber for {operation_id} already exists")
            return
        if not isinstance(message.get("payload"), dict):
            await self.handle_invalid_message("The payload must be an object")
            return
        try:
            said = await self.view.parts.documents.choose(request_of(message["payload"]), self.context.actor)
        except RequestRefused as refusal:
            self.refused(self.context)
            if refusal.code == BAD_REQUEST:
                await self.handle_invalid_message("The payload has no meaning")
            else:
                await self.refuse(operation_id, [refusal.formatted])
            return
        if len(self.running) >= (self.max_subscriptions_per_connection or 0):
            full = RequestRefused(400, "同一连接上的操作过多。", OPERATIONS_TOO_MANY, retry="backoff")
            await self.refuse(operation_id, [full.formatted])
            return
        self.running[operation_id] = Running(self, operation_id, said)

    async def cleanup_operation(self, operation_id: str) -> None:
        """End an operation that the client wants no longer."""
        operation = self.running.get(operation_id)
        if operation is not None:
            operation.forget()
            if operation.task is not None:
                operation.task.cancel()

    async def refuse(self, operation_id: str, errors: list[Formatted]) -> None:
        """Say that an operation has failed."""
        with suppress(WebSocketDisconnected):
            await self.say({"id": operation_id, "type": "error", "payload": errors})

    async def say(self, message: Formatted) -> None:
        """Send a message when the peer takes it; raise WebSocketDisconnected."""
        await self.websocket.send_json(message)


def _authorization(payload: dict[str, Any]) -> str | None:
    """The token of a connection_init: {"authorization": "Bearer …"} or {"token": …}."""
    for name in ("authorization", "Authorization"):
        if isinstance(said := payload.get(name), str):
            return said
    token = payload.get("token")
    return f"Bearer {token}" if isinstance(token, str) else None
