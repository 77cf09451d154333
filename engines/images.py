"""The image store (影像存储): encrypted pictures in a local folder or an S3-compatible store."""

import re
import secrets
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.exceptions import NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from engines.keys import KeyRing, key_of
from engines.live_keys import Ring

PORTION = 200
HEAD_BYTES = 46
"""As much of a ciphertext as its key's name, of 32 letters at most, can be read from."""

_KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")


class ImageMissing(Exception):
    """No picture lies under this key (影像不存在): it was purged, or never put."""

    def __init__(self, key: str) -> None:
        self.key = key
        super().__init__(f"No image is stored under {key!r}: it was purged or never stored.")


class ImageStore:
    """Pictures by key (影像存储), each encrypted for its own key, so that none can pose as another."""

    def __init__(self, url: str, ring: Ring) -> None:
        self._store = _opened(url)
        self._ring = ring

    async def put(self, image: bytes) -> str:
        """Store a picture (存入影像) and give its key, of 35 characters that tell nothing."""
        name = secrets.token_hex(16)
        # Two letters of folder keep a local folder quick with a million pictures.
        key = f"{name[:2]}/{name}"
        await self._store.put_async(key, self._ring.encrypt(image, context=key.encode()))
        return key

    async def get(self, key: str) -> bytes:
        """The picture under a key (取出影像)."""
        try:
            stored = await self._store.get_async(_checked(key))
        except (NotFoundError, FileNotFoundError) as error:
            raise ImageMissing(key) from error
        sealed = bytes(await stored.bytes_async())
        return self._ring.decrypt(sealed, context=key.encode())

    async def names(self) -> AsyncIterator[list[str]]:
        """The keys of all pictures that are there (影像清单), in portions."""
        async for portion in self._store.list(chunk_size=PORTION):
            yield [found["path"] for found in portion if _KEY.fullmatch(found["path"])]

    async def encryption_key(self, key: str) -> str | None:
        """The name of the key that encrypted a picture (所用密钥); None when the picture is gone."""
        try:
            head = await self._store.get_range_async(_checked(key), start=0, length=HEAD_BYTES)
        except (NotFoundError, FileNotFoundError):
            return None
        return key_of(bytes(head))

    async def encrypt_anew(self, key: str, ring: KeyRing) -> bool:
        """Bring a picture under the ring's present key (影像换钥); gives whether it is still there."""
        try:
            stored = await self._store.get_async(_checked(key))
        except (NotFoundError, FileNotFoundError):
            return False
        plain = ring.decrypt(bytes(await stored.bytes_async()), context=key.encode())
        await self._store.put_async(key, ring.encrypt(plain, context=key.encode()))
        return True

    async def delete(self, key: str) -> None:
        """Purge a picture (清除影像); purging it again is no error, so a purge can be repeated."""
        try:
            await self._store.delete_async(_checked(key))
        except (NotFoundError, FileNotFoundError):
            return

    async def older_than(self, folder: str, moment: datetime) -> list[str]:
        """The keys of one of the 256 folders, 00 to ff, that were stored before that (旧影像)."""
        found: list[str] = []
        async for page in self._store.list(prefix=folder):
            found += [one["path"] for one in page if one["last_modified"] < moment]
        return [key for key in found if _KEY.fullmatch(key)]


def _opened(url: str) -> ObjectStore:
    """The store at file://… or s3://… (影像存储地址); access to S3 is configured by AWS_… variables."""
    parts = urlsplit(url)
    if parts.scheme == "file":
        folder = Path(unquote(parts.path))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return LocalStore(folder)
    if parts.scheme == "s3" and parts.netloc:
        return from_url(url)
    raise ValueError(f"The image store must be file:///folder or s3://bucket/prefix, not {url!r}.")


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ImageMissing(key)
    return key
