"""Good, odd and hostile pictures (照片防护), through the real child process."""

import io
import struct
import zlib
from collections.abc import Callable, Mapping

import numpy as np
import pytest
import pytest_asyncio
from PIL import Image, ImageFilter

from engines.pictures import Reason, Unusable
from tests.workers.faces.sights import seen
from workers.faces.compare import distance_of
from workers.faces.pool import FacePool
from workers.faces.quality import hint_on
from workers.faces.selftest import drawn_face

Portraits = Mapping[str, bytes]


def opened(data: bytes, side: int = 500) -> Image.Image:
    image = Image.open(io.BytesIO(data)).convert("RGB")
    image.thumbnail((side, side))
    return image


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def turned(image: Image.Image, orientation: int) -> bytes:
    """The picture as a camera held sideways stores it."""
    back = Image.Transpose.ROTATE_90 if orientation == 6 else Image.Transpose.ROTATE_270
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(image.transpose(back), exif=exif)


def sixteen_bits(image: Image.Image) -> bytes:
    return saved(Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257), "PNG")


def transparent(image: Image.Image) -> bytes:
    layer = image.convert("RGBA")
    layer.putpixel((0, 0), (0, 0, 0, 0))
    return saved(layer, "PNG")


WRITINGS: dict[str, Callable[[Image.Image], bytes]] = {
    "灰度": lambda image: saved(image.convert("L")),
    "CMYK": lambda image: saved(image.convert("CMYK")),
    "调色板": lambda image: saved(image.quantize(128), "PNG"),
    "黑白": lambda image: saved(image.resize((800, 1000)).convert("1"), "PNG"),
    "透明": transparent,
    "16 位灰度": sixteen_bits,
    "WebP": lambda image: saved(image, "WEBP"),
    "BMP": lambda image: saved(image, "BMP"),
    "双图 JPEG": lambda image: saved(image, "MPO", save_all=True, append_images=[image]),
    "方向 6": lambda image: turned(image, 6),
    "方向 8": lambda image: turned(image, 8),
    "坏 EXIF": lambda image: saved(image, exif=b"Exif\0\0broken"),
}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def plain(pool: FacePool, portraits: Portraits) -> list[float]:
    """The encoding of one portrait stored without loss."""
    return (await seen(pool, saved(opened(portraits["obama"]), "PNG"))).vector


@pytest.mark.parametrize("name", WRITINGS)
async def test_reads_the_face_however_the_picture_is_stored(
    name: str, pool: FacePool, portraits: Portraits, plain: list[float]
) -> None:
    data = WRITINGS[name](opened(portraits["obama"]))

    written = await seen(pool, data)

    assert distance_of("dlib", plain, written.vector) <= 0.4


async def test_finds_a_face_that_fills_the_picture_to_its_edges(
    pool: FacePool, portraits: Portraits, plain: list[float]
) -> None:
    tight = opened(portraits["obama"]).crop((150, 85, 245, 185)).resize((190, 200))

    written = await seen(pool, saved(tight))

    assert written.quality["search"] == "padded"
    assert distance_of("dlib", plain, written.vector) <= 0.5


async def refusal(pool: FacePool, data: bytes) -> Reason:
    with pytest.raises(Unusable) as caught:
        await seen(pool, data)
    return caught.value.reason


@pytest.mark.parametrize("share", [0.9, 0.5, 0.1], ids=["90 %", "50 %", "10 %"])
async def test_refuses_a_picture_cut_short(share: float, pool: FacePool, portraits: Portraits) -> None:
    data = portraits["obama"]

    reason = await refusal(pool, data[: int(len(data) * share)])

    assert reason is Reason.DAMAGED


async def test_refuses_two_faces_but_not_a_small_one_in_the_background(
    pool: FacePool, portraits: Portraits, plain: list[float]
) -> None:
    obama, biden = opened(portraits["obama"]), opened(portraits["biden"])
    together = Image.new("RGB", (obama.width + biden.width, 500))
    together.paste(obama)
    together.paste(biden, (obama.width, 0))
    behind = obama.resize((800, 1000))
    behind.paste(biden.resize((biden.width // 2, biden.height // 2)), (0, 0))

    assert await refusal(pool, saved(together)) is Reason.SEVERAL_FACES
    encoded = await seen(pool, saved(behind))
    assert distance_of("dlib", plain, encoded.vector) <= 0.4


async def test_refuses_pictures_without_a_usable_face(pool: FacePool, portraits: Portraits) -> None:
    obama = opened(portraits["obama"])
    far = Image.new("RGB", (800, 800), "grey")
    far.paste(obama.resize((160, 200)), (300, 300))
    noise = Image.effect_noise((400, 400), 80).convert("RGB")

    assert await refusal(pool, saved(far)) is Reason.FACE_TOO_SMALL
    assert await refusal(pool, saved(noise)) is Reason.NO_FACE
    assert await refusal(pool, saved(obama.transpose(Image.Transpose.ROTATE_90))) is Reason.NO_FACE
    assert await refusal(pool, saved(Image.new("RGB", (80, 320)))) is Reason.NO_FACE


def png(width: int, height: int, row: bytes, *before: tuple[bytes, bytes]) -> bytes:
    """An 8-bit colour PNG of equal rows, made without holding its pixels."""
    packer, packed = zlib.compressobj(1), []
    for _ in range(height):
        packed.append(packer.compress(b"\0" + row))
    packed.append(packer.flush())
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), *before, (b"IDAT", b"".join(packed)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


async def test_decodes_the_largest_picture_allowed_within_its_memory(pool: FacePool) -> None:
    largest = png(8000, 6000, b"\x90\x80\x70" * 8000)
    before = pool.pids()

    assert await refusal(pool, largest) is Reason.NO_FACE
    assert pool.pids() == before


async def test_does_not_inflate_a_text_bomb(pool: FacePool) -> None:
    bomb = png(300, 300, b"\x90\x80\x70" * 300, (b"zTXt", b"a\0\0" + zlib.compress(bytes(200_000_000), 1)))
    before = pool.pids()

    assert await refusal(pool, bomb) is Reason.DAMAGED
    assert pool.pids() == before


async def test_believes_the_decoder_about_the_size_and_not_the_first_header(
    pool: FacePool, portraits: Portraits
) -> None:
    small = b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", 200, 200) + b"\x01\x01\x11\0"
    before = pool.pids()
    large = b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", 20_000, 20_000) + b"\x01\x01\x11\0"
    scan = portraits["obama"].index(b"\xff\xda")

    reason = await refusal(pool, b"\xff\xd8" + small + large + portraits["obama"][scan:])

    assert reason is Reason.TOO_MANY_PIXELS
    assert pool.pids() == before


async def test_reports_darkness_and_blur(pool: FacePool) -> None:
    # The drawn face is nobody's, and the model finds it.
    face = Image.fromarray(drawn_face(400))

    plain = await seen(pool, saved(face))
    dark = await seen(pool, saved(face.point(lambda tone: tone // 4)))
    blurred = await seen(pool, saved(face.filter(ImageFilter.GaussianBlur(4))))

    assert "补光" in hint_on(dark.quality)
    assert "拿稳" in hint_on(blurred.quality)
    assert "补光" not in hint_on(plain.quality)
    assert int(blurred.quality["sharpness"]) < int(plain.quality["sharpness"]) / 2
