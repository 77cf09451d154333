"""Who is refused again and again waits for every further refusal; nobody else does."""

import asyncio
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection

from api import brake, charging
from api.app import create_app, drain
from api.main import schema
from bench.hostile_documents import SIGN_IN
from engines.rates import Rate
from ops.embedded import EngineUrls
from tests.api.door import Door, closed, hear, make_door, opened, say, subscribe, until
from tests.world import keys

NEW = {"accept": "application/graphql-response+json"}
BAD = {"authorization": "Bearer x.y.z"}
HELLO = {"query": "{ hello }"}
UNKNOWN = {"query": "{ helo }"}


@pytest.fixture
def strict(tmp_path: Path, engines: EngineUrls, monkeypatch: pytest.MonkeyPatch) -> Door:
    """A door at which the third refusal waits, for so long that no test sees its end."""
    monkeypatch.setattr(brake, "HOLD_SECONDS", 600)
    return make_door(tmp_path, engines.redis_url, refusals=Rate(2, 0.001))


def let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold for a moment only from now on."""
    monkeypatch.setattr(brake, "HOLD_SECONDS", 0.001)


@asynccontextmanager
async def held(door: Door, answer: Awaitable[Any]) -> AsyncIterator[None]:
    """As long as an answer is held back; then all are let go, for good."""
    waiting = asyncio.ensure_future(answer)
    await until(lambda: door.view.brake.held == 1 or waiting.done())
    assert not waiting.done()
    yield
    door.view.brake.release()
    await waiting
    assert door.view.brake.held == 0


@pytest.mark.parametrize(
    ("said", "headers", "status"),
    [(HELLO, BAD, 401), (UNKNOWN, {}, 400), ({"query": "{"}, {}, 400), ({}, {}, 400)],
    ids=["a bad token", "an unknown field", "a broken document", "no document"],
)
async def test_the_first_refusals_come_at_once_and_the_next_one_is_held(
    strict: Door, said: dict[str, str], headers: dict[str, str], status: int
) -> None:
    async with strict.client(**NEW) as client:
        first = [await client.post("/graphql", json=said, headers=headers) for _ in range(2)]

        async with held(strict, client.post("/graphql", json=said, headers=headers)):
            pass

    assert [answer.status_code for answer in first] == [status, status]


async def test_what_is_not_refused_is_never_held_not_even_beside_a_flood(strict: Door) -> None:
    async with strict.client(**NEW) as client:
        for _ in range(2):
            await client.post("/graphql", json=HELLO, headers=BAD)

        async with held(strict, client.post("/graphql", json=HELLO, headers=BAD)):
            nobody = await client.post("/graphql", json=HELLO)
            client.headers["authorization"] = f"Bearer {strict.token()}"
            patient = await client.post("/graphql", json=HELLO)
            unknown = await client.post("/graphql", json=UNKNOWN)

    assert (nobody.status_code, patient.status_code, unknown.status_code) == (200, 200, 400)


async def test_errors_of_what_was_executed_do_not_count(strict: Door) -> None:
    async with strict.client(**NEW) as client:
        answers = [await client.post("/graphql", json={"query": "{ missing forbidden }"}) for _ in range(4)]

    assert [answer.status_code for answer in answers] == [200] * 4


async def test_a_held_refusal_is_the_same_as_any_other(strict: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    let_go(monkeypatch)

    async with strict.client(**NEW) as client:
        answers = [await client.post("/graphql", json=HELLO, headers=BAD) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [401] * 3
    assert answers[2].json() == answers[0].json()
    assert "connection" not in answers[2].headers


async def test_where_too_many_wait_already_the_connection_ends(
    strict: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(brake, "HELD_MAX", 0)

    async with strict.client(**NEW) as client:
        answers = [await client.post("/graphql", json=HELLO, headers=BAD) for _ in range(3)]

    assert [answer.headers.get("connection") for answer in answers] == [None, None, "close"]


async def test_who_has_no_points_left_is_held_too(strict: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(charging, "PERSON", Rate(1, 0.001))

    async with strict.client(**NEW) as client:
        answers = [await client.post("/graphql", json=HELLO) for _ in range(3)]

        async with held(strict, client.post("/graphql", json=HELLO)):
            pass

    assert [answer.status_code for answer in answers] == [200, 429, 429]


async def test_an_address_that_is_not_there_is_refused_alike(strict: Door) -> None:
    async with strict.client() as client:
        for _ in range(2):
            assert (await client.get("/nothing")).status_code == 404

        async with held(strict, client.get("/nothing")):
            pass


async def test_what_a_request_uploaded_does_not_wait(strict: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    closed_files: list[int] = []

    async def close(request: object) -> None:
        closed_files.append(strict.view.brake.held)

    monkeypatch.setattr("api.uploads.close_files", close)
    async with strict.client(**NEW) as client:
        for _ in range(2):
            await client.post("/graphql", json=UNKNOWN)
        closed_files.clear()

        async with held(strict, client.post("/graphql", json=UNKNOWN)):
            assert closed_files == [0]


async def dialled(door: Door, token: str) -> int | None:
    """How a socket with this token is closed."""
    async with door.dial() as socket:
        await say(socket, {"type": "connection_init", "payload": {"token": token}})
        return await closed(socket)


async def test_who_dials_again_and_again_with_a_bad_token_waits(strict: Door) -> None:
    async with opened(strict):
        assert [await dialled(strict, "x") for _ in range(2)] == [4403, 4403]

        async with held(strict, dialled(strict, "x")), strict.talk():
            pass


async def refused_on(socket: ClientConnection) -> str:
    """The code with which a document without meaning is refused on a socket."""
    await subscribe(socket, UNKNOWN["query"])
    told = await hear(socket)
    return str(told["payload"][0]["extensions"]["code"])


async def pinged(socket: ClientConnection) -> object:
    """What a socket answers to a ping."""
    await say(socket, {"type": "ping"})
    return await hear(socket)


async def test_a_socket_whose_documents_are_refused_is_heard_later(strict: Door) -> None:
    async with opened(strict), strict.talk() as socket:
        codes = [await refused_on(socket) for _ in range(3)]

        async with held(strict, pinged(socket)):
            pass

    assert codes == ["GRAPHQL_VALIDATION_FAILED"] * 3


async def test_a_server_that_stops_holds_nobody(strict: Door) -> None:
    async with opened(strict), strict.dial() as socket:
        for _ in range(2):
            await dialled(strict, "x")
        await say(socket, {"type": "connection_init", "payload": {"token": "x"}})
        await until(lambda: strict.view.brake.held == 1)

        async with asyncio.timeout(5):
            await drain(strict.app)

    assert strict.view.brake.held == 0


async def test_an_event_stream_that_is_refused_is_held_too(strict: Door) -> None:
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {strict.token()}"}

    async with opened(strict), httpx.AsyncClient(base_url=strict.address, trust_env=False) as client:
        first = [await client.post("/graphql", json=UNKNOWN, headers=headers) for _ in range(2)]
        async with held(strict, client.post("/graphql", json=UNKNOWN, headers=headers)):
            pass

    assert all("GRAPHQL_VALIDATION_FAILED" in answer.text for answer in first)


async def test_sign_ins_of_one_address_are_few(
    tmp_path: Path, engines: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "PERSON", Rate(5000, 0.001))
    made = make_door(tmp_path, engines.redis_url, schema=schema())
    parts = replace(made.parts, tools=replace(made.parts.tools, keys=keys()))
    door = Door(create_app(parts), parts, made.issuer)

    async with door.client(**NEW) as client:
        answers = [await client.post("/graphql", json={"query": SIGN_IN}) for _ in range(26)]

    codes = [answer.json()["errors"][0]["extensions"]["code"] for answer in answers]
    assert codes == ["SIGN_IN_OFF"] * 25 + ["RATE_LIMITED"]
    assert int(answers[25].headers["retry-after"]) > 60
