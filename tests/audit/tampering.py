"""What the audit's tests do to its rows: what somebody with all rights over the database could do."""

from typing import Any

TABLES = "audit_entry", "audit_link", "audit_head"


async def unguarded(connection: Any) -> None:
    """From now on no trigger of the audit's tables holds `connection` back; a rollback brings them back.

    The owner of a table may do this; `session_replication_role` asks for a superuser.
    """
    for table in TABLES:
        await connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")


async def guarded(connection: Any) -> None:
    """The triggers are back."""
    for table in TABLES:
        await connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
