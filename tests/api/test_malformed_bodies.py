"""Bodies that are no GraphQL requests: each is refused with a 4xx in JSON, none costs a 500."""

import logging
import random
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest

from tests.api.door import Door

NEW = "application/graphql-response+json"
HELLO = '{"query":"{ hello }"}'
QUERY = "query ($b: Box!) { box(box: $b) }"


def deep(levels: int) -> bytes:
    return b"[" * levels + b"]" * levels


def nested(levels: int) -> bytes:
    return (
        b'{"query":"%b","variables":{"b":' % QUERY.encode()
        + b'{"inner":' * levels
        + b"null"
        + b"}" * (levels + 2)
    )


BODIES: dict[str, bytes] = {
    "nothing": b"",
    "spaces": b"   ",
    "a number": b"1",
    "null": b"null",
    "true": b"true",
    "a text": b'"x"',
    "NaN": b"NaN",
    "an empty list": b"[]",
    "a batch": b"[%b,%b]" % (HELLO.encode(), HELLO.encode()),
    "an empty object": b"{}",
    "half an object": b'{"query":"{ hello }"',
    "two objects": HELLO.encode() * 2,
    "a comma too many": b'{"query":"{ hello }",}',
    "a byte order mark": b"\xef\xbb\xbf" + HELLO.encode(),
    "invalid utf-8": b'{"query":"{ echo(text: \\"\xff\xfe\\") }"}',
    "latin-1": '{"query":"{ echo(text: \\"é\\") }"}'.encode("latin-1"),
    "utf-16": HELLO.encode("utf-16"),
    "a lone surrogate": b'{"query":"{ hello }","variables":{"a":"\\ud800"}}',
    "200,000 lists": deep(200_000),
    "1,000 lists": b'{"query":"{ hello }","variables":{"a":' + deep(1000) + b"}}",
    "100 lists": b'{"query":"{ hello }","variables":{"a":' + deep(100) + b"}}",
    "variables 50,000 deep": nested(50_000),
    "variables 500 deep": nested(500),
    "variables 100 deep": nested(100),
    "query null": b'{"query":null}',
    "query empty": b'{"query":""}',
    "query an object": b'{"query":{"a":1}}',
    "query a number": b'{"query":1}',
    "query a boolean": b'{"query":false}',
    "query a list": b'{"query":["{ hello }"]}',
    "operationName an object": b'{"query":"{ hello }","operationName":{}}',
    "operationName a number": b'{"query":"{ hello }","operationName":1}',
    "operationName a list": b'{"query":"{ hello }","operationName":[]}',
    "operationName unknown": b'{"query":"{ hello }","operationName":"X"}',
    "variables a text": b'{"query":"{ hello }","variables":"{}"}',
    "variables a number": b'{"query":"{ hello }","variables":0}',
    "variables a list": b'{"query":"{ hello }","variables":[]}',
    "extensions a text": b'{"query":"{ hello }","extensions":"x"}',
    "extensions a list": b'{"query":"{ hello }","extensions":[1]}',
    "extensions false": b'{"query":"{ hello }","extensions":false}',
    "a persisted query": b'{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"x"}}}',
    "NUL in a variable": b'{"query":"query ($t: String!) { echo(text: $t) }","variables":{"t":"a\\u0000"}}',
    "NUL in the document": b'{"query":"{ echo(text: \\"a\\\\u0000\\") }"}',
    "NUL in braces": b'{"query":"{ echo(text: \\"a\\\\u{0}\\") }"}',
    "only a comment": b'{"query":"# nothing"}',
    "only a fragment": b'{"query":"fragment F on Query { hello }"}',
    "only a type": b'{"query":"type A { b: Int }"}',
    "a fragment that is not there": b'{"query":"{ ...F }"}',
    "a fragment within itself": b'{"query":"{ ...F } fragment F on Query { ...F }"}',
    "an int too large": b'{"query":"{ add(a: 99999999999999999999) }"}',
    "an int with many digits": b'{"query":"{ add(a: %b) }"}' % (b"9" * 10_000),
    "a variable too large": b'{"query":"query ($a: Int!) { add(a: $a) }","variables":{"a":1e999}}',
    "a text for a box": b'{"query":"%b","variables":{"b":"x"}}' % QUERY.encode(),
    "an upload that is a text": (
        b'{"query":"mutation ($f: Upload!) { measure(file: $f) }","variables":{"f":null}}'
    ),
    "query over 32 KiB": orjson.dumps({"query": "{ hello } #" + "x" * 40_000}),
    "tokens over the limit": orjson.dumps({"query": "{" + " hello" * 2500 + "}"}),
    "aliases over the limit": orjson.dumps(
        {"query": "{" + "".join(f" a{i}: hello" for i in range(16)) + "}"}
    ),
    "depth over the limit": orjson.dumps({"query": "{" + " leaf {" * 14 + " name" + "}" * 15}),
    "selections 500 deep": orjson.dumps({"query": "{ leaf" * 500 + "}" * 500}),
    "a list value 900 deep": orjson.dumps({"query": "{ add(a: " + "[" * 900 + "]" * 900 + ") }"}),
    "fragments that double": orjson.dumps(
        {
            "query": "{ ...F0 }"
            + "".join(f" fragment F{i} on Query {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60))
            + " fragment F60 on Query { a: hello }"
        }
    ),
    "fragments that double twelve times": orjson.dumps(
        {
            "query": "{ leaf { ...F0 } }"
            + "".join(
                f" fragment F{i} on Leaf {{ a: leaf {{ ...F{i + 1} }} b: leaf {{ ...F{i + 1} }} }}"
                for i in range(12)
            )
            + " fragment F12 on Leaf { name }"
        }
    ),
    "200 fragments in a chain": orjson.dumps(
        {
            "query": "{ ...F0 }"
            + "".join(f" fragment F{i} on Query {{ ...F{i + 1} }}" for i in range(200))
            + " fragment F200 on Query { nothing }"
        }
    ),
}


@pytest.mark.parametrize("name", BODIES)
async def test_refuses_a_malformed_body(
    http: httpx.AsyncClient, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    headers = {"content-type": "application/json", "accept": NEW}

    answer = await http.post("/graphql", content=BODIES[name], headers=headers)

    assert answer.status_code in (400, 413), answer.text
    assert_caller_fault(answer.json())
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize(
    "kind",
    [
        None,
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "xapplication/jsonx",
        "application/json; charset=latin-1",
        "application/json; charset=gbk",
        "application/json; charset=utf-16",
        ";;;",
        "application/json/x",
    ],
)
async def test_refuses_other_types_of_body(http: httpx.AsyncClient, kind: str | None) -> None:
    headers = {} if kind is None else {"content-type": kind}

    answer = await http.post("/graphql", content=HELLO, headers=headers)

    assert answer.status_code == 415
    assert_caller_fault(answer.json())


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=UTF-8", "Application/JSON;x=y"]
)
async def test_takes_json_however_it_is_written(http: httpx.AsyncClient, kind: str) -> None:
    answer = await http.post("/graphql", content=HELLO, headers={"content-type": kind})

    assert answer.json()["data"] == {"hello": "你好"}


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"query": ""},
        {"query": "{"},
        {"query": "{ hello }", "variables": "{"},
        {"query": "{ hello }", "variables": "[]"},
        {"query": "{ hello }", "variables": "1"},
        {"query": "{ hello }", "variables": '"x"'},
        {"query": "{ hello }", "variables": "[" * 5000},
        {"query": "{ hello }", "extensions": "[]"},
        {"query": "{ hello }", "extensions": "x"},
        {"query": "{ hello }", "operationName": "X"},
        {"query": '{ echo(text: "\0") }'},
    ],
)
async def test_refuses_a_malformed_address(http: httpx.AsyncClient, parameters: dict[str, str]) -> None:
    answer = await http.get("/graphql", params=parameters, headers={"accept": NEW})

    assert answer.status_code == 400
    assert_caller_fault(answer.json())


