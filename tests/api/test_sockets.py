"""Operations over sockets: what they answer, how they end, what they leave behind."""

import asyncio
import logging
from datetime import timedelta

import pytest
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

import settings
from api.app import drain
from tests.api.door import Door, closed, hear, say, subscribe
from tests.api.small_schema import SECRET, lives


async def test_answers_queries_and_mutations(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, "{ whoami }", id="q")
        query = [await hear(client), await hear(client)]
        await subscribe(client, 'mutation { rename(name: "x") }', id="m")
        mutation = [await hear(client), await hear(client)]

    assert query[0]["payload"]["data"]["whoami"].startswith("PATIENT ")
    assert query[1] == {"type": "complete", "id": "q"}
    assert (mutation[0]["type"], mutation[0]["id"]) == ("next", "m")
    assert mutation[0]["payload"]["data"] == {"rename": "x"}


async def test_streams_events_and_completes(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, "subscription { count(to: 2) }")
        messages = [await hear(client) for _ in range(3)]

    assert [message["type"] for message in messages] == ["next", "next", "complete"]
    assert messages[1]["payload"] == {"data": {"count": 1}}


async def test_gives_every_event_its_own_loaders(door: Door) -> None:
    lives.loaders.clear()

    async with door.talk() as client:
        await subscribe(client, "subscription { count(to: 3) }")
        for _ in range(4):
            await hear(client)

    assert len({id(loaders) for loaders in lives.loaders}) == 3


async def test_follows_the_bell(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, 'subscription { rings(topic: "member:1") }')
        first = await hear(client)
        await door.parts.bell.listening()
        await door.parts.bell.ring(["member:1", "member:2"])
        second = await hear(client)

    assert (first["payload"]["data"], second["payload"]["data"]) == ({"rings": 0}, {"rings": 1})


async def test_answers_pings(door: Door) -> None:
    async with door.talk() as client:
        await say(client, {"type": "ping", "payload": {"any": "thing"}})
        pong = await hear(client)
        await say(client, {"type": "pong"})

    assert pong == {"type": "pong"}


async def test_codes_errors_as_over_http(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, "{ hello missing boomIfWanted }")
        answer = (await hear(client))["payload"]

    assert answer["data"] == {"hello": "你好", "missing": None, "boomIfWanted": None}
    codes = {error["path"][0]: error["extensions"]["code"] for error in answer["errors"]}
    assert codes == {"missing": "NOT_FOUND", "boomIfWanted": "INTERNAL_SERVER_ERROR"}
    assert SECRET not in str(answer)


async def test_masks_a_stream_that_breaks(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, "subscription { breaks(after: 1) }")
        await hear(client)
        error = await hear(client)

    assert error["type"] == "error"
    assert error["payload"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert SECRET not in str(error)


async def test_stops_an_operation_the_client_completes(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, "subscription { silent }", id="1")
        await subscribe(client, "{ hello }", id="2")
        await hear(client)
        await hear(client)
        before = lives.generators
        await say(client, {"type": "complete", "id": "1"})
        await say(client, {"type": "complete", "id": "never seen"})
        await subscribe(client, "subscription { count(to: 1) }", id="1")
        again = await hear(client)

    assert (before, lives.generators) == (1, 0)
    assert again["payload"]["data"] == {"count": 0}


async def test_allows_so_many_operations_at_once(door: Door) -> None:
    async with door.talk() as client:
        for number in range(settings.SOCKET_OPERATIONS_MAX):
            await subscribe(client, "subscription { silent }", id=str(number))
        await subscribe(client, "{ hello }", id="last")
        refused = await hear(client)
        await say(client, {"type": "complete", "id": "0"})
        await subscribe(client, "{ hello }", id="last")
        answered = await hear(client)

    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    assert answered["payload"]["data"] == {"hello": "你好"}


async def test_closes_when_an_id_is_used_twice(door: Door) -> None:
    async with door.talk() as client:
        await subscribe(client, "subscription { silent }", id="一" * 100)
        await subscribe(client, "subscription { silent }", id="一" * 100)

        assert await closed(client) == 4409


async def test_closes_when_the_connection_is_initialised_twice(door: Door) -> None:
    async with door.talk() as client:
        await say(client, {"type": "connection_init", "payload": {"token": door.token()}})

        assert await closed(client) == 4429


async def test_closes_when_an_operation_comes_before_the_token(door: Door) -> None:
    async with door.dial() as client:
        await subscribe(client, "{ hello }")

        assert await closed(client) == 4401


async def test_closes_when_nobody_signs_in(fresh_door: Door) -> None:
    fresh_door.view.connection_init_wait_timeout = timedelta(milliseconds=50)

    async with fresh_door.dial() as client:
        assert await closed(client) == 4408


@pytest.mark.parametrize("subprotocols", [["graphql-ws"], ["x"], []])
async def test_speaks_one_subprotocol_only(door: Door, subprotocols: list[str]) -> None:
    async with door.dial(subprotocols=[Subprotocol(name) for name in subprotocols] or None) as client:
        assert await closed(client) == 4406


async def test_refuses_pages_of_other_sites(door: Door) -> None:
    with pytest.raises(InvalidStatus, match="403"):
        async with door.dial(origin=Origin("https://elsewhere.example")):
            pass


async def test_takes_pages_of_this_site(door: Door) -> None:
    async with door.dial(origin=Origin(door.address)) as client:
        assert client.subprotocol == "graphql-transport-ws"


@pytest.mark.parametrize("field", ["silent", "flood", 'rings(topic: "x")'])
async def test_leaves_nothing_behind_when_clients_vanish(
    door: Door, field: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    before = asyncio.all_tasks()

    for _ in range(5):
        async with door.talk() as client:
            await subscribe(client, "subscription {" + field + "}", id="1")
            await subscribe(client, "{ hello }", id="2")
            await hear(client)
            client.transport.abort()
    await door.view.connections.all_gone()

    assert lives.generators == 0
    async with asyncio.timeout(30):
        while asyncio.all_tasks() - before:
            await asyncio.wait(asyncio.all_tasks() - before)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "error" not in capsys.readouterr().out


async def test_closes_with_1001_when_the_server_drains(fresh_door: Door) -> None:
    async with fresh_door.talk() as first, fresh_door.talk() as second, fresh_door.dial() as third:
        await subscribe(first, "subscription { silent }")
        await subscribe(second, 'subscription { rings(topic: "x") }')
        await hear(second)

        await asyncio.gather(drain(fresh_door.app), *(closed(client) for client in (first, second, third)))

        assert [client.close_code for client in (first, second, third)] == [1001, 1001, 1001]
        assert lives.generators == 0
        with pytest.raises(InvalidStatus, match="503"):
            async with fresh_door.dial():
                pass
