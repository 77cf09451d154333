"""A script with a connection of its own: what it does when the server forgets, or does not answer."""

import pytest
from redis.asyncio import Redis

from engines.redis_script import Script
from ops.embedded import EngineUrls

ECHO = "for _ = 1, tonumber(ARGV[2]) do end return ARGV[1]"
LONG = 100_000_000


async def test_a_server_that_lost_the_script_and_the_connection_is_asked_once_more(
    engines: EngineUrls,
) -> None:
    script, server = Script(engines.redis_url, ECHO, 5), Redis.from_url(engines.redis_url)
    assert await script([], [1, 0]) == b"1"
    number = await script._said("CLIENT", "ID")

    await server.client_kill_filter(_id=number)
    await server.script_flush()

    assert await script([], [2, 0]) == b"2"
    assert await script._said("CLIENT", "ID") != number
    await script.stop()
    await server.aclose()


async def test_an_answer_that_comes_too_late_is_never_taken_for_the_next_one(engines: EngineUrls) -> None:
    script = Script(engines.redis_url, ECHO, 5)
    await script([], [1, 0])
    script._seconds = 0.02

    with pytest.raises(TimeoutError):
        await script([], [2, LONG])
    script._seconds = 30

    assert await script([], [3, 0]) == b"3"
    await script.stop()
