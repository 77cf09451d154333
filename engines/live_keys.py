"""The key ring of a running process (在用密钥环), which learns of a new key without a restart."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from engines.keys import KeyRing, KeyRingBroken, UnknownKey
from engines.logs import log_fault

T = TypeVar("T")

LOOK_SECONDS = 0.5
"""How often the file is looked at, at most: so long after a change every process has the new ring."""


class Ring(Protocol):
    """What encrypts and decrypts (密钥环), fixed or alive."""

    def encrypt(self, plain: bytes, *, context: bytes) -> bytes:
        """The ciphertext, readable only with the same context."""

    def decrypt(self, sealed: bytes, *, context: bytes) -> bytes:
        """The plaintext of what `encrypt` gave for the same context."""


class LiveKeyRing:
    """A key ring that follows its file (在用密钥环).

    The file is read again when it has changed, and at once when something was encrypted with a key not
    known yet: another process has seen the change first. A file that is broken or away changes nothing.
    """

    def __init__(self, source: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = None if source.lstrip().startswith("{") else Path(source)
        self._clock = clock
        self._mark = self._mark_of_file()
        self._ring = KeyRing.read(source)
        self._looked_at = clock()

    @property
    def ring(self) -> KeyRing:
        """The ring as it is now."""
        if self._clock() - self._looked_at >= LOOK_SECONDS:
            self._looked_at = self._clock()
            self._follow()
        return self._ring

    def encrypt(self, plain: bytes, *, context: bytes) -> bytes:
        """The ciphertext (密文) by the present key."""
        return self.ring.encrypt(plain, context=context)

    def decrypt(self, sealed: bytes, *, context: bytes) -> bytes:
        """The plaintext (明文)."""
        return self._with_any_key(lambda ring: ring.decrypt(sealed, context=context))

    def encrypt_text(self, text: str, *, context: bytes) -> bytes:
        """The ciphertext (密文) of a text by the present key."""
        return self.ring.encrypt_text(text, context=context)

    def decrypt_text(self, sealed: bytes, *, context: bytes) -> str:
        """The text (明文)."""
        return self._with_any_key(lambda ring: ring.decrypt_text(sealed, context=context))

    def lookup_hash(self, text: str) -> str:
        """The keyed hash (带钥散列) under which a text is kept."""
        return self.ring.lookup_hash(text)

    def lookup_hashes(self, text: str) -> list[str]:
        """The keyed hashes (带钥散列) under which a text may be found."""
        return self.ring.lookup_hashes(text)

    def _with_any_key(self, work: Callable[[KeyRing], T]) -> T:
        try:
            return work(self.ring)
        except UnknownKey:
            self._follow()
            return work(self._ring)

    def _follow(self) -> None:
        """Read the file again if it has changed."""
        mark = self._mark_of_file()
        if self._path is None or mark is None or mark == self._mark:
            return
        try:
            self._ring = KeyRing.from_file(self._path)
        except KeyRingBroken as error:
            # whoever writes the file mends it; until then the ring in memory is the better one
            log_fault("keys.unreadable", error)
            return
        self._mark = mark

    def _mark_of_file(self) -> tuple[int, int, int] | None:
        """What changes whenever the file does."""
        if self._path is None:
            return None
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino, found.st_size
