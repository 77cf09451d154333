"""How tortoise-orm reaches the database."""

from typing import Any

import settings


def orm_config(database_url: str) -> dict[str, Any]:
    """The configuration of the object-relational mapper (数据库配置) for one database."""
    return {
        "connections": {"default": database_url},
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


TORTOISE_ORM = orm_config(settings.DATABASE_URL)
