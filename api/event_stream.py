"""Event streams (SSE, 服务器推送): operations over plain HTTP, for clients without WebSocket.

Speaks the "distinct connections mode" of graphql-sse: one request, one operation; `next` events with the
answers, one `complete` at the end. The id of an event is its cursor, and `Last-Event-ID` goes on from there.
A stream that ends without `complete` is to be asked for again.
"""

import asyncio
from collections import deque
from contextlib import aclosing, suppress
from dataclasses import replace

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.http import GraphQLRequestData
from strawberry.schema import BaseSchema
from strawberry.types.graphql import OperationType

import settings
from api.bearer import Bearer
from api.brake import Brake
from api.connections import Connections
from api.context import Context
from api.ending import ended
from api.errors import Formatted
from api.observing import Trail, observed
from api.progress import Progress
from api.shared import Offer, SharedStreams
from api.streaming import Failed, answers

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = b":\n\n"
COMPLETE = b"event: complete\ndata:\n\n"
KINDS = {
    "GET": (OperationType.QUERY, OperationType.SUBSCRIPTION),
    "POST": (OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION),
}


class EventStream(Response):
    """The answer to a request that wants events (事件流应答)."""

    def __init__(
        self,
        said: GraphQLRequestData,
        context: Context,
        *,
        schema: BaseSchema,
        shared: SharedStreams,
        connections: Connections,
        brake: Brake,
        bearer: Bearer | None,
    ) -> None:
        headers = {"Content-Type": f"{MEDIA_TYPE}; charset=utf-8", "Cache-Control": "no-store"}
        # a proxy that gathers answers would hold events back
        super().__init__(headers=headers | {"X-Accel-Buffering": "no"})
        del self.headers["content-length"]
        # the request has been answered when the operation begins
        self.context = replace(context, trail=Trail())
        self.said, self.schema = said, schema
        self.connections, self.brake, self.bearer = connections, brake, bearer
        self.kinds = KINDS[str(context.request.scope["method"])]
        self.offer = Offer(shared, said, self)
        self.waiting: deque[bytes] = deque()
        self.is_over = False
        self._news = asyncio.Event()
        self._room = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the operation, the client or the server ends."""
        tasks = [asyncio.create_task(self._run()), asyncio.create_task(self._notice_leaving(receive))]
        try:
            start = {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers}
            # the server raises when the client was quicker
            with suppress(OSError):
                await send(start)
                # some proxies and clients wait for the first byte
                await send({"type": "http.response.body", "body": HEARTBEAT, "more_body": True})
                while (body := await self._next()) is not None:
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self.offer.withdraw()
            try:
                await ended(tasks)
            finally:
                self.connections.leave(self)

    async def _next(self) -> bytes | None:
        """What to send next: everything that waits, or a sign of life; None at the end."""
        while not self.waiting:
            if self.is_over:
                return None
            self._news.clear()
            try:
                async with asyncio.timeout(settings.HEARTBEAT_SECONDS):
                    await self._news.wait()
            except TimeoutError:
                return HEARTBEAT
        body = b"".join(self.waiting)
        self.waiting.clear()
        self._room.set()
        return body

    async def _run(self) -> None:
        """Answer to the end, or until the rest is shared."""
        progress = self.context.progress
        progress.hand_over = self.offer.hand_over(self.context)
        with observed(self.context.trail, self.context.request_id, "events"):
            await self._answer(progress)

    async def _answer(self, progress: Progress) -> None:
        try:
            async with aclosing(answers(self.schema, self.said, self.context, self.kinds)) as stream:
                async for answer in stream:
                    self._put(event(orjson.dumps(answer), progress.cursor))
                    # alone one need not go on before this is sent
                    self._room.clear()
                    await self._room.wait()
        except Failed as failure:
            if self.context.trail.is_refused:
                await self.brake.slow(self, self.context)
            self.fail(failure.errors)
            return
        if not progress.is_handed_over:
            self.fail([])

    async def _notice_leaving(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._end()

    def _put(self, body: bytes) -> None:
        self.waiting.append(body)
        self._news.set()

    def _end(self) -> None:
        """End without `complete`, so that the client asks again."""
        self.offer.withdraw()
        self.is_over = True
        self._news.set()

    def take(self, payload: str, cursor: str | None) -> None:
        """Send an event that was encoded for all who share it; a client who takes too few is cut off."""
        if len(self.waiting) >= settings.SOCKET_BACKLOG_MAX:
            self.waiting.clear()
            self._end()
        else:
            self._put(event(payload.encode(), cursor))

    def fail(self, errors: list[Formatted]) -> None:
        """End the operation: with what went wrong, if something did."""
        if errors:
            self._put(event(orjson.dumps({"errors": errors}), None))
        self._put(COMPLETE)
        self._end()

    async def tend(self) -> None:
        """End when the token is no longer good: whoever asks again learns why."""
        if self.bearer is not None and await self.bearer.objection():
            self._end()

    async def go_away(self) -> None:
        """End because the server stops."""
        self._end()


def event(payload: bytes, cursor: str | None) -> bytes:
    """One `next` event; its id is where a client goes on from."""
    named = b"id: %b\n" % cursor.encode() if cursor else b""
    return b"event: next\n%bdata: %b\n\n" % (named, payload)
