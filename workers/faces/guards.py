"""Opening a picture that nobody trusts (照片防护), within limits, as pixels to search for a face."""

import io
import math
import struct
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageOps

from engines.pictures import PIXELS_MAX, Reason, Unusable, check_size, precheck

Pixels = NDArray[np.uint8]

FORMATS = ("JPEG", "PNG", "WEBP", "BMP")
LONG_SIDE = 800


@dataclass(frozen=True)
class Opened:
    """A picture as it should be looked at (解码照片): upright, RGB, 800 pixels long at most."""

    pixels: Pixels
    width: int
    height: int


def limit_pillow() -> None:
    """Give the whole process Pillow's limits of this house (解码限制); for the child process only."""
    Image.MAX_IMAGE_PIXELS = PIXELS_MAX
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def open_picture(data: bytes) -> Opened:
    """Decode a picture (解码照片), or say why it is unusable."""
    precheck(data)
    try:
        return _decoded(data)
    except Unusable:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning, MemoryError) as error:
        raise Unusable(Reason.TOO_MANY_PIXELS) from error
    except Exception as error:
        # An edge: what decoders raise over hostile bytes is not a closed list of exceptions.
        raise Unusable(Reason.DAMAGED) from error


def _decoded(data: bytes) -> Opened:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        width, height = image.size
        check_size(width, height)
        # Phones keep a second picture behind a JPEG; that is no animation.
        if image.format != "MPO" and getattr(image, "is_animated", False):
            raise Unusable(Reason.ANIMATED)
        # A JPEG is decoded no larger than needed: a phone's picture in a quarter of the time.
        share = min(1.0, LONG_SIDE / max(width, height))
        image.draft(None, (math.ceil(width * share), math.ceil(height * share)))
        # Not verify(): it does not notice that data are missing at the end.
        image.load()
        orientation = _orientation(image)
        small = _eight_bit(image)
        small.thumbnail((LONG_SIDE, LONG_SIDE))
        flat = _on_white(small)
    flat.getexif()[ExifTags.Base.Orientation] = orientation
    upright = ImageOps.exif_transpose(flat)
    return Opened(np.array(upright, dtype=np.uint8), width, height)


def _orientation(image: Image.Image) -> int:
    """How the camera was held (拍摄方向, EXIF 0x0112); upright when its note is unreadable."""
    try:
        return int(image.getexif().get(ExifTags.Base.Orientation, 1))
    except (SyntaxError, ValueError, TypeError, KeyError, OSError, struct.error):
        return 1


def _eight_bit(image: Image.Image) -> Image.Image:
    """The picture with 8 bits a channel and no palette (色深归一), which is what resizing needs."""
    if image.mode.startswith("I"):
        # Pillow would clip 16 bits to white instead of scaling them.
        high_bytes = np.asarray(image).astype(np.uint32) >> 8
        return Image.fromarray(high_bytes.clip(0, 255).astype(np.uint8))
    if image.mode in ("P", "PA"):
        return image.convert("RGBA" if image.has_transparency_data else "RGB")
    if image.mode == "1":
        return image.convert("L")
    return image


def _on_white(image: Image.Image) -> Image.Image:
    """The picture as RGB without what it carried beside its pixels (去透明), transparent parts white."""
    if not image.has_transparency_data:
        flat = image.convert("RGB")
    else:
        layer = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return Image.frombytes("RGB", flat.size, flat.tobytes())
