"""Sockets with a client that others wrote: gql of PyPI."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from gql import Client, gql
from gql.transport.exceptions import TransportConnectionFailed, TransportError, TransportQueryError
from gql.transport.websockets import WebsocketsTransport
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

import settings
from api import connections
from tests.api.door import Door
from tests.api.small_schema import news

NEWS = "subscription ($after: String) { news(after: $after) { number } }"
Misuse = Callable[[WebsocketsTransport], Awaitable[Any]]


def transport(door: Door, **options: Any) -> WebsocketsTransport:
    said = {"init_payload": {"authorization": f"Bearer {door.token()}"}, **options}
    return WebsocketsTransport(f"ws://127.0.0.1:{door.port}/graphql", connect_args={"proxy": None}, **said)


async def listen(session: Any, after: str | None = None) -> AsyncIterator[int]:
    request = gql(NEWS)
    request.variable_values = {"after": after}
    async for answer in session.subscribe(request):
        yield answer["news"]["number"]


async def test_subscribes_replays_and_pings(fresh_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKET_PING_SECONDS", 0.1)
    monkeypatch.setattr(connections, "TICK_SECONDS", 0.02)
    await fresh_door.parts.bell.listening()
    with news.fresh():
        news.texts += ["1", "2", "3"]
        carrier = transport(fresh_door, ping_interval=0.1, pong_timeout=5)
        async with asyncio.timeout(20), Client(transport=carrier) as session:
            events = listen(session, "1")
            heard = [await anext(events), await anext(events)]
            # the server pings too, and closes who does not answer
            await asyncio.wait_for(carrier.ping_received.wait(), 5)
            await asyncio.wait_for(carrier.pong_received.wait(), 5)
            news.texts.append("4")
            await fresh_door.parts.bell.ring(["news"])
            heard.append(await anext(events))
            await events.aclose()  # type: ignore[attr-defined]  # a generator
            hello = await session.execute(gql("{ hello }"))
            with pytest.raises(TransportQueryError, match="Cannot query field"):
                await session.execute(gql("{ unknown }"))

    assert heard == [2, 3, 4]
    assert hello == {"hello": "你好"}


async def say(carrier: WebsocketsTransport, *messages: object) -> None:
    for message in messages:
        await carrier._send(message if isinstance(message, str) else json.dumps(message))


SUBSCRIBE = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { silent }"}}


class Rude(WebsocketsTransport):
    """A client that does not begin as it should."""

    async def _initialize(self) -> None:
        await self._send_query_first()

    async def _send_query_first(self) -> None:
        await self._send(json.dumps(SUBSCRIBE))
        await self._receive()


class Silent(Rude):
    """A client that says nothing."""

    async def _send_query_first(self) -> None:
        await self._receive()


@pytest.mark.parametrize(
    ("code", "misuse"),
    [
        (4400, lambda carrier: say(carrier, "{")),
        (4409, lambda carrier: say(carrier, SUBSCRIBE, SUBSCRIBE)),
        (4429, lambda carrier: say(carrier, {"type": "connection_init"})),
    ],
)
async def test_closes_on_misuse_with_a_code_that_the_client_sees(
    fresh_door: Door, code: int, misuse: Misuse
) -> None:
    carrier = transport(fresh_door)
    async with asyncio.timeout(20), Client(transport=carrier) as session:
        await misuse(carrier)
        with pytest.raises(TransportError):
            async for _ in session.subscribe(gql("subscription { silent }")):
                pass

    assert code_of(carrier.close_exception) == code


@pytest.mark.parametrize(
    ("code", "kind", "options"),
    [
        (4401, Rude, {}),
        (4403, WebsocketsTransport, {"init_payload": {"token": "x"}}),
        (4406, WebsocketsTransport, {"subprotocols": [Subprotocol("graphql-ws")]}),
        (4408, Silent, {}),
    ],
)
async def test_refuses_a_bad_beginning_with_a_code_that_the_client_sees(
    fresh_door: Door, code: int, kind: type[WebsocketsTransport], options: dict[str, Any]
) -> None:
    fresh_door.view.connection_init_wait_timeout = timedelta(milliseconds=100)
    said = {"init_payload": {"token": fresh_door.token()}, "connect_args": {"proxy": None}, **options}
    carrier = kind(f"ws://127.0.0.1:{fresh_door.port}/graphql", **said)

    async with asyncio.timeout(20):
        with pytest.raises(TransportConnectionFailed) as failed:
            await Client(transport=carrier).connect_async()

    assert code_of(failed.value) == code


def code_of(error: BaseException | None) -> int | None:
    """The close code somewhere among the causes of an error."""
    while error is not None:
        if isinstance(error, ConnectionClosed) and error.rcvd is not None:
            return error.rcvd.code
        error = error.__cause__ or error.__context__
    return None
