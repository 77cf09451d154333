"""The embedded engines: shared, crash-proof, gone when nobody uses them."""

import fcntl
import json
import os
import secrets
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil
import pytest
import redis

from ops.databases import with_database
from ops.embedded import (
    EngineError,
    EngineUrls,
    clone_database,
    create_database,
    discard_engines,
    drop_database,
    embedded_engines,
)
from ops.lease import leased
from ops.locks import locked
from ops.postgres import end_leftover
from tests.engines_home import engines_home

PROJECT = Path(__file__).parents[2]
USER = """
import signal
import sys
from pathlib import Path
# whoever started the tests may have told their children to ignore Ctrl-C
signal.signal(signal.SIGINT, signal.default_int_handler)
from ops.lease import leased
from ops.locks import locked
with leased(sys.argv[1], Path(sys.argv[2])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    """A folder everybody may pass through, unlike pytest's own."""
    with engines_home() as folder:
        yield folder


@pytest.fixture
def closed_home(home: Path) -> Iterator[Path]:
    """A folder nobody else may pass through, and that stays so."""
    home.chmod(0o700)
    yield home
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    elsewhere = (home / "postgres" / "elsewhere").resolve()
    assert elsewhere != home / "postgres" / "elsewhere"
    discard_engines(home)
    assert not elsewhere.exists()


@pytest.fixture(scope="module")
def cluster() -> Iterator[Path]:
    """A home whose PostgreSQL has been made already, for tests that kill it."""
    with engines_home() as folder:
        with leased("postgres", folder, fast=True):
            pass
        yield folder


