"""A subscriber that can be cut off, and comes back with the cursor of what it last received."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets

from ops.client import Client, Json
from ops.road_documents import EVENT

PATIENT = f"""
subscription Patient($memberId: UUID, $after: String) {{
  patientEvents(memberId: $memberId, after: $after) {{ {EVENT} }}
}}"""
HOSPITAL = f"subscription Hospital($after: String) {{ hospitalEvents(after: $after) {{ {EVENT} }} }}"
CURSOR = "query Cursor($memberId: UUID) { patientEventCursor(memberId: $memberId) }"


class Ended(Exception):
    """The subscription ended."""

    def __init__(self, message: Json) -> None:
        self.message = message
        super().__init__(str(message))


class Subscriber:
    """Somebody who listens (订阅者), and keeps what it received over all its connections."""

    def __init__(self, client: Client, document: str = PATIENT, **variables: Any) -> None:
        self.client = client
        self.document, self.variables = document, variables
        self.cursor: str | None = None
        self.received: list[Json] = []

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["Line"]:
        """A connection that goes on after the last event received; cut off at the end of the block."""
        address = self.client.url.replace("http", "ws", 1) + "/graphql"
        protocol = websockets.Subprotocol("graphql-transport-ws")
        async with websockets.connect(address, subprotocols=[protocol], compression=None) as socket:
            said = {"authorization": f"Bearer {self.client.token}"}
            await socket.send(json.dumps({"type": "connection_init", "payload": said}))
            answer = json.loads(await socket.recv())
            assert answer["type"] == "connection_ack", answer
            variables = {**self.variables, "after": self.cursor}
            payload = {"query": self.document, "variables": variables}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            try:
                yield Line(self, socket)
            finally:
                # as a phone in a lift: no close frame, no goodbye
                socket.transport.abort()


class Line:
    """One connection of a subscriber (连接)."""

    def __init__(self, subscriber: Subscriber, socket: websockets.ClientConnection) -> None:
        self.subscriber = subscriber
        self.socket = socket

    async def next(self) -> Json:
        """The next event; raises `Ended` when there will be none."""
        while True:
            message = json.loads(await self.socket.recv())
            if message["type"] == "ping":
                await self.socket.send(json.dumps({"type": "pong"}))
                continue
            payload = message.get("payload")
            data = payload.get("data") if isinstance(payload, dict) else None
            if message["type"] != "next" or not data:
                raise Ended(message)
            (event,) = data.values()
            self.subscriber.cursor = event["cursor"]
            self.subscriber.received.append(event)
            return dict(event)

    async def take(self, count: int) -> None:
        """So many more events."""
        for _ in range(count):
            await self.next()
