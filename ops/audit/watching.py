"""The audit chain seen from a terminal (核验进度)."""

from collections.abc import Sequence

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from ops.audit.verify import Walk, verify
from ops.databases import connected
from services.audit_chain import LAST_LINK, Head

COLUMNS = (TextColumn("Verifying"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())


async def end_of_chain(database_url: str) -> Head | None:
    """The last link (链尾), if anything is sealed."""
    async with connected(database_url) as connection:
        row = await connection.fetchrow(LAST_LINK)
    return Head(row["sequence"], bytes(row["hash"])) if row else None


async def watched(database_url: str, heads: Sequence[Head]) -> Walk:
    """Verify with a progress bar (核验)."""
    end = await end_of_chain(database_url)
    walk = Walk({})
    async with connected(database_url) as connection:
        with Progress(*COLUMNS, transient=True) as progress:
            task = progress.add_task("", total=end.sequence if end else 0)
            async for walk in verify(connection, heads):
                progress.update(task, completed=walk.end.sequence)
    return walk