@contextmanager
def user_of(engine: str, home: Path) -> Iterator["subprocess.Popen[str]"]:
    """Another process that uses the engine until its input is closed."""
    command = [sys.executable, "-c", USER, engine, str(home)]
    pipes: dict[str, Any] = {
        "stdin": subprocess.PIPE,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.DEVNULL,
    }
    with subprocess.Popen(command, text=True, cwd=PROJECT, start_new_session=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def address(process: "subprocess.Popen[str]") -> str:
    """The first address the process prints; log lines come before it."""
    assert process.stdout is not None
    return next(line.strip() for line in process.stdout if "://" in line.split(" ")[0])


def state_of(engine: str, home: Path) -> dict[str, Any]:
    """What the keeper says of its engine."""
    state: dict[str, Any] = json.loads((home / engine / "state.json").read_text())
    return state


def is_running(pid: int) -> bool:
    """Whether the process runs; where nobody collects the dead, a number may outlive its process."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def wait_for_the_end_of(engine: str, home: Path) -> None:
    """Return when the engine's keeper has ended: it holds this lock as long as it lives."""
    with (home / engine / "keeper").open("a") as life:
        fcntl.flock(life, fcntl.LOCK_EX)


async def answer_of(url: str, question: str) -> Any:
    """What the database answers to a query for one value."""
    connection = await asyncpg.connect(url.replace("asyncpg:", "postgresql:"))
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def ping(url: str) -> bool:
    """Whether the bell answers."""
    with redis.Redis.from_url(url) as client:
        return bool(client.ping())


async def test_the_addresses_lead_to_a_database_and_a_bell(engines: EngineUrls) -> None:
    version = await answer_of(engines.database_url, "SELECT current_setting('server_version_num')::int")
    encoding = await answer_of(engines.database_url, "SELECT '药路' || current_setting('server_encoding')")

    assert version >= 150000
    assert encoding == "药路UTF8"
    assert ping(engines.redis_url)


def unused_name() -> str:
    """A database name that no other run on a shared server uses."""
    return f"yaolu_test_{secrets.token_hex(4)}"


async def test_a_clone_has_what_its_template_has(engines: EngineUrls) -> None:
    one, two = unused_name(), unused_name()
    template = await create_database(engines.database_url, one)
    await answer_of(template, "CREATE TABLE drug AS SELECT '阿司匹林' AS name")

    clone = await clone_database(engines.database_url, one, two)

    assert clone == with_database(engines.database_url, two)
    assert await answer_of(clone, "SELECT name FROM drug") == "阿司匹林"
    await drop_database(clone, two)
    await drop_database(engines.database_url, one)
    await drop_database(engines.database_url, one)


async def test_a_database_is_created_once(engines: EngineUrls) -> None:
    once = unused_name()
    url = await create_database(engines.database_url, once)

    again = await create_database(url, once, if_missing=True)

    assert again == url
    with pytest.raises(asyncpg.DuplicateDatabaseError):
        await create_database(engines.database_url, once)
    await drop_database(url, once)


def test_addresses_in_the_environment_take_the_engines_place(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "asyncpg://somewhere/yaolu")
    monkeypatch.setenv("REDIS_URL", "redis://somewhere")

    with embedded_engines(home) as urls:
        assert urls == EngineUrls("asyncpg://somewhere/yaolu", "redis://somewhere")

    assert not (home / "engines").exists()


def test_processes_share_an_engine_until_the_last_one_leaves(home: Path) -> None:
    with user_of("valkey", home) as first:
        url = address(first)
        server = state_of("valkey", home)["server"]
        with leased("valkey", home) as ours:
            assert ours == url
            first.communicate()
            assert first.returncode == 0
            assert state_of("valkey", home)["server"] == server
            assert ping(ours)

    assert not is_running(server)
    assert not (home / "valkey" / "state.json").exists()


def test_a_killed_process_leaves_no_engine_behind(home: Path) -> None:
    with user_of("valkey", home) as process:
        address(process)
        server = state_of("valkey", home)["server"]

        process.kill()

        wait_for_the_end_of("valkey", home)
        assert not is_running(server)


def test_ctrl_c_stops_the_engine_after_its_user(home: Path) -> None:
    with user_of("valkey", home) as process:
        address(process)
        server = state_of("valkey", home)["server"]

        os.killpg(process.pid, signal.SIGINT)

        process.wait(30)
        assert not is_running(server)


def test_a_killed_keeper_takes_its_engine_along_and_the_next_user_gets_a_new_one(home: Path) -> None:
    with leased("valkey", home):
        before = state_of("valkey", home)
        os.kill(before["pid"], signal.SIGKILL)
        wait_for_the_end_of("valkey", home)

        with leased("valkey", home) as url:
            assert ping(url)
            assert state_of("valkey", home)["server"] != before["server"]

    assert not is_running(before["server"])


async def test_data_survive_when_everybody_is_killed(cluster: Path) -> None:
    with user_of("postgres", cluster) as process:
        url = address(process)
        await answer_of(url, "CREATE TABLE kept AS SELECT 7 AS number")
        state = state_of("postgres", cluster)

        for pid in (process.pid, state["pid"], state["server"]):
            os.kill(pid, signal.SIGKILL)
        wait_for_the_end_of("postgres", cluster)

    with leased("postgres", cluster, fast=True) as url:
        assert await answer_of(url, "SELECT number FROM kept") == 7


async def test_a_server_that_outlived_its_keeper_is_stopped_first(cluster: Path) -> None:
    with user_of("postgres", cluster) as process:
        address(process)
        state = state_of("postgres", cluster)
        data = Path(psutil.Process(state["server"]).cmdline()[2])

        end_leftover(data)

        assert not is_running(state["server"])


def test_a_pid_that_is_something_else_now_is_forgotten(tmp_path: Path) -> None:
    pid_file = tmp_path / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{tmp_path}\n")

    end_leftover(tmp_path)

    assert not pid_file.exists()


@pytest.mark.parametrize("name", ["长" * 60, "with a space, a comma and 'quotes'"], ids=["long", "odd"])
async def test_any_path_will_do(home: Path, name: str) -> None:
    folder = home / name
    folder.mkdir(mode=0o711)

    with embedded_engines(folder, fast=True) as urls:
        assert await answer_of(urls.database_url, "SELECT 1") == 1
        assert ping(urls.redis_url)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's server runs as another user")
async def test_under_a_closed_home_the_data_lie_elsewhere(closed_home: Path) -> None:
    with leased("postgres", closed_home) as url:
        await answer_of(url, "CREATE TABLE kept AS SELECT 7 AS number")

    with leased("postgres", closed_home) as url:
        assert await answer_of(url, "SELECT number FROM kept") == 7

    assert not (closed_home / "postgres" / "data").exists()


@pytest.mark.parametrize("is_quick", [False, True])
def test_data_of_another_release_are_refused_with_advice(
    home: Path, is_quick: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("16\n")
    if is_quick:
        # the keeper has ended before anybody looks at what it says
        monkeypatch.setattr("ops.lease.is_held", has_ended_at_last)

    with (
        pytest.raises(EngineError, match=r"was made by PostgreSQL 16, this is 18; move it away"),
        leased("postgres", home),
    ):
        pass


def has_ended_at_last(path: Path) -> bool:
    with locked(path):
        return False
