"""The application as a whole: health, the database within requests, starting and stopping."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import ConnectionClosed

from api.app import drain
from models.config import orm_config
from ops.embedded import EngineUrls
from tests.api.door import Door, hear, make_door, opened, say, subscribe, until
from tests.api.small_schema import gates

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
async def stored_door(tmp_path: Path, engines: EngineUrls, module_database: str) -> AsyncIterator[Door]:
    """A served application with a database."""
    orm = orm_config(module_database)
    async with opened(make_door(tmp_path, engines.redis_url, orm=orm)) as door:
        yield door


def client_of(door: Door) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=door.address, trust_env=False)


async def test_finds_the_database_in_requests_and_on_sockets(stored_door: Door) -> None:
    async with client_of(stored_door) as client:
        answers = await asyncio.gather(
            *(client.post("/graphql", json={"query": "{ database }"}) for _ in range(5))
        )
    async with stored_door.talk() as socket:
        await subscribe(socket, "{ database }")
        message = await hear(socket)

    names = {answer.json()["data"]["database"] for answer in answers}
    assert names == {message["payload"]["data"]["database"]}


async def test_starts_again_after_it_was_stopped(
    tmp_path: Path, engines: EngineUrls, module_database: str
) -> None:
    orm = orm_config(module_database)

    for turn in ("first", "second"):
        door = make_door(tmp_path / turn, engines.redis_url, orm=orm)
        async with opened(door), client_of(door) as client:
            assert (await client.get("/readyz")).status_code == 200


async def test_is_alive_and_ready(stored_door: Door) -> None:
    async with client_of(stored_door) as client:
        alive, ready, welcome = [await client.get(path) for path in ("/healthz", "/readyz", "/")]

    assert (alive.status_code, alive.json()) == (200, {"status": "alive"})
    assert ready.json() == {
        "status": "ready",
        "parts": {"database": True, "tables": True, "redis": True, "draining": False},
    }
    assert "/graphql" in welcome.text


async def test_is_alive_but_unready_without_its_engines(tmp_path: Path) -> None:
    orm = orm_config("asyncpg://postgres:@127.0.0.1:1/nothing")

    async with opened(make_door(tmp_path, NOWHERE, orm=orm)) as door, client_of(door) as client:
        alive, ready = [await client.get(path) for path in ("/healthz", "/readyz")]

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()["parts"]) == (
        503,
        {"database": False, "tables": False, "redis": False, "draining": False},
    )


async def test_is_unready_while_it_drains(fresh_door: Door) -> None:
    await drain(fresh_door.app)

    async with client_of(fresh_door) as client:
        ready = await client.get("/readyz")

    assert (ready.status_code, ready.json()["parts"]["draining"]) == (503, True)


async def test_finishes_open_requests_before_it_stops(closed_door: Door) -> None:
    gates.__init__()  # type: ignore[misc]  # fresh events
    async with opened(closed_door) as door, client_of(door) as client:
        request = asyncio.create_task(client.post("/graphql", json={"query": "{ slow }"}))
        await gates.entered.wait()
        assert door.server is not None
        door.server.should_exit = True
        await until(lambda: door.view.is_draining)
        gates.released.set()

        assert (await request).json()["data"] == {"slow": "done"}


async def test_serves_pages_of_allowed_origins(tmp_path: Path, engines: EngineUrls) -> None:
    origins = ("https://pharmacy.example",)
    async with opened(make_door(tmp_path, engines.redis_url, allowed_origins=origins)) as door:
        async with client_of(door) as client:
            preflight = await client.options(
                "/graphql",
                headers={
                    "origin": "https://pharmacy.example",
                    "access-control-request-method": "POST",
                    "access-control-request-headers": "authorization, graphql-require-preflight",
                },
            )
            stranger = await client.post(
                "/graphql", json={"query": "{ hello }"}, headers={"origin": "https://elsewhere.example"}
            )
        async with door.dial(origin="https://pharmacy.example") as socket:
            assert socket.subprotocol == "graphql-transport-ws"

    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-origin"] == "https://pharmacy.example"
    assert "access-control-allow-origin" not in stranger.headers


SERVING = """
import sys
from pathlib import Path
from api.server import serve
from tests.api.door import make_door
door = make_door(Path(sys.argv[1]), sys.argv[2])
print(door.token(), flush=True)
serve(door.app, port=int(sys.argv[3]), log_level="info")
print("cleaned up", flush=True)
"""


@asynccontextmanager
async def serving(
    home: Path, redis_url: str, port: int
) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process that serves, and a token for it."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SERVING,
        str(home),
        redis_url,
        str(port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": "."},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(20):
            token = (await process.stdout.readline()).decode().strip()
            async for line in process.stderr:
                if b"running on" in line:
                    break
        yield process, token
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_closes_sockets_with_1001_and_lets_its_caller_clean_up(
    closed_door: Door, engines: EngineUrls, tmp_path: Path, unused_tcp_port: int, number: signal.Signals
) -> None:
    async with serving(tmp_path, engines.redis_url, unused_tcp_port) as (process, token):
        closed_door.port = unused_tcp_port
        async with closed_door.talk(token) as client:
            await subscribe(client, "subscription { silent }")
            await say(client, {"type": "ping"})
            await hear(client)
            process.send_signal(number)
            with pytest.raises(ConnectionClosed):
                await hear(client)
        out, err = await process.communicate()

    assert client.close_code == 1001
    assert (process.returncode, out) == (0, b"cleaned up\n")
    assert b"Traceback" not in err


async def test_stops_at_once_on_a_second_interrupt(
    closed_door: Door, engines: EngineUrls, tmp_path: Path, unused_tcp_port: int
) -> None:
    async with serving(tmp_path, engines.redis_url, unused_tcp_port) as (process, _):
        closed_door.port = unused_tcp_port
        async with client_of(closed_door) as client:
            request = asyncio.create_task(client.post("/graphql", json={"query": "{ slow }"}))
            assert process.stderr is not None
            while not (await client.get("/healthz")).is_success:
                pass
            process.send_signal(signal.SIGINT)
            async for line in process.stderr:
                if b"Waiting for" in line:
                    break
            process.send_signal(signal.SIGINT)
            async with asyncio.timeout(5):
                await process.communicate()
            await asyncio.wait({request})

    assert process.returncode == 0
