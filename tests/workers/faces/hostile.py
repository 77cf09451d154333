"""Pictures that somebody made to hurt or to confuse (恶意照片), by name, with what may become of each."""

import io
import struct
import zlib
from collections.abc import Callable, Set
from functools import cache

import numpy as np
from PIL import Image, ImageCms, ImageFilter
from PIL.PngImagePlugin import PngInfo

from engines.pictures import BYTES_MAX, Reason
from workers.faces.selftest import drawn_face

SIDE = 240
READ = "read"
"""The face is read all the same."""

Made = tuple[bytes, Set[str]]
"""A file, and what may become of it: a reason, or READ."""


def face() -> Image.Image:
    """A face that is nobody's."""
    return Image.fromarray(drawn_face(SIDE))


def saved(image: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    """The picture as a file."""
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, pixels: bytes, *before: bytes, depth: int = 8, colour: int = 2) -> bytes:
    """A PNG of these compressed pixels, whatever it claims to be."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    parts = [chunk(b"IHDR", header), *before, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@cache
def zeros(megabytes: int) -> bytes:
    """A little that becomes a lot."""
    packer = zlib.compressobj(1)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()


def flat(width: int, height: int) -> bytes:
    """The compressed rows of an even colour picture."""
    packer = zlib.compressobj(1)
    row = b"\0" + b"\x80" * (3 * width)
    return b"".join(packer.compress(row) for _ in range(height)) + packer.flush()


def jpeg_header(width: int, height: int) -> bytes:
    """The frame header of a JPEG that claims a size."""
    return b"\xff\xc0\0\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\0"


def turned(orientation: int) -> bytes:
    """A picture that a camera held some way stored, with its note of it."""
    back = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = face()
    return saved(picture.transpose(back[orientation]) if orientation in back else picture, exif=exif)


def bmp(width: int, height: int, bits: int = 24) -> bytes:
    """The header of a BMP that claims a size and brings no pixels."""
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + info


def webp(width: int, height: int) -> bytes:
    """A WebP whose header claims a size."""
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    body = b"WEBPVP8X" + struct.pack("<I", 10) + b"\0\0\0\0" + size
    return b"RIFF" + struct.pack("<I", len(body)) + body


def crowd(faces: int) -> bytes:
    """Many faces side by side."""
    picture = Image.new("RGB", (SIDE * faces // 2, SIDE * 2))
    for number in range(faces):
        picture.paste(face(), (number // 2 * SIDE, number % 2 * SIDE))
    return saved(picture)


def animation(kind: str) -> bytes:
    """Two faces in turn."""
    other = Image.new("RGB", (SIDE, SIDE), "grey")
    return saved(face(), kind, save_all=True, append_images=[other], duration=100)


def noisy_exif(size: int) -> bytes:
    """A JPEG whose notes are full of themselves: a directory that points to itself."""
    loop = b"II*\0\x08\0\0\0" + b"\xff\xff" + b"\x12\x01\x03\0\xff\xff\xff\xff\x08\0\0\0" * (size // 12)
    return saved(face(), exif=b"Exif\0\0" + loop)


def text_bomb(kind: bytes) -> bytes:
    """A PNG with a text that becomes 60 MB."""
    head = {b"zTXt": b"a\0\0", b"iTXt": b"a\0\1\0\0\0"}[kind]
    return png(SIDE, SIDE, flat(SIDE, SIDE), chunk(kind, head + zeros(60)))


def icc_bomb() -> bytes:
    """A PNG with a colour profile that becomes 60 MB."""
    return png(SIDE, SIDE, flat(SIDE, SIDE), chunk(b"iCCP", b"a\0\0" + zeros(60)))


def many_chunks() -> bytes:
    """A PNG of a hundred thousand empty chunks."""
    return png(SIDE, SIDE, flat(SIDE, SIDE), chunk(b"tEXt", b"a\0b") * 100_000)


def with_profile() -> bytes:
    """A face with an honest colour profile."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return saved(face(), icc_profile=profile)


def sixteen_bits() -> bytes:
    """A face in 16-bit grey."""
    return saved(Image.fromarray(np.asarray(face().convert("L")).astype(np.uint16) * 257), "PNG")


def damaged_middle() -> bytes:
    """A JPEG whose scan was overwritten in the middle."""
    data = bytearray(saved(face(), quality=95))
    middle = len(data) // 2
    data[middle : middle + 400] = bytes(400)
    return bytes(data)


def text_in_png() -> bytes:
    """A face with texts in it, as editors write them."""
    notes = PngInfo()
    notes.add_text("Comment", "x" * 10_000)
    return saved(face(), "PNG", pnginfo=notes)


DAMAGED = {Reason.DAMAGED}
NO_PICTURE = {Reason.NOT_AN_IMAGE}
HUGE = {Reason.TOO_MANY_PIXELS}
ANY_FACE = {READ, Reason.BLURRED, Reason.NO_FACE}

