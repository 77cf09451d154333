"""How tortoise-orm reaches the database."""

from typing import Any

from tortoise.backends.base.config_generator import expand_db_url

import settings

REPLICA_ANSWER_SECONDS = 5.0
"""How long the replica may take; after that the primary is asked."""


def orm_config(database_url: str, replica_url: str = "") -> dict[str, Any]:
    """The configuration of the object-relational mapper (数据库配置) for a database and its replica."""
    connections = {"default": connection_of(database_url)}
    if replica_url:
        connections["replica"] = connection_of(replica_url)
        connections["replica"]["credentials"] |= {
            "command_timeout": REPLICA_ANSWER_SECONDS,
            "timeout": REPLICA_ANSWER_SECONDS,
        }
    return {
        "connections": connections,
        "apps": {
            "models": {
                "models": ["models"],
                "default_connection": "default",
                "migrations": "models.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


def connection_of(url: str) -> dict[str, Any]:
    """How the mapper reaches one server (连接配置)."""
    connection = expand_db_url(url)
    connection["credentials"].setdefault("maxsize", settings.DATABASE_POOL_MAX)
    return connection


TORTOISE_ORM = orm_config(settings.DATABASE_URL) if settings.DATABASE_URL else {}
"""For tortoise-orm's own command, which needs DATABASE_URL: see docs/operations.md."""
