"""The tests' own way of asking behaves as httpx' would."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
import pytest

from tests.quick_http import QuickTransport

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
PARTS = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
LAST = b"HTTP/1.1 413 Content Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def saying(*connections: Sequence[bytes]) -> AsyncIterator[str]:
    """A server that gives each connection these answers, one a request, and hangs up; its address."""
    left = list(connections)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for one in left.pop(0):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(one)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/a?b=c"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    """A client that asks this way."""
    async with httpx.AsyncClient(transport=QuickTransport(0.2)) as made:
        yield made


async def test_one_connection_serves_many_questions(client: httpx.AsyncClient) -> None:
    async with saying([WHOLE, PARTS, WHOLE]) as url:
        answers = [await client.get(url) for _ in range(3)]

    assert [(answer.status_code, answer.text) for answer in answers] == [(200, "ok")] * 3


async def test_after_a_server_has_hung_up_the_next_question_opens_anew(client: httpx.AsyncClient) -> None:
    async with saying([LAST], [WHOLE]) as url:
        answers = [await client.get(url) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [413, 200]


@pytest.mark.parametrize("said", [[], [WHOLE[:-1]]], ids=["nothing", "half an answer"])
async def test_a_lost_answer_is_an_error(client: httpx.AsyncClient, said: list[bytes]) -> None:
    async with saying(said) as url:
        with pytest.raises(httpx.ReadError):
            await client.get(url)


async def test_who_waits_too_long_hears_it(client: httpx.AsyncClient) -> None:
    async with saying([b""] * 2) as url:
        with pytest.raises(httpx.ReadTimeout):
            await client.get(url)
