"""How tortoise-orm reaches the database."""

from typing import Any

from tortoise.backends.base.config_generator import expand_db_url

import settings


async def as_it_is(connection: object) -> None:
    """A connection goes back to the pool as it is (归还连接), one round trip sooner.

    An open transaction is undone all the same. Nothing of ours outlives one: advisory locks and settings are
    always the transaction's own (`pg_advisory_xact_lock`, `SET LOCAL`).
    """


def orm_config(database_url: str) -> dict[str, Any]:
    """The configuration of the object-relational mapper (数据库配置) for one database."""
    connection = expand_db_url(database_url)
    connection["credentials"].setdefault("maxsize", settings.DATABASE_POOL_MAX)
    connection["credentials"]["reset"] = as_it_is
    return {
        "connections": {"default": connection},
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


TORTOISE_ORM = orm_config(settings.DATABASE_URL) if settings.DATABASE_URL else {}
"""For tortoise-orm's own command, which needs DATABASE_URL: see docs/operations.md."""
