"""From pixels to the numbers of one face (人脸特征), by face_recognition. Loading this takes a second.

One thread per process: two threads in dlib's detector crash the process.
"""

import warnings
from dataclasses import asdict, dataclass
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from engines.pictures import Reason, Unusable
from workers.faces.guards import Pixels, open_picture

with warnings.catch_warnings():
    # face_recognition_models finds its files through pkg_resources, which says that it will go one day.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="pkg_resources")
    import dlib
    import face_recognition

# The import above switches this on for the whole process: a picture cut in half would be half a face.
ImageFile.LOAD_TRUNCATED_IMAGES = False

ENGINE = f"face_recognition {version('face-recognition')}"
MODEL_VERSION = f"models {version('face-recognition-models')}, dlib {dlib.__version__}"

FACE_HEIGHT_MIN = 60
DOMINANCE = 2.5
PADDING = 0.3
GREY = 128

Box = tuple[int, int, int, int]
"""Top, right, bottom and left, as face_recognition gives them."""


@dataclass(frozen=True)
class Quality:
    """What the picture was like (照片质量): sizes in pixels, brightness of 255, sharpness of the face."""

    width: int
    height: int
    face_height: int
    brightness: int
    sharpness: int
    search: str


@dataclass(frozen=True)
class Reading:
    """One face read off one picture (人脸读取结果)."""

    encoding: list[float]
    quality: dict[str, int | str]


def read(data: bytes) -> Reading:
    """Read the one face (读取人脸) off the picture in a file, or say why it is unusable."""
    picture = open_picture(data)
    pixels, boxes, search = locate(picture.pixels)
    box = dominant(boxes)
    encoding = encoding_of(pixels, box)
    brightness, sharpness = _light(pixels, box)
    quality = Quality(picture.width, picture.height, _height(box), brightness, sharpness, search)
    return Reading([float(number) for number in encoding], asdict(quality))


def locate(pixels: Pixels) -> tuple[Pixels, list[Box], str]:
    """The faces (人脸定位) and the pixels of their boxes: sought quickly, finely, then with a margin."""
    for upsample in (0, 1):
        if boxes := face_recognition.face_locations(pixels, upsample):
            return pixels, boxes, f"upsample {upsample}"
    # A tight crop has no room around the face for the detector's window.
    rows, columns = (round(side * PADDING) for side in pixels.shape[:2])
    padded = np.pad(pixels, ((rows, rows), (columns, columns), (0, 0)), constant_values=GREY)
    return padded, face_recognition.face_locations(padded, 0), "padded"


def dominant(boxes: list[Box]) -> Box:
    """The one face that is meant (主体人脸): alone, or 2.5 times as high as the next."""
    if not boxes:
        raise Unusable(Reason.NO_FACE)
    first, *others = sorted(boxes, key=_height, reverse=True)
    if others and _height(first) < DOMINANCE * _height(others[0]):
        raise Unusable(Reason.SEVERAL_FACES)
    if _height(first) < FACE_HEIGHT_MIN:
        raise Unusable(Reason.FACE_TOO_SMALL)
    return first


def encoding_of(pixels: Pixels, box: Box) -> NDArray[np.float64]:
    """The mean encoding (人脸特征) of a face and of its mirror image, which errs less than one alone."""
    top, right, bottom, left = box
    width = pixels.shape[1]
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    mirrored_box = (top, width - left, bottom, width - right)
    return (_encode(pixels, box) + _encode(mirrored, mirrored_box)) / 2


def _encode(pixels: Pixels, box: Box) -> NDArray[np.float64]:
    # "small": the five-point model; the licence of the 68-point one excludes commercial use.
    (encoding,) = face_recognition.face_encodings(pixels, [box], num_jitters=1, model="small")
    return np.asarray(encoding, dtype=np.float64)


def _height(box: Box) -> int:
    return box[2] - box[0]


def _light(pixels: Pixels, box: Box) -> tuple[int, int]:
    """Mean brightness and sharpness (亮度与清晰度) within the face.

    Sharpness is the variance of the Laplacian as it would be in even light, or darkness would pass for blur.
    """
    top, right, bottom, left = box
    grey = pixels[top:bottom, left:right].mean(axis=2)
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    brightness = max(float(grey.mean()), 1.0)
    return round(brightness), round(float(laplacian.var()) * (128 / brightness) ** 2)
