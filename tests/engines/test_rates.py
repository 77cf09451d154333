"""Buckets of points: together through Redis, alone while it is away."""

import asyncio
from secrets import token_hex
from typing import Any

import pytest

from engines import rates as module
from engines.rates import OwnBuckets, Rate, Rates
from engines.redis_script import Script
from ops.embedded import EngineUrls

RATE = Rate(25, 0.001)


async def test_of_many_takers_at_once_exactly_as_many_are_granted_as_there_are_points(
    engines: EngineUrls,
) -> None:
    name = token_hex(4)
    one, two = Rates(engines.redis_url, name), Rates(engines.redis_url, name)

    taken = await asyncio.gather(
        *(bucket.take("甲", 1, Rate(25, 0.001)) for bucket in (one, two) for _ in range(40))
    )

    assert sum(one.is_granted for one in taken) == 25
    await one.stop()
    await two.stop()


async def test_those_who_wait_are_asked_for_together_and_each_gets_his_own_answer(
    engines: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket = Rates(engines.redis_url, token_hex(4))
    ask, questions = Script.__call__, []

    async def counted(script: Script, keys: list[str], figures: list[float]) -> Any:
        questions.append(len(keys))
        return await ask(script, keys, figures)

    monkeypatch.setattr(Script, "__call__", counted)
    wanted = [("甲", 10), ("乙", 20), ("丙", 30), ("甲", 20)]

    taken = await asyncio.gather(*(bucket.take(caller, cost, RATE) for caller, cost in wanted))

    assert questions == [4]
    assert [one.is_granted for one in taken] == [True, True, False, False]
    assert [round(one.left) for one in taken] == [15, 5, 25, 15]
    await bucket.stop()


async def test_who_gives_up_while_redis_is_asked_harms_nobody(engines: EngineUrls) -> None:
    bucket = Rates(engines.redis_url, token_hex(4))
    hasty, patient = (asyncio.create_task(bucket.take(caller, 1, RATE)) for caller in ("甲", "乙"))
    await asyncio.sleep(0)

    hasty.cancel()

    assert (await patient).is_granted
    assert (await bucket.take("丙", 1, RATE)).is_granted
    await bucket.stop()


async def test_points_come_back_with_time(engines: EngineUrls) -> None:
    bucket = Rates(engines.redis_url, token_hex(4))
    rate = Rate(5, 200)
    await bucket.take("甲", 5, rate)

    refused = await bucket.take("甲", 5, rate)
    await asyncio.sleep(refused.wait + 0.01)
    granted = await bucket.take("甲", 5, rate)

    assert not refused.is_granted
    assert granted.is_granted
    await bucket.stop()


async def test_without_redis_each_process_judges_by_itself_and_asks_again_later(
    engines: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AWAY_SECONDS", 0.0)
    away = Rates("redis://127.0.0.1:1/0")
    rate = Rate(2, 0.001)

    answers = [await away.take("甲", 1, rate) for _ in range(3)]

    assert [one.is_granted for one in answers] == [True, True, False]
    assert away.alone == 3
    await away.stop()


def test_own_buckets_forget_the_least_used_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CALLERS_MAX", 2)
    buckets = OwnBuckets()
    rate = Rate(1, 0.001)
    for caller in ("甲", "乙", "丙"):
        buckets.take(caller, 1, rate)

    assert [buckets.take(caller, 1, rate).is_granted for caller in ("丙", "甲")] == [False, True]
