"""Asking the house at little cost (轻量传输): httpx' own transport takes longer than many an answer."""

import asyncio
from collections import defaultdict

import httptools
import httpx

Address = tuple[str, int]


class QuickTransport(httpx.AsyncBaseTransport):
    """HTTP/1.1 to servers of this machine, over connections that are kept; answers are read whole."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._idle: defaultdict[Address, list[Wire]] = defaultdict(list)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read its answer."""
        body = await request.aread()
        address = request.url.host, request.url.port or 80
        try:
            async with asyncio.timeout(self._seconds):
                wire = await self._wire(address)
                status, headers, content = await wire.ask(head_of(request) + body)
        except TimeoutError as late:
            raise httpx.ReadTimeout(f"No answer within {self._seconds} s.", request=request) from late
        except OSError as broken:
            raise httpx.ReadError(str(broken), request=request) from broken
        if wire.is_open:
            self._idle[address].append(wire)
        return httpx.Response(status, headers=headers, content=content, request=request)

    async def _wire(self, address: Address) -> "Wire":
        idle = self._idle[address]
        while idle:
            if (wire := idle.pop()).is_open:
                return wire
        _, opened = await asyncio.get_running_loop().create_connection(Wire, *address)
        return opened

    async def aclose(self) -> None:
        """Hang up everywhere."""
        for wires in self._idle.values():
            for wire in wires:
                wire.close()
        self._idle.clear()


class Wire(asyncio.Protocol):
    """One connection (连接): a question, its answer, and the next."""

    def __init__(self) -> None:
        self.is_open = False
        self._transport = asyncio.Transport()
        self._reading = Reading()

    async def ask(self, question: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
        """Send a question; the status, headers and content of its answer."""
        reading = self._reading = Reading()
        self._transport.write(question)
        try:
            await reading.is_whole
        except BaseException:
            self.close()
            raise
        if not reading.is_followed:
            self.close()
        return reading.parser.get_status_code(), reading.headers, b"".join(reading.parts)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The server has taken the call."""
        assert isinstance(transport, asyncio.Transport)
        self.is_open, self._transport = True, transport

    def data_received(self, data: bytes) -> None:
        """Read on."""
        self._reading.parser.feed_data(data)

    def connection_lost(self, reason: Exception | None) -> None:
        """The connection has ended; who waits for an answer hears it."""
        self.is_open = False
        self._reading.end(reason or ConnectionResetError("The server closed the connection."))

    def close(self) -> None:
        """Hang up."""
        self.is_open = False
        self._transport.close()


class Reading:
    """An answer as far as it has been read (读取中), told by the parser."""

    def __init__(self) -> None:
        self.parser = httptools.HttpResponseParser(self)
        self.headers: list[tuple[bytes, bytes]] = []
        self.parts: list[bytes] = []
        self.is_followed = False
        self.is_whole = asyncio.get_running_loop().create_future()

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header."""
        self.headers.append((name, value))

    def on_body(self, part: bytes) -> None:
        """A part of the content."""
        self.parts.append(part)

    def on_message_complete(self) -> None:
        """The end; only now does the parser know whether another answer may follow."""
        self.is_followed = self.parser.should_keep_alive()
        if not self.is_whole.done():
            self.is_whole.set_result(None)

    def end(self, reason: Exception) -> None:
        """There will be no more."""
        if not self.is_whole.done():
            self.is_whole.set_exception(reason)
            # between two questions nobody waits
            self.is_whole.exception()


def head_of(request: httpx.Request) -> bytes:
    """The request's line and headers."""
    headers = b"".join(b"%b: %b\r\n" % pair for pair in request.headers.raw)
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (request.method.encode(), request.url.raw_path, headers)
