"""Trusted documents (受信任文档): registered all or none, and found by their hash."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from tortoise.transactions import in_transaction

from models import TrustedDocument
from policy.terms import Role


@dataclass(frozen=True, slots=True)
class Document:
    """A document and who may send it (文档); no roles: everybody."""

    name: str
    text: str
    roles: frozenset[Role] = frozenset()

    @property
    def sha256(self) -> str:
        """By what clients name it."""
        return hash_of(self.text)

    def is_for(self, role: Role | None) -> bool:
        """Whether a caller of this role may send it."""
        return not self.roles or role in self.roles


def hash_of(text: str) -> str:
    """The SHA-256 of a document's text, in lower-case hexadecimal."""
    return sha256(text.encode()).hexdigest()


async def register(documents: Sequence[Document], now: datetime) -> int:
    """Register documents, all or none; those already known get the roles said now. Gives how many are new."""
    async with in_transaction():
        known = await TrustedDocument.filter(sha256__in=[document.sha256 for document in documents])
        rows = [
            TrustedDocument(
                sha256=document.sha256,
                name=document.name,
                text=document.text,
                roles=sorted(document.roles),
                registered_at=now,
            )
            for document in documents
        ]
        await TrustedDocument.bulk_create(rows, on_conflict=["sha256"], update_fields=["name", "roles"])
    return len({document.sha256 for document in documents} - {row.sha256 for row in known})


async def remove(hashes: Iterable[str]) -> int:
    """Take documents off the list; gives how many were on it."""
    return await TrustedDocument.filter(sha256__in=list(hashes)).delete()


async def find(sha256: str) -> Document | None:
    """The registered document of that hash, if there is one."""
    row = await TrustedDocument.get_or_none(sha256=sha256)
    return Document(row.name, row.text, frozenset(Role(role) for role in row.roles)) if row else None
