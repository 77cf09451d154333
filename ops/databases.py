"""Whole databases (建库与克隆): made, copied from a template and dropped, wherever the server is."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from tortoise.backends.base.config_generator import expand_db_url

END_OWN = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = $1 AND usename = current_user
"""


def with_database(url: str, name: str) -> str:
    """The same server, another database (换库名)."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"/{name}"))


def database_of(url: str) -> str:
    """The name of the database in a URL (库名)."""
    return urlsplit(url).path.removeprefix("/")


async def create_database(url: str, name: str, *, if_missing: bool = False) -> str:
    """Create a database on the server of `url` and give its URL (建库)."""
    try:
        await execute(url, name, f"CREATE DATABASE {quoted(name)}")
    except asyncpg.DuplicateDatabaseError:
        if not if_missing:
            raise
    return with_database(url, name)


async def clone_database(url: str, template: str, name: str) -> str:
    """Copy the database `template`, which nobody may be using, and give the copy's URL (克隆)."""
    await execute(url, name, f"CREATE DATABASE {quoted(name)} TEMPLATE {quoted(template)} STRATEGY FILE_COPY")
    return with_database(url, name)


async def drop_database(url: str, name: str) -> None:
    """Drop a database if it exists, ending its connections (删库).

    `WITH (FORCE)` would refuse while the server's own vacuum is in it, which only a superuser may end;
    without it the server sends its vacuum away by itself.
    """
    await execute(url, name, END_OWN, name)
    await execute(url, name, f"DROP DATABASE IF EXISTS {quoted(name)}")


def connection_options(url: str) -> dict[str, Any]:
    """What asyncpg needs of a URL (连接参数); options that only Tortoise knows are left out."""
    credentials = expand_db_url(url)["credentials"]
    return {key: credentials.get(key) for key in ("host", "port", "user", "password", "database", "ssl")}


async def execute(url: str, target: str, statement: str, *values: object) -> None:
    """Run a statement about the database `target` from another one, the URL's own or `postgres` (执行)."""
    own = database_of(url)
    other = with_database(url, "postgres" if own in ("", target) else own)
    connection = await asyncpg.connect(**connection_options(other), timeout=30)
    try:
        await connection.execute(statement, *values)
    finally:
        await connection.close()


def quoted(name: str) -> str:
    """A name as SQL takes it (标识符)."""
    return '"' + name.replace('"', '""') + '"'
