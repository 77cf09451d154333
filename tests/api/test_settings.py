"""Settings and the clock, each read in a process of its own."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from engines.clock import Clock


def run(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run([sys.executable, "-c", code], env=clean, capture_output=True, text=True)


def test_needs_no_environment_in_development() -> None:
    done = run("import settings; print(settings.missing(), settings.GRAPHIQL, repr(settings.DATABASE_URL))")

    assert done.stdout == "['DATABASE_URL', 'REDIS_URL'] True ''\n"


def test_trusts_nothing_by_default_in_production() -> None:
    done = run(
        "import settings; print(settings.GRAPHIQL, *settings.missing(), sep=';')", YAOLU_ENV="production"
    )

    engines = "DATABASE_URL;REDIS_URL;YAOLU_KEYS;IMAGE_STORE_URL"
    assert done.stdout == f"False;{engines};OIDC_ISSUER;OIDC_JWKS_URL or OIDC_JWKS_FILE\n"


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"YAOLU_ENV": "production", "YAOLU_CLOCK": "2026-03-16T09:30:00+08:00"}, "YAOLU_CLOCK is for"),
        ({"YAOLU_ENV": "staging"}, "YAOLU_ENV"),
        ({"YAOLU_CLOCK": "yesterday"}, "'yesterday'"),
        ({"YAOLU_CLOCK": "2026-03-16T09:30:00"}, "needs an offset"),
        ({"YAOLU_CLOCK": "2026-03-16T09:30:00Z@x"}, "'x'"),
        ({"QUERY_DEPTH_MAX": "many"}, "QUERY_DEPTH_MAX"),
        ({"PAYMENT_PROVIDER": "a/b"}, "PAYMENT_PROVIDER"),
        ({"YAOLU_ENV": "production", "RECEIPT_KEY": "x" * 16 + ",short"}, "RECEIPT_KEY"),
    ],
)
def test_refuses_settings_that_make_no_sense(environment: dict[str, str], words: str) -> None:
    done = run("import settings", **environment)

    assert done.returncode == 1
    assert words in done.stderr


def test_reads_the_system_clock_by_default() -> None:
    assert abs(Clock.of("").now() - datetime.now(UTC)) < timedelta(seconds=1)
    assert Clock.of("").setting == ""


def test_starts_the_clock_elsewhere() -> None:
    start = datetime.fromisoformat("2026-03-16T09:30:00+08:00")

    now = Clock.of(start.isoformat()).now()

    assert timedelta() <= now - start < timedelta(seconds=1)
    assert now.tzinfo is UTC


def test_gives_other_processes_the_same_clock() -> None:
    clock = Clock.of("2026-03-16T09:30:00+08:00")

    assert Clock.of(clock.setting).offset == clock.offset
