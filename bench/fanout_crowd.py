"""Thousands of subscribers in one process (订阅人群): frames are counted, not read."""

import asyncio
import base64
import json
import os
from dataclasses import dataclass, field
from time import perf_counter
from typing import cast

MASK = bytes(4)
"""A mask of zeros leaves what is sent as it is."""

TEXT, PING, PONG, CLOSE = 0x81, 0x89, 0x8A, 0x88


def frame(kind: int, data: bytes) -> bytes:
    """A masked frame of a client (帧)."""
    size = len(data)
    head = bytes([kind, 0x80 | size]) if size < 126 else bytes([kind, 0xFE]) + size.to_bytes(2, "big")
    return head + MASK + data


@dataclass
class Crowd:
    """Who listens (人群), and when each of them last heard something."""

    payload: dict[str, object]
    token: str = ""
    members: list["Member"] = field(default_factory=list)
    received: int = 0
    wanted: int = 0
    arrivals: list[float] = field(default_factory=list)
    lost: int = 0
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def expect(self, count: int) -> None:
        """Wait for so many events altogether."""
        self.received, self.wanted, self.arrivals = 0, count, []
        self.done.clear()

    def heard(self, count: int) -> None:
        """Somebody has got so many events."""
        self.received += count
        now = perf_counter()
        self.arrivals.extend([now] * count)
        if self.received >= self.wanted:
            self.done.set()

    async def come(self, port: int, count: int) -> None:
        """So many more subscribers, each on a socket of its own."""
        turns = asyncio.Semaphore(64)

        async def one() -> None:
            async with turns:
                loop = asyncio.get_running_loop()
                _, member = await loop.create_connection(lambda: Member(self, port), "127.0.0.1", port)
                self.members.append(member)
                await member.subscribed

        await asyncio.gather(*(one() for _ in range(count)))

    def go(self) -> None:
        """Hang up all at once."""
        for member in self.members:
            member.is_leaving = True
            member.transport.abort()
        self.members.clear()


class Member(asyncio.Protocol):
    """One subscriber (订阅者)."""

    __slots__ = ("buffer", "crowd", "is_leaving", "is_open", "port", "subscribed", "transport")
    transport: asyncio.Transport

    def __init__(self, crowd: Crowd, port: int) -> None:
        self.crowd, self.port = crowd, port
        self.buffer = b""
        self.is_open = self.is_leaving = False
        self.subscribed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a socket."""
        # uvloop's transports are no subclasses
        self.transport = transport = cast(asyncio.Transport, transport)
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def say(self, message: object) -> None:
        """Send a message."""
        self.transport.write(frame(TEXT, json.dumps(message).encode()))

    def data_received(self, data: bytes) -> None:
        """Count the events among what came."""
        data = self.buffer + data
        if not self.is_open:
            head, found, data = data.partition(b"\r\n\r\n")
            if not found:
                self.buffer = head
                return
            assert b" 101 " in head, head
            self.is_open = True
            self.say({"type": "connection_init", "payload": {"token": self.crowd.token}})
        events = place = 0
        while len(data) - place >= 2:
            size, begin = data[place + 1], place + 2
            if size == 126:
                size, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
            if len(data) < begin + size:
                break
            events += self._take(data[place], data[begin : begin + size])
            place = begin + size
        self.buffer = data[place:]
        if events:
            self.crowd.heard(events)

    def _take(self, kind: int, body: bytes) -> bool:
        """Whether a frame is an event; answer it when it asks for an answer."""
        if kind == PING:
            self.transport.write(frame(PONG, body))
        elif kind == TEXT and b'"type":"next"' in body:
            return True
        elif kind == TEXT and b'"type":"ping"' in body:
            self.say({"type": "pong"})
        elif kind == TEXT and b"connection_ack" in body:
            self.say({"type": "subscribe", "id": "1", "payload": self.crowd.payload})
            # a query behind the subscription: its answer says that the server has read both
            self.say({"type": "ping"})
        elif kind == TEXT and b'"type":"pong"' in body and not self.subscribed.done():
            self.subscribed.set_result(None)
        elif not self.is_leaving and (kind == CLOSE or b'"type":"error"' in body):
            self.crowd.lost += 1
            print("lost:", body[:300])
        return False

    def connection_lost(self, error: Exception | None) -> None:
        """Somebody who did not want to leave is lost."""
        if not self.is_leaving:
            self.crowd.lost += 1
        if not self.subscribed.done():
            self.subscribed.set_exception(ConnectionError("closed before it was subscribed"))
