"""The home folder (数据目录): where the embedded engines, keys, images and test portraits live."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ops.embedded import EngineUrls, create_database, embedded_engines, with_database

DATABASE = "yaolu"


def home() -> Path:
    """YAOLU_HOME, or `.yaolu` in the current folder."""
    import settings

    return settings.YAOLU_HOME


def prepare_home() -> Path:
    """Make the home folder with its keys (准备数据目录)."""
    from engines.keys import KeyRing

    folder = home()
    folder.mkdir(parents=True, exist_ok=True)
    KeyRing.load_or_create(folder / "keys.json")
    return folder


@contextmanager
def embedded_home() -> Iterator[EngineUrls]:
    """The engines: those of the environment, else embedded ones with a database of our name."""
    import asyncio

    with embedded_engines(home()) as urls:
        if os.environ.get("DATABASE_URL"):
            yield urls
            return
        url = asyncio.run(create_database(urls.database_url, DATABASE, if_missing=True))
        yield EngineUrls(url, urls.redis_url)


def environment(urls: EngineUrls, clock: str) -> Mapping[str, str]:
    """The environment of our processes on these engines and at this clock."""
    return {
        **os.environ,
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "YAOLU_HOME": str(home()),
        "YAOLU_CLOCK": clock,
        "PYTHONUNBUFFERED": "1",
    }


__all__ = ["DATABASE", "embedded_home", "environment", "home", "prepare_home", "with_database"]
