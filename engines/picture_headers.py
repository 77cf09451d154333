"""The four accepted picture formats (照片格式), as far as their headers tell.

Pillow is not used here: opening a file with it inflates compressed text, sets up a WebP decoder of the
claimed size, and keeps its limits in globals of the process. These few bytes are read without any of it.
"""

import re
import struct
from dataclasses import dataclass

# A camera writes dozens of chunks at most; an upload made of a million tiny ones is not walked to its end.
CHUNKS_MAX = 1000
_NOT_FILLER = re.compile(rb"[^\xff]")
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_FRAME_HEADERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SCAN_OR_END = frozenset({0xD9, 0xDA})


@dataclass(frozen=True, slots=True)
class Header:
    """What a picture says of itself (照片头信息)."""

    format: str
    width: int
    height: int
    is_animated: bool = False


class BrokenHeader(Exception):
    """The beginning of a picture (照片头信息) of a known format contradicts that format."""


def header_of(data: bytes) -> Header | None:
    """The header (照片头信息) of a JPEG, PNG, WebP or BMP; None for anything else."""
    try:
        if data.startswith(b"\xff\xd8\xff"):
            return _jpeg(data)
        if data.startswith(b"\x89PNG\r\n\x1a\n"):
            return _png(data)
        if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
            return _webp(data)
        if data.startswith(b"BM"):
            return _bmp(data)
    except (struct.error, IndexError) as error:
        raise BrokenHeader("The picture ends within its header.") from error
    return None


def _jpeg(data: bytes) -> Header:
    position = 2
    for _ in range(CHUNKS_MAX):
        start = data.find(b"\xff", position)
        # A search, for a loop over megabytes of filler would hold up the event loop.
        found = _NOT_FILLER.search(data, start) if start >= 0 else None
        if found is None:
            break
        marker, position = found[0][0], found.end()
        if marker in _FRAME_HEADERS:
            height, width = struct.unpack_from(">3xHH", data, position)
            return _sized("JPEG", width, height)
        if marker in _SCAN_OR_END:
            break
        if marker and marker not in _NO_LENGTH:
            position += struct.unpack_from(">H", data, position)[0]
    raise BrokenHeader("The JPEG has no frame header before its first scan.")


def _png(data: bytes) -> Header:
    length, kind, width, height = struct.unpack_from(">I4sII", data, 8)
    if kind != b"IHDR" or length != 13:
        raise BrokenHeader("The PNG does not begin with its header chunk.")
    position = 8
    for _ in range(CHUNKS_MAX):
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"acTL":
            return _sized("PNG", width, height, is_animated=True)
        if kind == b"IDAT":
            return _sized("PNG", width, height)
        position += 12 + length
    raise BrokenHeader("The PNG has no picture data among its first chunks.")


def _webp(data: bytes) -> Header:
    kind = data[12:16]
    if kind == b"VP8X":
        flags = data[20]
        width = int.from_bytes(data[24:27], "little") + 1
        height = int.from_bytes(data[27:30], "little") + 1
        return _sized("WEBP", width, height, is_animated=bool(flags & 0x02))
    if kind == b"VP8L" and data[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", data, 21)
        return _sized("WEBP", (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return _sized("WEBP", width & 0x3FFF, height & 0x3FFF)
    raise BrokenHeader("The WebP begins with an unknown chunk.")


def _bmp(data: bytes) -> Header:
    (length,) = struct.unpack_from("<I", data, 14)
    # Version 1 has 16-bit sides; later ones have signed sides, and a negative height means top row first.
    width, height = struct.unpack_from("<HH" if length == 12 else "<ii", data, 18)
    return _sized("BMP", width, abs(height))


def _sized(name: str, width: int, height: int, *, is_animated: bool = False) -> Header:
    if width < 1 or height < 1:
        raise BrokenHeader(f"The {name} claims to be {width} by {height} pixels.")
    return Header(name, width, height, is_animated)
