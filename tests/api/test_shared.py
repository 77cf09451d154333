"""Subscriptions that are alike: executed once, encoded once, and nobody misses or repeats an event."""

import asyncio
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

import settings
from api.shared import cursor_variable
from engines.rates import Rates
from tests.api.door import Door, hear, publish, say, subscribe, until
from tests.api.small_schema import news

NEWS = "subscription ($after: String) { news(after: $after) { number text } }"


pytestmark = pytest.mark.usefixtures("told")


async def numbers(client: ClientConnection, count: int) -> list[int]:
    found = []
    for _ in range(count):
        message = await hear(client)
        assert message["type"] == "next", message
        found.append(message["payload"]["data"]["news"]["number"])
    return found


async def settled(door: Door, alone: int, together: int) -> None:
    """Wait until so many run alone and so many share."""
    shared = door.view.shared

    def is_so() -> bool:
        places = sum(len(one.places) for one in shared.running.values())
        return (len(shared.alone), places) == (alone, together)

    await until(is_so)


async def test_executes_an_event_once_for_all_who_are_alike(fresh_door: Door) -> None:
    async with AsyncExitStack() as stack:
        clients = [await stack.enter_async_context(fresh_door.talk()) for _ in range(5)]
        for number, client in enumerate(clients):
            await subscribe(client, NEWS, id=f"“{number}”")
        await settled(fresh_door, 1, 4)
        await publish(fresh_door, "first")
        first = [await hear(client) for client in clients]
        await settled(fresh_door, 0, 5)
        news.executed = 0
        await publish(fresh_door, "second", "third")
        rest = [await numbers(client, 2) for client in clients]

    assert [message["id"] for message in first] == [f"“{number}”" for number in range(5)]
    assert [message["payload"]["data"]["news"]["text"] for message in first] == ["first"] * 5
    assert rest == [[2, 3]] * 5
    assert news.executed == 2


async def test_replays_alone_and_then_joins(fresh_door: Door) -> None:
    news.texts += ["1", "2", "3"]
    async with fresh_door.talk() as first, fresh_door.talk() as second, fresh_door.talk() as late:
        for client in (first, second):
            await subscribe(client, NEWS)
        await settled(fresh_door, 1, 1)
        await subscribe(late, NEWS, variables={"after": "1"})
        replayed = await numbers(late, 2)
        await settled(fresh_door, 1, 2)
        await publish(fresh_door, "4")
        live = [await numbers(client, 1) for client in (first, second, late)]

    assert (replayed, live) == ([2, 3], [[4]] * 3)


async def test_nobody_misses_or_repeats_an_event_while_others_come_and_go(fresh_door: Door) -> None:
    heard: list[list[int]] = []

    async def listen(start: int) -> None:
        mine: list[int] = []
        heard.append(mine)
        while len(mine) < 200 - start:
            async with fresh_door.talk() as client:
                await subscribe(client, NEWS, variables={"after": str(start + len(mine))})
                mine += await numbers(client, min(7 + start, 200 - start - len(mine)))
                # unread events would keep a polite goodbye waiting
                client.transport.abort()

    async def write() -> None:
        for number in range(200):
            await publish(fresh_door, str(number))
            await asyncio.sleep(0)

    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(write())
        for start in (0, 3, 50):
            group.create_task(listen(start))

    assert heard == [list(range(start + 1, 201)) for start in (0, 3, 50)]


@pytest.mark.parametrize(
    "other",
    [
        {"query": NEWS.replace("number", "number number")},
        {"query": NEWS, "variables": {"other": 1}},
        {"query": f"{NEWS} query Q {{ hello }}", "operationName": None},
    ],
    ids=["document", "variables", "more operations"],
)
async def test_shares_nothing_that_differs(fresh_door: Door, other: dict[str, Any]) -> None:
    async with fresh_door.talk() as one, fresh_door.talk() as two:
        await subscribe(one, NEWS)
        await settled(fresh_door, 1, 0)
        await say(two, {"type": "subscribe", "id": "1", "payload": other})
        if "operationName" in other:
            assert (await hear(two))["type"] == "error"
            return
        await settled(fresh_door, 2, 0)


async def test_shares_nothing_with_another_caller(fresh_door: Door) -> None:
    async with fresh_door.talk() as one, fresh_door.talk(fresh_door.token(subject="patient-2")) as two:
        await subscribe(one, NEWS)
        await subscribe(two, NEWS)

        await settled(fresh_door, 2, 0)