async def test_refuses_a_large_body_by_its_announcement(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/graphql", content=b" " * (1024 * 1024 + 1), headers={"content-type": "application/json"}
    )

    assert answer.status_code == 413
    assert_caller_fault(answer.json())


@pytest.mark.parametrize("is_announced", [True, False])
async def test_answers_a_large_body_that_is_still_coming(door: Door, is_announced: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b" " * 65536

    headers = {"content-type": "application/json"} | (
        {"content-length": str(80 * 65536)} if is_announced else {}
    )

    async with httpx.AsyncClient(base_url=door.address, trust_env=False) as client:
        answer = await client.post("/graphql", content=pieces(), headers=headers)

    assert answer.status_code == 413
    assert_caller_fault(answer.json())


async def test_survives_whatever_becomes_of_a_body(http: httpx.AsyncClient) -> None:
    dice = random.Random(20260316)
    good = orjson.dumps(
        {
            "query": "query A($b: Box!, $t: String!) { box(box: $b) echo(text: $t) leaf { leaf { name } } }",
            "variables": {"b": {"inner": {"numbers": [1, 2]}}, "t": "药"},
            "operationName": "A",
        }
    )
    seen: set[int] = set()

    for _ in range(400):
        body = bytearray(good)
        for _ in range(dice.randint(1, 4)):
            start = dice.randrange(len(body))
            end = min(len(body), start + dice.choice([0, 1, 1, 2, 20]))
            body[start:end] = dice.choice(
                [b"", bytes([dice.randrange(256)]), b"null", b"[]", b"{", b'"', b"$"]
            )
        answer = await http.post(
            "/graphql", content=bytes(body), headers={"content-type": "application/json", "accept": NEW}
        )
        seen.add(answer.status_code)
        assert answer.status_code in (200, 400), body

    assert seen == {200, 400}


def assert_caller_fault(answer: Any) -> None:
    assert "data" not in answer
    for error in answer["errors"]:
        assert error["message"]
        assert error["extensions"]["classification"] == "ValidationError"
