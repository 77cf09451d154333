"""The home folder (数据目录): where the embedded engines, keys, images and test portraits live."""

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import settings
from engines.keys import KeyRing
from ops.databases import create_database, drop_database
from ops.embedded import EngineUrls, embedded_engines

DEMO_DATABASE = "yaolu_demo"


def prepare_home() -> Path:
    """Make the home folder, YAOLU_HOME or `.yaolu`, with its keys (准备数据目录)."""
    folder = settings.YAOLU_HOME
    folder.mkdir(parents=True, exist_ok=True)
    KeyRing.load_or_create(folder / "keys.json")
    return folder


@contextmanager
def home_engines(*, fresh: bool = False) -> Iterator[EngineUrls]:
    """The engines: those of the environment, else embedded ones in the home folder.

    `fresh` asks for an empty database beside the kept one; a database of the environment is used as it is.
    """
    with embedded_engines(settings.YAOLU_HOME) as urls:
        if not fresh or os.environ.get("DATABASE_URL"):
            yield urls
            return
        asyncio.run(drop_database(urls.database_url, DEMO_DATABASE))
        url = asyncio.run(create_database(urls.database_url, DEMO_DATABASE))
        yield EngineUrls(url, urls.redis_url)


def environment(urls: EngineUrls, clock: str) -> Mapping[str, str]:
    """The environment of our processes on these engines and at this clock."""
    return {
        **os.environ,
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "YAOLU_HOME": str(settings.YAOLU_HOME),
        "YAOLU_CLOCK": clock,
        "PYTHONUNBUFFERED": "1",
    }