HOSTILE: dict[str, Callable[[], Made]] = {
    "空文件": lambda: (b"", NO_PICTURE),
    "一个字节": lambda: (b"\xff", NO_PICTURE),
    "文本": lambda: (b"hello", NO_PICTURE),
    "网页": lambda: (b"<html><script>alert(1)</script></html>", NO_PICTURE),
    "SVG": lambda: (b"<svg xmlns='http://www.w3.org/2000/svg'/>", NO_PICTURE),
    "PDF": lambda: (b"%PDF-1.7\n%\xe2\xe3", NO_PICTURE),
    "ZIP": lambda: (b"PK\x03\x04" + bytes(100), NO_PICTURE),
    "ELF": lambda: (b"\x7fELF" + bytes(100), NO_PICTURE),
    "GIF": lambda: (saved(face(), "GIF"), NO_PICTURE),
    "TIFF": lambda: (saved(face(), "TIFF"), NO_PICTURE),
    "动态 GIF": lambda: (animation("GIF"), NO_PICTURE),
    "动态 WebP": lambda: (animation("WEBP"), {Reason.ANIMATED}),
    "动态 PNG": lambda: (animation("PNG"), {Reason.ANIMATED}),
    "超大文件": lambda: (saved(face()) + bytes(BYTES_MAX), {Reason.TOO_LARGE}),
    "只有 PNG 文件头": lambda: (b"\x89PNG\r\n\x1a\n", DAMAGED),
    "只有 JPEG 文件头": lambda: (b"\xff\xd8\xff\xe0", DAMAGED),
    "只有 RIFF 文件头": lambda: (b"RIFF\x10\0\0\0WEBP", DAMAGED),
    "只有 BMP 文件头": lambda: (b"BM" + bytes(20), DAMAGED | NO_PICTURE),
    "截断的 JPEG": lambda: (saved(face(), quality=95)[:4000], DAMAGED),
    "截断的 PNG": lambda: (saved(face(), "PNG")[:-3000], DAMAGED),
    "截断的 WebP": lambda: (saved(face(), "WEBP", quality=95)[:-600], DAMAGED),
    "截断的 BMP": lambda: (saved(face(), "BMP")[:-5000], DAMAGED),
    "中段损坏的 JPEG": lambda: (damaged_middle(), DAMAGED | ANY_FACE),
    "校验码错误的 PNG": lambda: (saved(face(), "PNG").replace(b"IDAT", b"IDAT\0", 1), DAMAGED),
    "声称五万像素见方的 PNG": lambda: (png(50_000, 50_000, b""), HUGE),
    "声称六万像素见方的 JPEG": lambda: (b"\xff\xd8" + jpeg_header(60_000, 60_000) + b"\xff\xd9", HUGE),
    "声称两万像素见方的 WebP": lambda: (webp(16_383, 16_383), HUGE | DAMAGED),
    "声称三万像素见方的 BMP": lambda: (bmp(30_000, 30_000), HUGE),
    "负高度的 BMP": lambda: (bmp(30_000, -30_000), HUGE | DAMAGED),
    "最小负数的 BMP": lambda: (bmp(240, -(2**31)), HUGE | DAMAGED | {Reason.BAD_SHAPE}),
    "零像素的 PNG": lambda: (png(0, 0, b""), DAMAGED | {Reason.TOO_SMALL}),
    "一像素": lambda: (saved(Image.new("RGB", (1, 1)), "PNG"), {Reason.TOO_SMALL}),
    "长条": lambda: (saved(Image.new("RGB", (4000, 90)), "PNG"), {Reason.BAD_SHAPE}),
    "压缩炸弹": lambda: (png(7000, 7000, zeros(147)), {Reason.NO_FACE, Reason.DAMAGED}),
    "像素多于所称的 PNG": lambda: (png(SIDE, SIDE, zeros(60)), {Reason.NO_FACE, Reason.DAMAGED}),
    "文本炸弹 zTXt": lambda: (text_bomb(b"zTXt"), {Reason.NO_FACE, Reason.DAMAGED}),
    "文本炸弹 iTXt": lambda: (text_bomb(b"iTXt"), {Reason.NO_FACE, Reason.DAMAGED}),
    "色彩配置炸弹": lambda: (icc_bomb(), {Reason.NO_FACE, Reason.DAMAGED}),
    "十万个数据块": lambda: (many_chunks(), DAMAGED | {Reason.NO_FACE}),
    "自指的 EXIF": lambda: (noisy_exif(6000), {READ}),
    "方向 3": lambda: (turned(3), {READ}),
    "方向 5": lambda: (turned(5), {READ}),
    "方向 6": lambda: (turned(6), {READ}),
    "方向 7": lambda: (turned(7), {READ}),
    "方向 99": lambda: (turned(99), {READ}),
    "16 位灰度": lambda: (sixteen_bits(), {READ}),
    "CMYK": lambda: (saved(face().convert("CMYK")), {READ}),
    "带色彩配置": lambda: (with_profile(), {READ}),
    "带长文本": lambda: (text_in_png(), {READ}),
    "照片后附网页": lambda: (saved(face()) + b"<script>alert(1)</script>", {READ}),
    "照片后附压缩包": lambda: (saved(face(), "PNG") + b"PK\x03\x04" + bytes(1000), {READ}),
    "照片前附文本": lambda: (b"GIF89a" + saved(face()), NO_PICTURE),
    "八张人脸": lambda: (crowd(8), {Reason.SEVERAL_FACES}),
    "两张人脸": lambda: (crowd(2), {Reason.SEVERAL_FACES, Reason.NO_FACE}),
    "噪点": lambda: (saved(Image.effect_noise((600, 600), 90).convert("RGB")), {Reason.NO_FACE}),
    "纯黑": lambda: (saved(Image.new("RGB", (600, 600))), {Reason.NO_FACE}),
    "全透明": lambda: (saved(Image.new("RGBA", (400, 400)), "PNG"), {Reason.NO_FACE}),
    "极暗的人脸": lambda: (
        saved(face().point(lambda tone: tone // 24), "PNG"),
        {Reason.TOO_DARK, Reason.NO_FACE, Reason.LOW_CONTRAST},
    ),
    "极糊的人脸": lambda: (saved(face().filter(ImageFilter.GaussianBlur(9))), ANY_FACE),
}


@cache
def made(name: str) -> Made:
    """The file of that name, and what may become of it."""
    return HOSTILE[name]()
