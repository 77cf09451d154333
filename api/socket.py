"""Sockets (WebSocket) speaking graphql-transport-ws.

Close codes: 4400 a malformed frame, 4401 an operation before the connection is acknowledged, 4403 a token
that is missing, invalid or expired (the reason says which; clients may reconnect with a fresh one), 4406
another subprotocol, 4408 no connection_init in time, 4409 an operation id in use, 4429 a second
connection_init, messages too fast or too many sockets of one caller, 4503 the issuer's keys cannot be read,
1001 the server is going away, 1009 a frame too large, 1011 a fault of ours.
"""

import asyncio
from contextlib import aclosing, suppress
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.types.execution import ExecutionResult, PreExecutionError

import settings
from api.body import request_of
from api.context import Context, put_on_record, sign_in
from api.errors import (
    BAD_REQUEST,
    OPERATIONS_TOO_MANY,
    Formatted,
    RequestRefused,
    internal,
    is_away,
    is_request_error,
    present,
    unavailable,
)
from api.observing import observed
from engines.jwks import KeysUnavailable
from engines.logs import log_fault
from engines.rates import OwnBuckets, Rate
from engines.tokens import LEEWAY, TokenExpired, TokenInvalid
from services.reading import reading

if TYPE_CHECKING:
    from api.view import View

MALFORMED, FORBIDDEN, UNAVAILABLE, GOING_AWAY, TOO_MANY = 4400, 4403, 4503, 1001, 4429
ID_CHARACTERS_MAX = 128
MESSAGES = Rate(2 * settings.SOCKET_MESSAGES_PER_SECOND, settings.SOCKET_MESSAGES_PER_SECOND)
CANCEL_AGAIN_SECONDS = 2.0


