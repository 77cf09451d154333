"""Counting the statements that reads send."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import asyncpg
import pytest


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are sent meanwhile (语句计数), whoever sends them; but not BEGIN and COMMIT."""
    statements: list[str] = []
    original = asyncpg.Connection._execute

    async def spy(self: Any, query: str, *values: Any, **more: Any) -> Any:
        statements.append(query)
        return await original(self, query, *values, **more)

    with monkeypatch.context() as patch:
        patch.setattr(asyncpg.Connection, "_execute", spy)
        yield statements
