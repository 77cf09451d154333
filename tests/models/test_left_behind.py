"""Connections leave nothing behind, so nothing is cleaned up after each statement."""

import re
from pathlib import Path

import pytest
from tortoise import Tortoise, connections
from tortoise.transactions import in_transaction

from models.config import orm_config
from ops.embedded import EngineUrls

PROJECT = Path(__file__).parents[2]
OURS = ("api", "engines", "models", "resolvers", "schema", "services", "workers")
LASTING = re.compile(
    r"""["'\s](SET SESSION |RESET |LISTEN \w|DECLARE \w+ CURSOR|CREATE TEMP)|pg_(try_)?advisory_lock\b"""
)


def test_no_statement_of_ours_outlives_its_transaction() -> None:
    found = [
        f"{path.relative_to(PROJECT)}: {match[0].strip()}"
        for folder in OURS
        for path in sorted((PROJECT / folder).rglob("*.py"))
        if "migrations" not in path.parts
        for match in [LASTING.search(path.read_text(encoding="utf-8"))]
        if match
    ]

    assert not found, f"connections are not reset (models/config.py): use SET LOCAL and xact locks in {found}"


async def break_off() -> None:
    """A transaction that sets something and fails."""
    async with in_transaction() as connection:
        await connection.execute_query("SET LOCAL statement_timeout = 4321")
        raise ZeroDivisionError


async def test_a_broken_transaction_leaves_its_connection_as_it_was(engines: EngineUrls) -> None:
    url = engines.database_url
    config = orm_config(f"{url}{'&' if '?' in url else '?'}maxsize=1")
    context = await Tortoise.init(config=config, _enable_global_fallback=True)
    try:
        with pytest.raises(ZeroDivisionError):
            await break_off()
        rows = await connections.get("default").execute_query_dict("SHOW statement_timeout")
    finally:
        await context.close_connections()

    assert rows[0]["statement_timeout"] != "4321ms"