async def test_shares_nothing_with_the_reference_engine(fresh_door: Door) -> None:
    reference = {"X-Gql-Engine": "reference"}
    async with fresh_door.talk() as one, fresh_door.talk(additional_headers=reference) as two:
        await subscribe(one, NEWS)
        await subscribe(two, NEWS)

        await settled(fresh_door, 2, 0)


async def test_charges_everybody_but_not_the_shared_run(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    charged: list[str] = []
    take = Rates.take

    async def count(self: Rates, caller: str, *rest: Any) -> Any:
        charged.append(caller)
        return await take(self, caller, *rest)

    monkeypatch.setattr(Rates, "take", count)
    async with AsyncExitStack() as stack:
        for _ in range(3):
            client = await stack.enter_async_context(fresh_door.talk())
            await subscribe(client, NEWS)
        await settled(fresh_door, 1, 2)

    assert charged == ["PATIENT:patient-1"] * 3


async def test_ends_the_shared_run_with_its_last_subscriber(fresh_door: Door) -> None:
    async with fresh_door.talk() as client:
        await subscribe(client, NEWS, id="0")
        await settled(fresh_door, 1, 0)
        await subscribe(client, NEWS, id="1")
        await subscribe(client, NEWS, id="2")
        await settled(fresh_door, 1, 2)
        await say(client, {"type": "complete", "id": "1"})
        await say(client, {"type": "complete", "id": "2"})
        await until(lambda: not fresh_door.view.shared.running)
        await subscribe(client, NEWS, id="1")
        await settled(fresh_door, 1, 1)
        await publish(fresh_door, "again")
        heard = {(await hear(client))["id"] for _ in range(2)}

    assert heard == {"0", "1"}


async def test_tells_everybody_when_it_breaks(fresh_door: Door) -> None:
    news.fails_at = 2
    async with fresh_door.talk() as client:
        for number in range(3):
            await subscribe(client, NEWS, id=str(number))
        await settled(fresh_door, 1, 2)
        await publish(fresh_door, "first")
        assert await numbers(client, 3) == [1, 1, 1]
        await publish(fresh_door, "second")
        errors = [await hear(client) for _ in range(3)]
        await subscribe(client, "{ hello }", id="1")
        again = await hear(client)

    assert {error["id"] for error in errors} == {"0", "1", "2"}
    assert {error["payload"][0]["extensions"]["code"] for error in errors} == {"FORBIDDEN"}
    assert again["payload"]["data"] == {"hello": "你好"}


async def test_closes_who_does_not_take_what_is_sent_and_lets_him_resume(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOCKET_BACKLOG_MAX", 3)
    async with fresh_door.talk(max_queue=1) as slow, fresh_door.talk() as quick:
        await subscribe(slow, NEWS)
        await subscribe(quick, NEWS)
        await settled(fresh_door, 1, 1)
        await publish(fresh_door, "hello")
        assert await numbers(quick, 1) == await numbers(slow, 1) == [1]
        await settled(fresh_door, 0, 2)
        slow.transport.pause_reading()
        # until all buffers between are full, and the backlog too
        while not any(one.websocket.is_too_slow for one in fresh_door.view.connections.open):
            await publish(fresh_door, "x" * 200_000)
            assert await numbers(quick, 1) == [len(news.texts)]
        slow.transport.resume_reading()
        taken = 1
        async with asyncio.timeout(10):
            with suppress(ConnectionClosed):
                while await slow.recv():
                    taken += 1
    async with fresh_door.talk() as again:
        await subscribe(again, NEWS, variables={"after": str(taken)})
        missed = await numbers(again, len(news.texts) - taken)

    assert (slow.close_code, slow.close_reason) == (4413, "Too slow: subscribe again after your last cursor")
    assert missed == list(range(taken + 1, len(news.texts) + 1))


def test_knows_the_variable_that_only_says_where_to_begin() -> None:
    twice = "subscription ($a: String!) { news(after: $a, topic: $a) { number } }"
    named = "subscription A($c: String) { news(after: $c) { number } } query B { hello }"

    assert cursor_variable(NEWS, None) == "after"
    assert cursor_variable(named, "A") == "c"
    assert cursor_variable(named, "B") is None
    assert cursor_variable(twice, None) is None
    assert cursor_variable('subscription { news(after: "1") { number } }', None) is None
