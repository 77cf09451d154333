"""Bring a database to the newest schema (数据库迁移)."""

from tortoise import Tortoise
from tortoise.migrations.api.migrate import migrate

from models.config import orm_config


async def migrate_database(database_url: str) -> None:
    """Apply every migration that is not applied yet (执行迁移)."""
    try:
        await migrate(config=orm_config(database_url))
    finally:
        await Tortoise.close_connections()
