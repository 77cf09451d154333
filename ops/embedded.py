"""The embedded engines (内置引擎): a real PostgreSQL and a real Valkey for development, demo and tests.

They live under a folder, start with the first process that asks and stop after the last one, however it ends.
`DATABASE_URL` and `REDIS_URL` in the environment take their place, one by one.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from ops.databases import clone_database, create_database, drop_database, with_database
from ops.lease import leased
from ops.servers import EngineError

__all__ = [
    "EngineError",
    "EngineUrls",
    "clone_database",
    "create_database",
    "discard_engines",
    "drop_database",
    "embedded_engines",
    "with_database",
]


@dataclass(frozen=True)
class EngineUrls:
    """Where the database and the bell are (数据库与门铃的地址), as Tortoise and redis-py take them."""

    database_url: str
    redis_url: str


@contextmanager
def embedded_engines(home: Path, *, fast: bool = False) -> Iterator[EngineUrls]:
    """The engines kept under `home`, running for the length of the block (内置引擎).

    `fast` gives up durability (掉电不保) and is for tests; it counts for the process that starts the engine.
    """
    engines = home.expanduser().resolve() / "engines"
    with ExitStack() as stack:
        yield EngineUrls(
            os.environ.get("DATABASE_URL") or stack.enter_context(leased("postgres", engines, fast=fast)),
            os.environ.get("REDIS_URL") or stack.enter_context(leased("valkey", engines, fast=fast)),
        )


def discard_engines(home: Path) -> None:
    """Remove everything the engines keep under `home`, and what root's keep elsewhere (清除引擎数据)."""
    for link in home.glob("**/elsewhere"):
        if link.is_symlink():
            shutil.rmtree(link.resolve(), ignore_errors=True)
    shutil.rmtree(home / "engines", ignore_errors=True)
