"""From pixels to the numbers of one face (人脸特征), by face_recognition. Loading this takes a second.

One thread per process: two threads in dlib's detector crash the process.
"""

import warnings
from importlib.metadata import version

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from workers.faces.engine import Reading, meant
from workers.faces.guards import Opened, Pixels
from workers.faces.quality import Box, Pose, pose_of, quality_of, refuse_bad

with warnings.catch_warnings():
    # face_recognition_models finds its files through pkg_resources, which says that it will go one day.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="pkg_resources")
    import dlib
    import face_recognition

# The import above switches this on for the whole process: a picture cut in half would be half a face.
ImageFile.LOAD_TRUNCATED_IMAGES = False

PADDING = 0.3
GREY = 128

Place = tuple[int, int, int, int]
"""Top, right, bottom and left, as face_recognition gives and takes them."""


class DlibEngine:
    """The engine of face_recognition (dlib 引擎): a frontal search, and 128 numbers."""

    model_version = (
        f"face_recognition {version('face-recognition')}, "
        f"models {version('face-recognition-models')}, dlib {dlib.__version__}"
    )

    def read(self, picture: Opened, *, largest: bool) -> Reading:
        """Read the face that is meant off a picture (读取人脸)."""
        pixels, places, search = locate(picture.pixels)
        boxes = [Box(*place) for place in places]
        place = places[meant(boxes, largest=largest)]
        quality = quality_of(picture, pixels, Box(*place), pose(pixels, place), search)
        refuse_bad(quality)
        return Reading([float(number) for number in encoding_of(pixels, place)], quality.figures())

    def encode_drawing(self, pixels: Pixels) -> NDArray[np.float64] | None:
        """The numbers of the one face on a drawing (绘制人脸特征)."""
        found, places, _ = locate(pixels)
        return encoding_of(found, places[0]) if len(places) == 1 else None


def locate(pixels: Pixels) -> tuple[Pixels, list[Place], str]:
    """The faces (人脸定位) and the pixels of their boxes: sought quickly, finely, then with a margin."""
    for upsample in (0, 1):
        if places := face_recognition.face_locations(pixels, upsample):
            return pixels, places, f"upsample {upsample}"
    # A tight crop has no room around the face for the detector's window.
    rows, columns = (round(side * PADDING) for side in pixels.shape[:2])
    padded = np.pad(pixels, ((rows, rows), (columns, columns), (0, 0)), constant_values=GREY)
    return padded, face_recognition.face_locations(padded, 0), "padded"


def encoding_of(pixels: Pixels, place: Place) -> NDArray[np.float64]:
    """The mean encoding (人脸特征) of a face and of its mirror image, which errs less than one alone."""
    top, right, bottom, left = place
    width = pixels.shape[1]
    mirrored = np.ascontiguousarray(pixels[:, ::-1])
    mirrored_place = (top, width - left, bottom, width - right)
    return (_encode(pixels, place) + _encode(mirrored, mirrored_place)) / 2


def _encode(pixels: Pixels, place: Place) -> NDArray[np.float64]:
    # "small": the five-point model; the licence of the 68-point one excludes commercial use.
    (encoding,) = face_recognition.face_encodings(pixels, [place], num_jitters=1, model="small")
    return np.asarray(encoding, dtype=np.float64)


def pose(pixels: Pixels, place: Place) -> Pose:
    """How the head is held (头部姿态), by the corners of the eyes and the foot of the nose."""
    (points,) = face_recognition.face_landmarks(pixels, [place], model="small")
    # Named as seen on the picture.
    first, second = (np.mean(points[eye], axis=0) for eye in ("left_eye", "right_eye"))
    (nose,) = points["nose_tip"]
    return pose_of((first[0], first[1]), (second[0], second[1]), nose)
