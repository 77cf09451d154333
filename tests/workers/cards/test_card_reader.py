"""Reading cards with the real engine, in its own process."""

import asyncio
import sys
from pathlib import Path
from textwrap import dedent
from typing import Any

import psutil
import pytest

from engines.pictures import Reason, Unusable
from policy.id_card import card_text
from tests.id_cards import id_card
from tests.services.stage import png
from workers.cards.child import MEMORY_BYTES
from workers.cards.reader import CardReader
from workers.faces.pool import PoolStopped

NUMBER = "993501196108040016"


@pytest.mark.parametrize(("turned", "blur"), [(0, 0), (180, 0), (4, 1.5)], ids=["平放", "倒置", "略斜略糊"])
async def test_number_and_name_are_read_off_a_card(reader: CardReader, turned: int, blur: float) -> None:
    lines = await reader.read(id_card(NUMBER, "王田工", blur=blur, turned=turned))

    text = card_text(lines, allow_samples=True)
    assert (text.number, text.name) == (NUMBER, "王田工")
    assert reader.engine.startswith("rapidocr 3.10.0")


async def test_the_reader_is_confined_and_knows_no_secrets(reader: CardReader) -> None:
    await reader.read(id_card(NUMBER))
    assert reader.pid is not None

    child = psutil.Process(reader.pid)

    assert child.rlimit(psutil.RLIMIT_AS) == (MEMORY_BYTES, MEMORY_BYTES)
    assert child.memory_info().rss < 800 * 1024**2
    assert [name for name in child.environ() if "KEY" in name or "URL" in name] == []


@pytest.mark.parametrize(
    ("picture", "reason"),
    [
        (b"<svg/>", "NOT_AN_IMAGE"),
        (png(400, 300), "DAMAGED"),
        (png(60_000, 60_000), "TOO_MANY_PIXELS"),
    ],
    ids=["不是图片", "残缺", "炸弹"],
)
async def test_what_is_no_picture_is_told_apart(reader: CardReader, picture: bytes, reason: str) -> None:
    with pytest.raises(Unusable) as refused:
        await reader.read(picture)

    assert refused.value.reason == reason


def pretender(body: str) -> tuple[str, ...]:
    """A child that says hello and then does something else."""
    program = f"""
import json, struct, sys, time
def say(what):
    body = json.dumps(what).encode()
    sys.stdout.buffer.write(struct.pack(">I", len(body)) + body)
    sys.stdout.buffer.flush()
def take():
    (length,) = struct.unpack(">I", sys.stdin.buffer.read(4))
    return sys.stdin.buffer.read(length)
{dedent(body)}
"""
    return (sys.executable, "-c", program)


HELLO = 'say({"models": {"none": "none 0"}})'


async def test_a_card_that_takes_forever_is_given_up_once() -> None:
    reader = CardReader(picture_seconds=0.2, command=pretender(f"{HELLO}\ntake(), take()\ntime.sleep(60)"))

    with pytest.raises(Unusable) as refused:
        await reader.read(id_card(NUMBER))

    assert refused.value.reason == Reason.ENGINE_TIMEOUT
    assert reader.pid is None
    await reader.stop()


@pytest.mark.parametrize(
    "body",
    ['say({"failed": "ImportError: no models"})', f"{HELLO}\ntake(), take()\nsys.exit(3)", "sys.exit(0)"],
    ids=["没有模型", "读证时退出", "启动即退出"],
)
async def test_a_reader_that_cannot_work_says_so(body: str) -> None:
    reader = CardReader(command=pretender(body))

    with pytest.raises(Unusable) as refused:
        await reader.read(id_card(NUMBER))

    assert refused.value.reason == Reason.ENGINE_FAILED
    await reader.stop()


async def test_a_reader_that_died_is_replaced_and_the_card_is_read(tmp_path: Path) -> None:
    died = tmp_path / "died"
    body = f"""
{HELLO}
import pathlib, os
take()
if not pathlib.Path({str(died)!r}).exists():
    pathlib.Path({str(died)!r}).touch()
    os.kill(os.getpid(), 11)
say({{"lines": ["姓名王田工"]}})
take()"""
    reader = CardReader(command=pretender(body))

    lines = await reader.read(id_card(NUMBER))

    assert lines == ["姓名王田工"]
    assert died.exists()
    await reader.stop()
    assert reader.pid is None


async def test_a_stopped_reader_leaves_the_work_to_another() -> None:
    started = asyncio.Event()

    class Telling(CardReader):
        async def _ask(self, picture: bytes) -> dict[str, Any]:
            started.set()
            return await super()._ask(picture)

    reader = Telling(command=pretender(f"{HELLO}\ntake(), take()\ntime.sleep(60)"))
    reading = asyncio.create_task(reader.read(id_card(NUMBER)))
    await started.wait()

    await reader.stop()

    with pytest.raises(PoolStopped):
        await reading
    with pytest.raises(PoolStopped):
        await reader.read(id_card(NUMBER))
