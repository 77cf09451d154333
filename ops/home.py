"""The home folder (数据目录): where the embedded engines, keys, images and test portraits live."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import settings
from engines.keys import KeyRing
from ops.embedded import EngineError, EngineUrls, embedded_engines


def prepare_home() -> Path:
    """Make the home folder, YAOLU_HOME or `.yaolu`, with its keys (准备数据目录)."""
    folder = settings.YAOLU_HOME
    folder.mkdir(parents=True, exist_ok=True)
    KeyRing.load_or_create(folder / "keys.json")
    return folder


@contextmanager
def home_engines() -> Iterator[EngineUrls]:
    """The engines: those of the environment, else embedded ones in the home folder."""
    if settings.IS_PRODUCTION and settings.missing():
        raise EngineError(f"In production these must be set: {', '.join(settings.missing())}.")
    with embedded_engines(settings.YAOLU_HOME) as urls:
        yield urls


def keep_clock(setting: str) -> None:
    """Remember the clock (记住时钟) of the processes that run on this home, for `yaolu token`."""
    (settings.YAOLU_HOME / "clock").write_text(setting)


def kept_clock() -> str:
    """YAOLU_CLOCK, else the clock of the processes that last ran on this home."""
    path = settings.YAOLU_HOME / "clock"
    return settings.YAOLU_CLOCK or (path.read_text() if path.exists() else "")


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
