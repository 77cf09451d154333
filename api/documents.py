"""Which text is executed (文档选择): one that was sent, named by its hash, or registered beforehand.

Hashes come as `extensions.persistedQuery.sha256Hash` (automatic persisted queries: the text is sent once) or
as `documentId`. Callers of the roles in `only_for` may send registered documents only.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from time import monotonic

from strawberry.http import GraphQLRequestData

import settings
from api.errors import (
    BAD_USER_INPUT,
    DOCUMENT_NOT_REGISTERED,
    LOST,
    PERSISTED_QUERY_NOT_FOUND,
    RequestRefused,
    away,
    is_away,
)
from engines.persisted import PersistedTexts
from policy.terms import Role
from services.actor import Actor
from services.documents import Document, hash_of

SHA256 = re.compile(r"[0-9a-f]{64}")
FRESH_SECONDS = 60.0
"""How long a process believes what it read of the register: so soon does a removal take effect."""

Find = Callable[[str], Awaitable[Document | None]]


class Documents:
    """The register and the texts seen before (文档库)."""

    def __init__(self, find: Find, texts: PersistedTexts, only_for: frozenset[Role] = frozenset()) -> None:
        self._find = find
        self._texts = texts
        self.only_for = only_for
        self._known: dict[str, tuple[Document | None, float]] = {}

    async def choose(self, said: GraphQLRequestData, actor: Actor | None) -> GraphQLRequestData:
        """The request with its text; raise RequestRefused when there is none that the caller may send."""
        name = hash_in(said)
        if name is None and not self._is_held(actor):
            return said
        text = said.query or None
        if text is not None and name is not None and hash_of(text) != name:
            raise RequestRefused(400, "sha256Hash 与 query 不符。", BAD_USER_INPUT)
        document = await self._registered(name or hash_of(text or ""))
        if document is not None and document.is_for(actor.role if actor else None):
            return replace(said, query=document.text)
        if self._is_held(actor):
            raise RequestRefused(400, "只接受已登记的文档;请登记后再用。", DOCUMENT_NOT_REGISTERED)
        assert name is not None
        if text is None:
            return replace(said, query=await self._seen(name))
        await self._texts.put(name, text)
        return said

    def _is_held(self, actor: Actor | None) -> bool:
        """Whether the caller may send registered documents only; who has not signed in is held like them."""
        return bool(self.only_for) and (actor is None or actor.role in self.only_for)

    async def _seen(self, name: str) -> str:
        text = await self._texts.get(name)
        if text is None:
            message = "没有此哈希对应的文档;请连同 query 再发一次。"
            raise RequestRefused(200, message, PERSISTED_QUERY_NOT_FOUND)
        return text

    async def _registered(self, name: str) -> Document | None:
        document, until = self._known.get(name, (None, 0.0))
        if monotonic() >= until:
            try:
                document = await self._find(name)
            except LOST as error:
                if not is_away(error):
                    raise
                raise away("文档库暂不可用,请稍后重试。") from error
            if len(self._known) >= settings.QUERY_CACHE_SIZE:
                self._known.pop(next(iter(self._known)))
            self._known[name] = document, monotonic() + FRESH_SECONDS
        return document

    async def stop(self) -> None:
        """Let go of every connection."""
        await self._texts.stop()


def hash_in(said: GraphQLRequestData) -> str | None:
    """The hash by which a request names its document, if it does."""
    extensions = said.extensions or {}
    persisted = extensions.get("persistedQuery")
    name = persisted.get("sha256Hash") if isinstance(persisted, dict) else extensions.get("documentId")
    if name is None:
        return None
    if not isinstance(name, str) or not SHA256.fullmatch(name):
        raise RequestRefused(400, "sha256Hash 或 documentId 应为 64 位小写十六进制。", BAD_USER_INPUT)
    return name
