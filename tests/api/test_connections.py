"""Connections that last: pinged, looked at again, closed by and by, and leaving nothing behind."""

import asyncio
import gc
from contextlib import AsyncExitStack
from time import monotonic

import pytest

import settings
from api import connections
from api.app import drain
from api.event_stream import EventStream
from api.operations import Running
from api.socket import SocketHandler
from bench.fanout_crowd import Crowd
from engines.jwks import KeysUnavailable
from engines.tokens import Claims, TokenInvalid
from tests.api.door import Door, closed, hear, say, subscribe, until
from tests.api.small_schema import lives, news


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "TICK_SECONDS", 0.02)


async def test_pings_and_keeps_who_answers(fresh_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKET_PING_SECONDS", 0.1)
    async with fresh_door.talk() as client:
        for _ in range(3):
            assert await hear(client) == {"type": "ping"}
            await say(client, {"type": "pong"})
        await subscribe(client, "{ hello }")
        answer = await hear(client)

    assert answer["payload"]["data"] == {"hello": "你好"}


async def test_closes_who_does_not_answer_a_ping(fresh_door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKET_PING_SECONDS", 0.1)
    async with fresh_door.talk() as client:
        assert await closed(client) == 4408
        assert client.close_reason == "Pong missing"


async def test_closes_when_the_token_is_good_no_longer(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "TOKEN_CHECK_SECONDS", 0.1)
    verifier = fresh_door.parts.tokens
    verify, state = verifier.verify, {"error": None, "asked": 0}

    async def again(token: str) -> Claims:
        state["asked"] += 1
        if state["error"] is not None:
            raise state["error"]
        return await verify(token)

    monkeypatch.setattr(verifier, "verify", again)
    async with fresh_door.talk() as client:
        await until(lambda: state["asked"] >= 3)
        state["error"] = KeysUnavailable("away")
        asked = state["asked"]
        await until(lambda: state["asked"] >= asked + 2)
        await subscribe(client, "{ hello }")
        still_there = await hear(client)
        state["error"] = TokenInvalid("withdrawn")

        assert await closed(client) == 4403
        assert client.close_reason == "Token no longer valid"
    assert still_there["payload"]["data"] == {"hello": "你好"}


async def test_closes_one_after_another_when_the_server_drains(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "PAUSE_MAX", 0.1)
    instants: list[float] = []
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(fresh_door.talk()) for _ in range(5)]

        async def wait(number: int) -> int | None:
            code = await closed(clients[number])
            instants.append(monotonic())
            return code

        draining = asyncio.create_task(drain(fresh_door.app))
        codes = await asyncio.gather(*map(wait, range(5)))
        await draining

    assert codes == [1001] * 5
    assert max(instants) - min(instants) > 0.3


async def test_leaves_nothing_behind_after_a_thousand_clients_vanished(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOCKETS_MAX", 100)
    await fresh_door.parts.bell.listening()
    before = asyncio.all_tasks()
    payload: dict[str, object] = {"query": "subscription { news { number text } }"}
    with news.fresh():
        for turn in range(20):
            crowd = Crowd(payload, fresh_door.token())
            await crowd.come(fresh_door.port, 50)
            if turn % 2:
                # they vanish while they are being sent to
                news.texts.append("x")
                await fresh_door.parts.bell.ring(["news"])
            crowd.go()
            assert crowd.lost == 0
        await fresh_door.view.connections.all_gone()
        await until(lambda: not asyncio.all_tasks() - before)

    gc.collect()
    left = [one for one in gc.get_objects() if isinstance(one, (SocketHandler, Running, EventStream))]
    assert left == []
    assert lives.generators == 0
    assert fresh_door.parts.bell._listeners == {}
    assert (fresh_door.view.shared.running, fresh_door.view.shared.alone) == ({}, {})
    assert not fresh_door.view.connections.callers
    assert not fresh_door.view.connections._tending
