"""The image store (影像存储): a local folder, and the same against a small S3-like server on this machine."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from engines.images import ImageMissing, ImageStore
from engines.keys import KeyRing, NotDecryptable

IMAGE = b"\xff\xd8\xff picture of nobody" * 1000
RING = KeyRing.generate()


class FakeS3:
    """As much of S3 as this store needs, over plain HTTP."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the one request of a connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        verb, path, _ = head[0].split(" ")
        fields = dict(line.lower().split(": ", 1) for line in head[1:-2])
        body = await reader.readexactly(int(fields.get("content-length", "0")))
        status, content = self._answer(verb, path, body)
        stamp = 'ETag: "1"\r\nLast-Modified: Mon, 16 Mar 2026 01:30:00 GMT\r\nConnection: close\r\n'
        writer.write(
            f"HTTP/1.1 {status} -\r\nContent-Length: {len(content)}\r\n{stamp}\r\n".encode() + content
        )
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    def _answer(self, verb: str, path: str, body: bytes) -> tuple[int, bytes]:
        if verb == "PUT":
            self.objects[path] = body
            return 200, b""
        if verb == "POST" and path.endswith("?delete"):
            (key,) = re.findall(r"<Key>([^<]+)</Key>", body.decode())
            self.objects.pop(f"{path.removesuffix('?delete')}/{key}", None)
            return 200, f"<DeleteResult><Deleted><Key>{key}</Key></Deleted></DeleteResult>".encode()
        return (200, self.objects[path]) if path in self.objects else (404, b"<Error/>")


@pytest_asyncio.fixture(params=["file", "s3"])
async def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[str]:
    if request.param == "file":
        yield (tmp_path / "影像 folder").as_uri()
        return
    server = await asyncio.start_server(FakeS3().serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for name, value in {
        "AWS_ENDPOINT": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "sample",
        "AWS_SECRET_ACCESS_KEY": "sample",
        "AWS_REGION": "cn-north-1",
    }.items():
        monkeypatch.setenv(name, value)
    async with server:
        yield "s3://yaolu/images"


async def test_gives_back_what_was_put_until_it_is_deleted(url: str) -> None:
    store = ImageStore(url, RING)

    key = await store.put(IMAGE)

    assert await store.get(key) == IMAGE
    assert len(key) <= 64
    await store.delete(key)
    await store.delete(key)
    with pytest.raises(ImageMissing, match=key):
        await store.get(key)


async def test_keeps_nothing_readable_on_disk(tmp_path: Path) -> None:
    store = ImageStore(tmp_path.as_uri(), RING)

    key = await store.put(IMAGE)

    assert b"picture of nobody" not in (tmp_path / key).read_bytes()


async def test_refuses_a_picture_moved_under_another_key(tmp_path: Path) -> None:
    store = ImageStore(tmp_path.as_uri(), RING)
    one, other = await store.put(IMAGE), await store.put(b"another")

    (tmp_path / one).write_bytes((tmp_path / other).read_bytes())

    with pytest.raises(NotDecryptable):
        await store.get(one)


@pytest.mark.parametrize("key", ["", "../secret", "ab/../../secret", "/etc/passwd", "ab/" + "g" * 32])
async def test_reaches_nothing_outside_by_a_strange_key(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret").write_bytes(RING.encrypt(b"x", context=key.encode()))
    store = ImageStore((tmp_path / "images").as_uri(), RING)

    with pytest.raises(ImageMissing):
        await store.get(key)
    with pytest.raises(ImageMissing):
        await store.delete(key)


@pytest.mark.parametrize("url", ["", "images", "s3://", "ftp://example/images"])
def test_says_which_address_is_no_store(url: str) -> None:
    with pytest.raises(ValueError, match="file:///folder or s3://bucket"):
        ImageStore(url, RING)
