"""Who is calling, and on what occasion."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from engines.payments import PaymentProvider
from engines.receipt_codes import ReceiptCodes
from policy.terms import Role
from services.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated caller (操作者): a person or an institution's system."""

    role: Role
    subject: str
    member_id: UUID | None = None
    institution: str | None = None
    area: str | None = None
    practitioner: str | None = None

    @property
    def caller(self) -> str:
        """The name under which idempotency keys and audit rows are kept."""
        return f"{self.role}:{self.subject}"


class Doorbell(Protocol):
    """Rings after a commit (门铃): who listens then reads the rows."""

    async def ring(self, topics: Iterable[str]) -> None:
        """Wake the listeners of these topics."""

    async def ring_jobs(self, job_ids: Iterable[UUID]) -> None:
        """Wake the workers for these jobs."""


class SilentBell:
    """A doorbell that nobody hears (静默门铃), for tools that run without Redis."""

    async def ring(self, topics: Iterable[str]) -> None:
        """Do nothing."""

    async def ring_jobs(self, job_ids: Iterable[UUID]) -> None:
        """Do nothing."""


class Keys(Protocol):
    """Seals personal data and finds it again (密钥环)."""

    def encrypt_text(self, text: str, *, context: bytes) -> bytes:
        """The sealed form of a text."""

    def decrypt_text(self, sealed: bytes, *, context: bytes) -> str:
        """The text that was sealed."""

    def lookup_hash(self, text: str) -> str:
        """A keyed digest by which a sealed value is kept."""

    def lookup_hashes(self, text: str) -> list[str]:
        """Every digest by which a sealed value may be found: while its key is changed there are two."""


class Images(Protocol):
    """Keeps pictures, encrypted (影像存储)."""

    async def put(self, data: bytes) -> str:
        """Keep a picture; gives its key."""

    async def get(self, key: str) -> bytes:
        """A kept picture."""

    async def delete(self, key: str) -> None:
        """Forget a picture."""

    async def older_than(self, folder: str, moment: datetime) -> list[str]:
        """The keys of a folder that were kept before that."""


class Sessions(Protocol):
    """Signs in the users of a mini-program (小程序登录)."""

    async def openid(self, code: str) -> str | None:
        """The account that a code was given to; None when the code is no good."""

    def access_token(self, member_id: str) -> tuple[str, datetime]:
        """A short-lived token of ours for a member, and when it ends."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What use cases need of the world outside the database (外部工具).

    `allows_samples` lets identity numbers of the area 99xxxx in, which does not exist: never in production.
    """

    bell: Doorbell
    keys: Keys
    images: Images
    allows_samples: bool = False
    sessions: Sessions | None = None
    payments: PaymentProvider | None = None
    receipts: ReceiptCodes | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a use case (一次调用): who, when, under which idempotency key."""

    actor: Actor
    now: datetime
    tools: Tools
    key: str | None = None

    def require(self, what: str, *roles: Role) -> None:
        """Refuse every other role."""
        if self.actor.role not in roles:
            raise Forbidden(what, roles)
