"""Frames that are no graphql-transport-ws messages: the socket closes with a code, and nothing is logged."""

import logging
import random

import orjson
import pytest
from websockets.exceptions import ConnectionClosed

from tests.api.door import Door, closed, hear, say, subscribe
from tests.api.small_schema import lives

FRAMES: dict[str, str | bytes] = {
    "nothing": "",
    "no JSON": "hello",
    "half JSON": '{"type":"ping"',
    "a list": "[]",
    "a number": "1",
    "null": "null",
    "a text": '"ping"',
    "100,000 lists": "[" * 100_000 + "]" * 100_000,
    "100 lists": '{"type":"ping","payload":' + "[" * 100 + "]" * 100 + "}",
    "bytes": b'{"type":"ping"}',
    "no type": "{}",
    "type null": '{"type":null}',
    "type a list": '{"type":[]}',
    "type an object": '{"type":{}}',
    "type unknown": '{"type":"shout"}',
    "type very long": orjson.dumps({"type": "x" * 5000}).decode(),
    "an old protocol's message": '{"type":"start","id":"1","payload":{"query":"{ hello }"}}',
    "NUL": '{"type":"ping\\u0000"}',
    "subscribe without id": '{"type":"subscribe","payload":{"query":"{ hello }"}}',
    "subscribe id a list": '{"type":"subscribe","id":[],"payload":{"query":"{ hello }"}}',
    "subscribe id a number": '{"type":"subscribe","id":1,"payload":{"query":"{ hello }"}}',
    "subscribe id empty": '{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}',
    "subscribe id very long": orjson.dumps(
        {"type": "subscribe", "id": "x" * 5000, "payload": {"query": "{ hello }"}}
    ).decode(),
    "subscribe without payload": '{"type":"subscribe","id":"1"}',
    "subscribe payload null": '{"type":"subscribe","id":"1","payload":null}',
    "subscribe payload a text": '{"type":"subscribe","id":"1","payload":"x"}',
    "subscribe payload a list": '{"type":"subscribe","id":"1","payload":[]}',
    "subscribe without query": '{"type":"subscribe","id":"1","payload":{}}',
    "query null": '{"type":"subscribe","id":"1","payload":{"query":null}}',
    "query an object": '{"type":"subscribe","id":"1","payload":{"query":{}}}',
    "variables a text": '{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":"x"}}',
    "variables a list": '{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":[]}}',
    "operationName a list": '{"type":"subscribe","id":"1","payload":{"query":"{ x }","operationName":[]}}',
    "extensions a number": '{"type":"subscribe","id":"1","payload":{"query":"{ hello }","extensions":1}}',
    "complete without id": '{"type":"complete"}',
    "complete id a list": '{"type":"complete","id":[]}',
}


@pytest.mark.parametrize("name", FRAMES)
async def test_closes_on_a_malformed_frame(
    door: Door, name: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async with door.talk() as client:
        await client.send(FRAMES[name])

        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert client.close_code == 4400
    await door.view.connections.all_gone()
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert "error" not in capsys.readouterr().out


@pytest.mark.parametrize(
    "name", [name for name in FRAMES if not name.startswith(("subscribe", "query"))][:18]
)
async def test_closes_on_a_malformed_frame_before_signing_in(door: Door, name: str) -> None:
    async with door.dial() as client:
        await client.send(FRAMES[name])

        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert client.close_code == 4400


@pytest.mark.parametrize("payload", [[], 1, "x", True])
async def test_closes_on_a_malformed_connection_init(door: Door, payload: object) -> None:
    async with door.dial() as client:
        await say(client, {"type": "connection_init", "payload": payload})

        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert client.close_code == 4400


async def test_survives_whatever_becomes_of_a_frame(door: Door, capsys: pytest.CaptureFixture[str]) -> None:
    dice = random.Random(20260316)
    good = '{"type":"subscribe","id":"1","payload":{"query":"{ hello }","variables":{"a":[1]}}}'
    seen: set[int | None] = set()

    for _ in range(100):
        start = dice.randrange(len(good))
        frame = (
            good[:start] + dice.choice(["", "1", "null", "[", "{", '"']) + good[start + dice.randrange(6) :]
        )
        async with door.talk() as client:
            await client.send(frame)
            await say(client, {"type": "connection_init"})
            seen.add(await closed(client))

    assert seen <= {4400, 4429}
    assert "error" not in capsys.readouterr().out


async def test_closes_on_a_frame_that_is_too_large(door: Door) -> None:
    async with door.talk() as client:
        await client.send('{"type":"ping","payload":{"x":"' + "x" * 300_000 + '"}}')

        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert client.close_code == 1009


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription {", "GRAPHQL_PARSE_FAILED"),
        ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ('subscription { count(to: "x") }', "GRAPHQL_VALIDATION_FAILED"),
        ("subscription ($to: Int!) { count(to: $to) }", "BAD_USER_INPUT"),
        ("fragment F on Query { hello }", "OPERATION_RESOLUTION_FAILURE"),
        ("{ hello } #" + "x" * 40_000, "GRAPHQL_PARSE_FAILED"),
        ("{" + " hello" * 2500 + "}", "GRAPHQL_PARSE_FAILED"),
        ("{ ...F }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { forbidden }", "FORBIDDEN"),
        ("subscription { breaks(after: 0) }", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_ends_a_bad_operation_and_keeps_the_socket(door: Door, query: str, code: str) -> None:
    async with door.talk() as client:
        await subscribe(client, "subscription { silent }", id="other")
        await subscribe(client, query, id="bad")

        error = await hear(client)
        await subscribe(client, "{ hello }", id="bad")
        again = await hear(client)

        assert (error["type"], error["id"]) == ("error", "bad")
        assert error["payload"][0]["extensions"]["code"] == code
        assert again["payload"]["data"] == {"hello": "你好"}
        assert lives.generators == 1