class SocketHandler(BaseGraphQLTransportWSHandler[Context, None]):
    """One socket and its operations (一个连接): a bad operation ends alone, a bad frame ends the socket."""

    view: "View"
    expiry: asyncio.Task[None] | None = None
    caller: str | None = None

    async def handle(self) -> None:
        """Talk until either side closes."""
        self.view.sockets.add(self)
        self.pace = OwnBuckets()
        try:
            if self.view.is_draining:
                await self.go_away()
            await super().handle()
        finally:
            self.view.leave(self)

    async def shutdown(self) -> None:
        """End what runs for this socket."""
        tasks = {operation.task for operation in self.operations.values() if operation.task is not None}
        if self.expiry is not None:
            tasks.add(self.expiry)
        self.operations.clear()
        # Until Python 3.12 `wait_for`, which drivers use, may swallow a cancellation: cancel again.
        while tasks:
            for task in tasks:
                task.cancel()
            _, tasks = await asyncio.wait(tasks, timeout=CANCEL_AGAIN_SECONDS)
        await super().shutdown()

    async def go_away(self) -> None:
        """Close because the server stops; without `complete`, so that clients subscribe again elsewhere."""
        await self.websocket.close(GOING_AWAY, "Going away")
        for operation_id in list(self.operations):
            await self.cleanup_operation(operation_id)

    async def handle_message(self, message: object) -> None:
        """Take one message; close with 4400 if it has no meaning, with 4429 if they come too fast."""
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
            if not await self._signs_in(_authorization(payload)):
                return
            if not self.view.enter(self):
                await self.websocket.close(TOO_MANY, "Too many sockets")
                return
            self.expiry = asyncio.create_task(self._close_when_expired())
        await super().handle_connection_init(message)

    async def _signs_in(self, authorization: str | None) -> bool:
        """Whether the token is good; if not, close and say why."""
        if authorization is None:
            await self.websocket.close(FORBIDDEN, "Token missing")
            return False
        try:
            await sign_in(self.context, authorization)
        except TokenExpired as error:
            await self.websocket.close(FORBIDDEN, _expired(error.expired_at))
        except TokenInvalid:
            await self.websocket.close(FORBIDDEN, "Token invalid")
        except KeysUnavailable:
            await self.websocket.close(UNAVAILABLE, "The keys of the issuer cannot be read")
        return self.context.claims is not None

    async def _close_when_expired(self) -> None:
        claims = self.context.claims
        assert claims is not None
        while not claims.is_expired(self.context.now()):
            left = claims.expires_at + LEEWAY - self.context.now()
            # In steps: the machine's clock may be set while this sleeps.
            await asyncio.sleep(min(max(left.total_seconds(), 0.0), 60.0))
        await self.websocket.close(FORBIDDEN, _expired(claims.expires_at))

    async def handle_subscribe(self, message: Any) -> None:
        """Start an operation."""
        operation_id = message["id"]
        if not self.connection_acknowledged:
            await self.websocket.close(4401, "Unauthorized")
            return
        if operation_id in self.operations:
            await self.websocket.close(4409, f"Subscriber for {operation_id} already exists")
            return
        if not isinstance(message.get("payload"), dict):
            await self.handle_invalid_message("The payload must be an object")
            return
        try:
            said = await self.view.parts.documents.choose(request_of(message["payload"]), self.context.actor)
        except RequestRefused as refusal:
            if refusal.code == BAD_REQUEST:
                await self.handle_invalid_message("The payload has no meaning")
            else:
                await self._refuse(operation_id, refusal.formatted)
            return
        if len(self.operations) >= (self.max_subscriptions_per_connection or 0):
            full = RequestRefused(400, "同一连接上的操作过多。", OPERATIONS_TOO_MANY, retry="backoff")
            await self._refuse(operation_id, full.formatted)
            return
        operation = Operation(self, operation_id, said.query or "", said.variables, said.operation_name)
        self.operations[operation_id] = operation
        operation.task = asyncio.create_task(self.run_operation(operation))
        operation.task.add_done_callback(self._task_done)

    async def run_operation(self, operation: Operation[Context, None]) -> None:
        """Run one operation to its end; nothing it meets leaves this task."""
        context = self.context.for_operation()
        with observed(context.trail, context.request_id, "socket"), suppress(WebSocketDisconnected):
            try:
                await self._run(operation, context)
            except GraphQLError as error:
                # The parser cache lets syntax errors through.
                await self._end(operation, present([error], request_id=context.request_id), context)
            except WebSocketDisconnected:
                raise
            # The edge of an operation: its fault is logged and masked, the socket goes on.
            except Exception as error:
                log_fault("operation.fault", error, request_id=context.request_id)
                said = unavailable() if is_away(error) else internal(context.request_id)
                await self._end(operation, [said], context)
        self._forget(operation)

    async def _run(self, operation: Operation[Context, None], context: Context) -> None:
        with reading() as seen:
            results = await self.schema.stream(
                operation.query,
                variable_values=operation.variables,
                context_value=context,
                operation_name=operation.operation_name,
            )
            async with aclosing(results):
                async for result in results:
                    assert isinstance(result, ExecutionResult)
                    await put_on_record(context, seen)
                    if not await self._show(operation, context, result):
                        return
                    context.renew()
        self._forget(operation)
        await self._say({"id": operation.id, "type": "complete"})

    async def _show(
        self, operation: Operation[Context, None], context: Context, result: ExecutionResult
    ) -> bool:
        """Send a result; gives whether more may follow."""
        errors = present(result.errors or [], request_id=context.request_id)
        if isinstance(result, PreExecutionError) or is_request_error(result.data, result.errors):
            await self._end(operation, errors, context)
            return False
        context.trail.saw(errors)
        payload: Formatted = {"data": result.data}
        if errors:
            payload["errors"] = errors
        if result.extensions:
            payload["extensions"] = result.extensions
        await self._say({"id": operation.id, "type": "next", "payload": payload})
        return True

    async def _end(
        self, operation: Operation[Context, None], errors: list[Formatted], context: Context
    ) -> None:
        context.trail.saw(errors)
        self._forget(operation)
        await self._refuse(operation.id, errors)

    async def _refuse(self, operation_id: str, errors: Formatted | list[Formatted]) -> None:
        payload = errors if isinstance(errors, list) else [errors]
        await self._say({"id": operation_id, "type": "error", "payload": payload})

    async def _say(self, message: Formatted) -> None:
        await self.websocket.send_json(message)

    def _forget(self, operation: Operation[Context, None]) -> None:
        """Free the id, unless a later operation has it by now."""
        if self.operations.get(operation.id) is operation:
            del self.operations[operation.id]


def _authorization(payload: dict[str, Any]) -> str | None:
    """The token of a connection_init: {"authorization": "Bearer …"} or {"token": …}."""
    for name in ("authorization", "Authorization"):
        if isinstance(said := payload.get(name), str):
            return said
    token = payload.get("token")
    return f"Bearer {token}" if isinstance(token, str) else None


def _expired(instant: datetime) -> str:
    return f"Token expired at {instant:%Y-%m-%dT%H:%M:%SZ}"
