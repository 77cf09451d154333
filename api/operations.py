"""The operations of one socket (连接上的操作): each has an id, and ends alone."""

import asyncio
from contextlib import aclosing
from typing import TYPE_CHECKING

import orjson
from strawberry.http import GraphQLRequestData
from strawberry.http.exceptions import WebSocketDisconnected

from api.context import Context
from api.errors import Formatted
from api.observing import observed
from api.shared import Offer
from api.streaming import Failed, answers

if TYPE_CHECKING:
    from api.socket import SocketHandler


class Running:
    """One operation (操作): alone in a task of its own, or one of those who share a subscription."""

    __slots__ = ("head", "id", "offer", "socket", "task")

    def __init__(self, socket: "SocketHandler", operation_id: str, said: GraphQLRequestData) -> None:
        self.socket = socket
        self.id = operation_id
        self.head = f'{{"id":{orjson.dumps(operation_id).decode()},"type":"next","payload":'
        self.offer = Offer(socket.view.shared, said, self)
        self.task: asyncio.Task[None] | None = asyncio.create_task(self._run(said))

    async def _run(self, said: GraphQLRequestData) -> None:
        """Answer to the end, or until the rest is shared; nothing it meets leaves this task."""
        context = self.socket.context.for_operation()
        context.progress.hand_over = self.offer.hand_over(context)
        with observed(context.trail, context.request_id, "socket"):
            await self._answer(said, context)

    async def _answer(self, said: GraphQLRequestData, context: Context) -> None:
        try:
            async with aclosing(answers(self.socket.schema, said, context)) as stream:
                async for answer in stream:
                    await self._say({"type": "next", "payload": answer})
        except Failed as failure:
            self.forget()
            if context.trail.is_refused:
                self.socket.refused(context)
            await self.socket.refuse(self.id, failure.errors)
        except WebSocketDisconnected:
            self.forget()
        else:
            if context.progress.is_handed_over:
                self.task = None
                return
            self.forget()
            await self._say({"type": "complete"})

    async def _say(self, message: Formatted) -> None:
        await self.socket.say({"id": self.id} | message)

    def take(self, payload: str, cursor: str | None) -> None:
        """Send an event that was encoded for all who share it."""
        self.socket.websocket.push(f"{self.head}{payload}}}")

    def fail(self, errors: list[Formatted]) -> None:
        """Say that the shared subscription has ended: in an error, or because there is no more."""
        self.forget()
        message: Formatted = {"type": "error", "payload": errors} if errors else {"type": "complete"}
        self.socket.websocket.push(orjson.dumps({"id": self.id} | message).decode())

    def forget(self) -> None:
        """Free the id, unless a later operation has it by now."""
        self.offer.withdraw()
        if self.socket.running.get(self.id) is self:
            del self.socket.running[self.id]
