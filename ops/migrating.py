"""Bring a database to the newest schema (数据库迁移), while others work on it.

Each migration is one transaction together with its record: whenever `yaolu migrate` is killed, the next one
goes on from there. It waits a few seconds at most for a table that others use, for behind it everybody else
waits too; then it lets go and comes again. Several that run at once take turns.
"""

import asyncio

import asyncpg
from tortoise import Tortoise
from tortoise.connection import get_connection
from tortoise.migrations.executor import MigrationExecutor
from tortoise.migrations.graph import MigrationKey
from tortoise.migrations.migration import Migration
from tortoise.migrations.recorder import MigrationRecorder
from tortoise.migrations.schema_generator.state import State
from tortoise.transactions import in_transaction

from engines.logs import log
from models.config import orm_config
from ops.servers import EngineError
from ops.table_history import tables_after

LOCK_SECONDS = 2.0
"""How long one attempt waits for a lock, and everybody else behind it."""

ATTEMPTS, PAUSE_SECONDS = 15, 2.0
# an arbitrary number that nothing else of ours locks
TURN = "SELECT pg_advisory_xact_lock(4920610837)"
IN_THE_WAY = (asyncpg.LockNotAvailableError, asyncpg.DeadlockDetectedError)


class TablesInUse(EngineError):
    """Somebody holds a table for too long (表被占用)."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"Migration {name} did not get its tables in {ATTEMPTS} attempts of {LOCK_SECONDS:g} s: some "
            "transaction holds them. Nothing of it was done, those before it are done. Look for that one by "
            "`SELECT pid, xact_start, state, query FROM pg_stat_activity ORDER BY xact_start`, wait for it "
            "or end it, and run `yaolu migrate` again."
        )


async def migrate_database(database_url: str) -> None:
    """Apply every migration that is not applied yet (执行迁移)."""
    config = orm_config(database_url)
    try:
        await Tortoise.init(config=config, init_connections=False)
        await Executor(get_connection("default"), config["apps"]).forward()
    finally:
        await Tortoise.close_connections()


class Executor(MigrationExecutor):
    """Tortoise's, with a lighter memory of the tables and care for those who use them (迁移执行)."""

    async def forward(self) -> None:
        """Apply all that is not applied, one after another."""
        await self.loader.build_graph()
        await self._make_record()
        applied = set(await self.recorder.applied_migrations())
        state = await self._project_state(applied)
        for step in self._migration_plan(None, applied, self.loader.graph):
            key = MigrationKey(step.migration.app_label, step.migration.name)
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    await self._apply(step.migration, state)
                    break
                except IN_THE_WAY as error:
                    log.warning(
                        "migrate.waits", migration=key.name, attempt=attempt, error=type(error).__name__
                    )
                    # what was done to it in memory stays there when the transaction is undone
                    state = await self._project_state(applied)
                    await asyncio.sleep(PAUSE_SECONDS)
            else:
                raise TablesInUse(key.name)
            applied.add(key)

    async def _make_record(self) -> None:
        """The table of what was applied, once."""
        async with in_transaction(self.connection.connection_name) as connection:
            await connection.execute_script(TURN)
            editor = self._schema_editor(atomic=True)
            editor.client = connection
            await self.recorder.ensure_schema(editor)

    async def _apply(self, migration: Migration, state: State) -> None:
        """One migration and its record, or nothing of it; nothing too when another has done it meanwhile."""
        async with in_transaction(self.connection.connection_name) as connection:
            await connection.execute_script(TURN)
            recorder = MigrationRecorder(connection)
            key = MigrationKey(migration.app_label, migration.name)
            if key in await recorder.applied_migrations():
                await migration.apply(state, dry_run=True)
                return
            await connection.execute_script(f"SET LOCAL lock_timeout = {LOCK_SECONDS * 1000:.0f}")
            editor = self._schema_editor(atomic=True)
            editor.client = connection
            await migration.apply(state, schema_editor=editor)
            await recorder.record_applied(key.app_label, key.name)

    async def _project_state(self, applied: set[MigrationKey], *, upto: MigrationKey | None = None) -> State:
        nodes = self.loader.graph.nodes
        return await tables_after(nodes[key] for key in self._full_plan() if key in applied)
