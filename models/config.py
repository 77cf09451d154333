"""How tortoise-orm reaches the database."""

from typing import Any

from tortoise.backends.base.config_generator import expand_db_url

import settings


def orm_config(database_url: str) -> dict[str, Any]:
    """The configuration of the object-relational mapper (数据库配置) for one database."""
    connection = expand_db_url(database_url)
    connection["credentials"].setdefault("maxsize", settings.DATABASE_POOL_MAX)
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
