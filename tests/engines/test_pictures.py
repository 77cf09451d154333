"""What a picture must be (照片要求), read off its header."""

import io
import random
import struct
import zlib

import pytest
from PIL import Image

from engines.picture_headers import Header
from engines.pictures import ADVICE, BYTES_MAX, Reason, Unusable, precheck


def saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *before: bytes) -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + b"".join(before) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")


def refusal(data: bytes) -> Reason:
    with pytest.raises(Unusable) as caught:
        precheck(data)
    return caught.value.reason


COLOUR = Image.new("RGB", (300, 200), (200, 150, 120))
FRAMES = [Image.new("RGB", (100, 100), tone) for tone in ("red", "green", "blue")]
EVERY_FORMAT = {
    "JPEG": saved(COLOUR, "JPEG"),
    "progressive JPEG": saved(COLOUR, "JPEG", progressive=True),
    "JPEG with a large profile": saved(COLOUR, "JPEG", icc_profile=random.Random(1).randbytes(150_000)),
    "CMYK JPEG": saved(COLOUR.convert("CMYK"), "JPEG"),
    "JPEG after filler": b"\xff\xd8" + b"\xff" * 1000 + saved(COLOUR, "JPEG")[2:],
    "PNG": saved(COLOUR, "PNG"),
    "palette PNG": saved(COLOUR.quantize(8), "PNG"),
    "lossy WebP": saved(COLOUR, "WEBP"),
    "lossless WebP": saved(COLOUR, "WEBP", lossless=True),
    "extended WebP": saved(COLOUR.convert("RGBA"), "WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0"),
    "BMP": saved(COLOUR, "BMP"),
}


@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_reads_the_size_that_pillow_reads(name: str) -> None:
    data = EVERY_FORMAT[name]

    header = precheck(data)

    with Image.open(io.BytesIO(data)) as image:
        assert header == Header(str(image.format), *image.size)


def test_reads_a_bmp_that_begins_with_its_top_row() -> None:
    data = bytearray(EVERY_FORMAT["BMP"])
    data[22:26] = struct.pack("<i", -200)

    assert precheck(bytes(data)).height == 200


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        pytest.param(b"", Reason.NOT_AN_IMAGE, id="空文件"),
        pytest.param(b"face", Reason.NOT_AN_IMAGE, id="文本"),
        pytest.param(b"<html><img></html>", Reason.NOT_AN_IMAGE, id="网页"),
        pytest.param(b"<svg xmlns='http://www.w3.org/2000/svg'/>", Reason.NOT_AN_IMAGE, id="SVG"),
        pytest.param(b"\0\0\0\x18ftypheic" + bytes(200), Reason.NOT_AN_IMAGE, id="HEIC"),
        pytest.param(saved(COLOUR, "GIF"), Reason.NOT_AN_IMAGE, id="GIF"),
        pytest.param(saved(COLOUR, "TIFF"), Reason.NOT_AN_IMAGE, id="TIFF"),
        pytest.param(b"\xff\xd8\xff" + bytes(BYTES_MAX), Reason.TOO_LARGE, id="文件过大"),
        pytest.param(b"\xff\xd8" + b"\xff" * (BYTES_MAX - 2), Reason.DAMAGED, id="填充字节"),
        pytest.param(b"\xff\xd8" + b"\xff\xe0\0\2" * 100_000, Reason.DAMAGED, id="百万小段"),
        pytest.param(saved(COLOUR, "JPEG")[:100], Reason.DAMAGED, id="JPEG 头不完整"),
        pytest.param(png(300, 200)[:30], Reason.DAMAGED, id="PNG 头不完整"),
        pytest.param(png(300, 200, *[chunk(b"tEXt", b"")] * 5000), Reason.DAMAGED, id="PNG 碎块"),
        pytest.param(png(0, 200), Reason.DAMAGED, id="宽为零"),
        pytest.param(png(12_000, 12_000), Reason.TOO_MANY_PIXELS, id="一亿四千万像素"),
        pytest.param(png(50_000, 50_000), Reason.TOO_MANY_PIXELS, id="自称二十五亿像素"),
        pytest.param(png(2**31 - 1, 2**31 - 1), Reason.TOO_MANY_PIXELS, id="自称最大"),
        pytest.param(png(9_000, 5_556), Reason.TOO_MANY_PIXELS, id="刚过五千万"),
        pytest.param(png(79, 79), Reason.TOO_SMALL, id="短边 79"),
        pytest.param(png(20_000, 1), Reason.TOO_SMALL, id="一线"),
        pytest.param(png(401, 100), Reason.BAD_SHAPE, id="过长"),
        pytest.param(
            saved(FRAMES[0], "PNG", save_all=True, append_images=FRAMES[1:]), Reason.ANIMATED, id="APNG"
        ),
        pytest.param(
            saved(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]), Reason.ANIMATED, id="WebP 动图"
        ),
    ],
)
def test_refuses_what_cannot_be_a_face_picture(data: bytes, reason: Reason) -> None:
    assert refusal(data) is reason


@pytest.mark.parametrize("size", [(80, 80), (400, 100), (10_000, 5_000)], ids=["短边 80", "四比一", "五千万"])
def test_accepts_a_picture_at_the_limit(size: tuple[int, int]) -> None:
    assert precheck(png(*size)) == Header("PNG", *size)


def test_does_not_inflate_compressed_text() -> None:
    bomb = chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(50_000_000), 9))

    assert precheck(png(300, 200, bomb)) == Header("PNG", 300, 200)


@pytest.mark.parametrize("name", EVERY_FORMAT)
def test_says_unusable_and_nothing_else_over_broken_bytes(name: str) -> None:
    data, dice = EVERY_FORMAT[name], random.Random(name)
    variants = [data[:length] for length in range(min(len(data), 400))]
    for _ in range(400):
        broken = bytearray(data)
        broken[dice.randrange(min(len(data), 60))] = dice.randrange(256)
        variants.append(bytes(broken))

    for variant in variants:
        try:
            header = precheck(variant)
        except Unusable:
            continue
        assert header.width >= 80


def test_has_advice_in_chinese_for_every_reason() -> None:
    assert set(ADVICE) == set(Reason)
    assert all(any("一" <= letter <= "鿿" for letter in advice) for advice in ADVICE.values())
    # The column that keeps the advice is 200 characters wide, and a word stands before it.
    assert max(len(advice) for advice in ADVICE.values()) < 190
