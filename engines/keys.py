"""The key ring (密钥环): identity numbers, names and pictures are encrypted with it and found through it."""

import hmac
import json
import os
import re
import secrets
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FORMAT = b"\x01"
KEY_BYTES = 32
NONCE_BYTES = 12
_KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,32}")


class KeyRingBroken(Exception):
    """The key ring (密钥环) itself cannot be read; the sentence says what to mend, never a key."""


class UnknownKey(Exception):
    """Something was encrypted with a key (密钥) that the ring no longer or not yet holds."""

    def __init__(self, key_id: str, known: list[str]) -> None:
        self.key_id = key_id
        self.known = known
        super().__init__(f"Key {key_id!r} is not on the key ring, only {', '.join(known)}: put it back.")


class NotDecryptable(Exception):
    """The ciphertext (密文) was altered, cut, belongs to another context, or never was one."""


@dataclass(frozen=True)
class KeyRing:
    """Keys by name, the one that encrypts now, and the key of the lookup hashes (密钥环).

    `old_lookups` are lookup keys whose hashes are still about; `lookup_since` says when the present one came.
    """

    current: str
    keys: Mapping[str, bytes] = field(repr=False)
    lookup: bytes = field(repr=False)
    old_lookups: tuple[bytes, ...] = field(default=(), repr=False)
    lookup_since: datetime | None = None

    def __post_init__(self) -> None:
        for key_id, key in self.keys.items():
            if not _KEY_ID.fullmatch(key_id):
                raise KeyRingBroken(f"Key name {key_id!r} must be 1 to 32 letters, digits, '.', '_' or '-'.")
            if len(key) != KEY_BYTES:
                raise KeyRingBroken(f"Key {key_id!r} has {len(key)} bytes; it needs {KEY_BYTES}.")
        for lookup in (self.lookup, *self.old_lookups):
            if len(lookup) != KEY_BYTES:
                raise KeyRingBroken(f"The lookup key has {len(lookup)} bytes; it needs {KEY_BYTES}.")
        if self.current not in self.keys:
            raise KeyRingBroken(f"The current key {self.current!r} is not among {', '.join(self.keys)}.")

    def encrypt(self, plain: bytes, *, context: bytes) -> bytes:
        """The ciphertext (密文), readable only with the same context, as AES-256-GCM."""
        name = self.current.encode()
        header = FORMAT + bytes([len(name)]) + name
        nonce = secrets.token_bytes(NONCE_BYTES)
        return header + nonce + AESGCM(self.keys[self.current]).encrypt(nonce, plain, header + context)

    def decrypt(self, sealed: bytes, *, context: bytes) -> bytes:
        """The plaintext (明文) of what `encrypt` gave for the same context."""
        key_id, header = _header_of(sealed)
        key = self.keys.get(key_id)
        if key is None:
            raise UnknownKey(key_id, list(self.keys))
        nonce, body = sealed[len(header) :][:NONCE_BYTES], sealed[len(header) + NONCE_BYTES :]
        try:
            return AESGCM(key).decrypt(nonce, body, header + context)
        except (InvalidTag, ValueError) as error:
            message = f"Ciphertext of key {key_id!r} was altered, cut, or encrypted for another context."
            raise NotDecryptable(message) from error

    def encrypt_text(self, text: str, *, context: bytes) -> bytes:
        """The ciphertext (密文) of a text in UTF-8, for a binary column."""
        return self.encrypt(text.encode(), context=context)

    def decrypt_text(self, sealed: bytes, *, context: bytes) -> str:
        """The text (明文) that `encrypt_text` was given."""
        return self.decrypt(sealed, context=context).decode()

    def lookup_hash(self, text: str) -> str:
        """The keyed hash (带钥散列) under which an encrypted text is kept; one writing, one hash."""
        return self.lookup_hashes(text)[0]

    def lookup_hashes(self, text: str) -> list[str]:
        """The hashes (带钥散列) under which a text may be found, by the present lookup key and older ones."""
        # NFKC first: scanners and OCR give full-width digits, and people type a small x.
        written = unicodedata.normalize("NFKC", text).strip().upper().encode()
        return [hmac.digest(key, written, "sha256").hex() for key in (self.lookup, *self.old_lookups)]

    def needs_renewal(self, sealed: bytes) -> bool:
        """Whether an older key encrypted this (待换密钥), so that it should be encrypted anew."""
        return key_of(sealed) != self.current

    def with_key(self, key_id: str) -> Self:
        """This ring with one more key, fresh and not in use yet (新增密钥)."""
        if key_id in self.keys:
            raise KeyRingBroken(f"Key {key_id!r} is already on the key ring: give the new key another name.")
        return replace(self, keys={**self.keys, key_id: secrets.token_bytes(KEY_BYTES)})

    def rotated(self, key_id: str) -> Self:
        """This ring encrypting with this key, made if it is not there (密钥轮换); the lookup key stays."""
        ring = self if key_id in self.keys else self.with_key(key_id)
        return replace(ring, current=key_id)

    def without(self, key_id: str) -> Self:
        """This ring without a key (停用密钥) that nothing is encrypted with any more."""
        if key_id == self.current:
            raise KeyRingBroken(f"Key {key_id!r} encrypts now: rotate to another one first.")
        if key_id not in self.keys:
            raise KeyRingBroken(f"Key {key_id!r} is not on the key ring, only {', '.join(self.keys)}.")
        return replace(self, keys={name: key for name, key in self.keys.items() if name != key_id})

    def with_new_lookup(self, now: datetime) -> Self:
        """This ring with a fresh lookup key (散列密钥轮换); what the old one hashed is still found."""
        fresh = secrets.token_bytes(KEY_BYTES)
        return replace(self, lookup=fresh, old_lookups=(self.lookup, *self.old_lookups), lookup_since=now)

    def without_old_lookups(self) -> Self:
        """This ring with the present lookup key only (停用旧散列密钥)."""
        return replace(self, old_lookups=(), lookup_since=None)

    def to_json(self) -> str:
        """The ring as its file holds it (密钥文件): secret."""
        document: dict[str, Any] = {
            "current": self.current,
            "keys": {key_id: b64encode(key).decode() for key_id, key in self.keys.items()},
            "lookup": b64encode(self.lookup).decode(),
        }
        if self.old_lookups:
            document["old_lookups"] = [b64encode(key).decode() for key in self.old_lookups]
        if self.lookup_since is not None:
            document["lookup_since"] = self.lookup_since.isoformat()
        return json.dumps(document)

    @classmethod
    def generate(cls, key_id: str = "k1") -> Self:
        """A fresh ring of one key (新密钥环)."""
        keys = {key_id: secrets.token_bytes(KEY_BYTES)}
        return cls(current=key_id, keys=keys, lookup=secrets.token_bytes(KEY_BYTES))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """The ring written as JSON (密钥环): `{"current": …, "keys": {…}, "lookup": …}`."""
        try:
            document = json.loads(text)
        except ValueError as error:
            raise KeyRingBroken("The key ring is not JSON.") from error
        if not isinstance(document, dict) or not isinstance(document.get("keys"), dict):
            raise KeyRingBroken('The key ring must look like {"current": …, "keys": {…}, "lookup": …}.')
        keys = {key_id: _decoded(f"Key {key_id!r}", key) for key_id, key in document["keys"].items()}
        lookup = _decoded("The lookup key", document.get("lookup"))
        old = tuple(_decoded("An old lookup key", key) for key in document.get("old_lookups", ()))
        since = document.get("lookup_since")
        return cls(
            current=str(document.get("current")),
            keys=keys,
            lookup=lookup,
            old_lookups=old,
            lookup_since=datetime.fromisoformat(since) if since else None,
        )

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """The ring kept in a file (密钥文件)."""
        try:
            return cls.from_json(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise KeyRingBroken(f"The key ring file {path} cannot be read: {error.strerror}.") from error
        except (KeyRingBroken, UnicodeDecodeError) as error:
            raise KeyRingBroken(f"In the key ring file {path}: {error}") from error

    @classmethod
    def read(cls, source: str) -> Self:
        """The ring from a setting (配置): JSON itself, or the path of its file."""
        return cls.from_json(source) if source.lstrip().startswith("{") else cls.from_file(Path(source))

    def write(self, path: Path) -> None:
        """Put this ring in its file's place (改写密钥文件), whole or not at all; its owner stays."""
        draft = _draft(path, self.to_json())
        try:
            if path.exists():
                # whoever rotates may be root; the processes that must read the file are not
                found = path.stat()
                os.chown(draft, found.st_uid, found.st_gid)
                draft.chmod(found.st_mode & 0o777)
            draft.replace(path)
        except OSError as error:
            raise KeyRingBroken(f"The key ring file {path} cannot be written: {error.strerror}.") from error
        finally:
            draft.unlink(missing_ok=True)

    @classmethod
    def load_or_create(cls, path: Path) -> Self:
        """The ring of a file, made on first use (首次生成); all who race for it get the same one."""
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            publish_secret(path, cls.generate().to_json())
        return cls.from_file(path)


def key_of(sealed: bytes) -> str:
    """The name of the key that encrypted this (所用密钥)."""
    return _header_of(sealed)[0]


def _header_of(sealed: bytes) -> tuple[str, bytes]:
    """The key name and the header that a ciphertext (密文) begins with."""
    end = 2 + sealed[1] if len(sealed) > 1 else 0
    if sealed[:1] != FORMAT or len(sealed) < end + NONCE_BYTES or not sealed[2:end].isascii():
        raise NotDecryptable(f"{len(sealed)} bytes do not begin like a ciphertext of this key ring.")
    return sealed[2:end].decode(), sealed[:end]


def _decoded(what: str, value: object) -> bytes:
    if not isinstance(value, str):
        raise KeyRingBroken(f"{what} is missing or is no text; it must be {KEY_BYTES} bytes in base64.")
    try:
        return b64decode(value, validate=True)
    except ValueError as error:
        raise KeyRingBroken(f"{what} is not base64.") from error


def publish_secret(path: Path, text: str) -> None:
    """Write a whole secret file or none; whoever came first wins."""
    draft = _draft(path, text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _draft(path: Path, text: str) -> Path:
    """The text in a file beside its place, readable by its owner only, and on the disk."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
