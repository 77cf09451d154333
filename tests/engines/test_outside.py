"""Questions to those outside."""

import subprocess
import sys

FIRST_QUESTION = """
import asyncio, sys
import httpx
from engines.outside import outside, prepare

async def ask():
    # nobody listens there
    try:
        async with outside(1) as client:
            await client.get("http://127.0.0.1:9/")
    except httpx.TransportError:
        pass

prepare()
before = set(sys.modules)
asyncio.run(ask())
print(*sorted(name for name in set(sys.modules) - before if not name.startswith("asyncio")))
"""


def test_the_first_question_loads_nothing_that_was_not_prepared() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIRST_QUESTION], capture_output=True, text=True, check=True, timeout=60
    )

    assert done.stdout.split() == []
