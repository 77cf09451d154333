"""Operations over server-sent events: what they answer, how they resume, how they end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import orjson
import pytest

import settings
from api.app import drain
from engines.tokens import LEEWAY
from tests.api.door import Door, publish, until
from tests.api.small_schema import lives, news

NEWS = "subscription ($after: String) { news(after: $after) { number } }"


@dataclass
class Stream:
    """An open stream of events."""

    response: httpx.Response
    lines: AsyncIterator[str]

    async def next(self) -> dict[str, str]:
        """The fields of the next event; a comment is {"": …}; none at the end of the stream."""
        found: dict[str, str] = {}
        async with asyncio.timeout(5):
            async for line in self.lines:
                if not line:
                    return found
                name, _, value = line.partition(":")
                found[name] = value.removeprefix(" ")
        return found

    async def news(self) -> tuple[int, str]:
        """The number and the id of the next item."""
        found = await self.next()
        assert found["event"] == "next", found
        return orjson.loads(found["data"])["data"]["news"]["number"], found["id"]


@asynccontextmanager
async def ask(door: Door, query: str, *, method: str = "POST", **more: Any) -> AsyncIterator[Stream]:
    token = more.pop("token", None) or door.token()
    headers = {"Accept": "text/event-stream", "Authorization": f"Bearer {token}", **more.pop("headers", {})}
    said = {"params": {"query": query}} if method == "GET" else {"json": {"query": query, **more}}
    async with (
        httpx.AsyncClient(base_url=door.address, trust_env=False) as client,
        client.stream(method, "/graphql", headers=headers, **said) as response,
    ):
        stream = Stream(response, response.aiter_lines())
        if response.status_code == 200:
            assert await stream.next() == {"": ""}
        yield stream


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_answers_a_query_and_completes(door: Door, method: str) -> None:
    async with ask(door, "{ hello }", method=method) as stream:
        events = [await stream.next(), await stream.next(), await stream.next()]

    assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert stream.response.headers["cache-control"] == "no-store"
    assert "x-request-id" in stream.response.headers
    assert events[0]["event"] == "next"
    assert orjson.loads(events[0]["data"])["data"] == {"hello": "你好"}
    assert events[1:] == [{"event": "complete", "data": ""}, {}]


async def test_changes_by_post_only(door: Door) -> None:
    change = 'mutation { rename(name: "x") }'
    async with ask(door, change) as posted, ask(door, change, method="GET") as got:
        done, refused = [orjson.loads((await one.next())["data"]) for one in (posted, got)]

    assert done["data"] == {"rename": "x"}
    assert refused["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
    assert "data" not in refused


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ unknown }", "GRAPHQL_VALIDATION_FAILED"),
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("subscription { forbidden }", "FORBIDDEN"),
        ("subscription { breaks(after: 0) }", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_tells_what_went_wrong_and_completes(door: Door, query: str, code: str) -> None:
    async with ask(door, query) as stream:
        wrong, end = await stream.next(), await stream.next()

    assert orjson.loads(wrong["data"])["errors"][0]["extensions"]["code"] == code
    assert end["event"] == "complete"


async def test_refuses_a_bad_token_and_a_form_of_another_site_by_status(door: Door) -> None:
    async with ask(door, "{ hello }", token="x") as bad:
        await bad.response.aread()
    async with httpx.AsyncClient(base_url=door.address, trust_env=False) as client:
        form = await client.post(
            "/graphql",
            content="query=x",
            headers={"Accept": "text/event-stream", "Content-Type": "text/plain"},
        )

    assert (bad.response.status_code, bad.response.json()["errors"][0]["extensions"]["code"]) == (
        401,
        "UNAUTHENTICATED",
    )
    assert form.status_code == 415


async def test_resumes_after_the_last_event_id(told: Door) -> None:
    news.texts += ["1"]
    async with ask(told, NEWS, variables={"after": "0"}) as stream:
        first = await stream.news()
        await publish(told, "2", "3")
        second = await stream.news()
    async with ask(told, NEWS, variables={"after": "0"}, headers={"Last-Event-ID": second[1]}) as again:
        third = await again.news()

    assert (first, second, third) == ((1, "1"), (2, "2"), (3, "3"))


async def test_shares_one_run_with_sockets(told: Door) -> None:
    shared = told.view.shared
    async with told.talk() as socket, ask(told, NEWS) as one, ask(told, NEWS) as two:
        payload = {"query": NEWS}
        await socket.send(orjson.dumps({"type": "subscribe", "id": "1", "payload": payload}).decode())
        await until(lambda: sum(len(run.places) for run in shared.running.values()) == 2)
        await publish(told, "1")
        assert [await one.news(), await two.news()] == [(1, "1")] * 2
        await until(lambda: sum(len(run.places) for run in shared.running.values()) == 3)
        await publish(told, "2")
        assert [await one.news(), await two.news()] == [(2, "2")] * 2


async def test_beats_while_nothing_happens(told: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "HEARTBEAT_SECONDS", 0.05)
    async with ask(told, NEWS) as stream:
        assert [await stream.next(), await stream.next()] == [{"": ""}] * 2


async def test_counts_with_the_sockets_of_its_caller(told: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKETS_MAX", 1)
    async with told.talk(), ask(told, NEWS) as refused:
        await refused.response.aread()
        async with ask(told, NEWS, token=told.token(subject="another")) as other:
            assert other.response.status_code == 200

    assert refused.response.status_code == 429
    assert refused.response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_ends_without_complete_when_the_token_expires(told: Door) -> None:
    short = told.token(timedelta(seconds=2) - LEEWAY)
    async with ask(told, NEWS, token=short) as stream:
        assert await stream.next() == {}


async def test_ends_without_complete_when_the_server_drains(told: Door) -> None:
    async with ask(told, NEWS) as stream:
        await drain(told.app)
        assert await stream.next() == {}
    async with ask(told, NEWS) as refused:
        pass

    assert refused.response.status_code == 503


async def test_cuts_off_who_does_not_take_what_is_sent(told: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings, "SOCKET_BACKLOG_MAX", 3)
    text = "subscription { news { number text } }"
    shared = told.view.shared
    async with ask(told, text) as quick, ask(told, text):
        await until(lambda: bool(shared.running))
        await publish(told, "1")
        await quick.next()
        await until(lambda: sum(len(run.places) for run in shared.running.values()) == 2)
        # nobody reads the second: all buffers between fill, and then what waits
        while len(told.view.connections.open) == 2 and len(news.texts) < 500:
            await publish(told, "x" * 200_000)
            await quick.next()
            if sum(len(run.places) for run in shared.running.values()) == 1:
                break
        assert len(news.texts) < 500


async def test_leaves_nothing_behind_when_clients_vanish(told: Door) -> None:
    before = asyncio.all_tasks()
    for field in ("silent", "flood", "news { number }"):
        for _ in range(3):
            async with ask(told, f"subscription {{ {field} }}"):
                pass
    await told.view.connections.all_gone()
    await until(lambda: not asyncio.all_tasks() - before)

    assert lives.generators == 0
