"""Counting the statements that reads send."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tortoise.backends.asyncpg.client import AsyncpgDBClient


@contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The statements that are sent meanwhile (语句计数)."""
    statements: list[str] = []
    with monkeypatch.context() as patch:
        for name in ("execute_query", "execute_query_dict"):
            original = getattr(AsyncpgDBClient, name)

            async def spy(self: Any, query: str, *values: Any, _original: Any = original, **more: Any) -> Any:
                statements.append(query)
                return await _original(self, query, *values, **more)

            patch.setattr(AsyncpgDBClient, name, spy)
        yield statements
