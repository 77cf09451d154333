"""From pixels to the numbers of one face (人脸特征), by face_recognition. Loading this takes a second.

One thread per process: two threads in dlib's detector crash the process.
"""

import warnings
from importlib.metadata import version
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import ImageFile

from workers.faces.engine import Reading, meant
from workers.faces.guards import Opened, Pixels
from workers.faces.network import SIDE, Network
from workers.faces.quality import Box, Pose, pose_of, quality_of, refuse_bad

with warnings.catch_warnings():
    # face_recognition_models finds its files through pkg_resources, which says that it will go one day.
    warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
    warnings.filterwarnings("ignore", category=DeprecationWarning, module="pkg_resources")
    import dlib
    import face_recognition
    import face_recognition_models

# The import above switches this on for the whole process: a picture cut in half would be half a face.
ImageFile.LOAD_TRUNCATED_IMAGES = False

PADDING = 0.3
GREY = 128
CHIP_PADDING = 0.25
"""What the library leaves around a face that it cuts out for its network."""

DISAGREEMENT_MAX = 0.0001

Place = tuple[int, int, int, int]
"""Top, right, bottom and left, as face_recognition gives and takes them."""

Marks = dict[str, list[tuple[int, int]]]


class EnginesDisagree(Exception):
    """The library and the network here make other numbers of one face (引擎结果不一致)."""


class DlibEngine:
    """The engine of face_recognition (dlib 引擎): a frontal search, and 128 numbers."""

    model_version = (
        f"face_recognition {version('face-recognition')}, "
        f"models {version('face-recognition-models')}, dlib {dlib.__version__}"
    )

    def __init__(self) -> None:
        self._network = Network(Path(face_recognition_models.face_recognition_model_location()))

    def read(self, picture: Opened, *, largest: bool) -> Reading:
        """Read the face that is meant off a picture (读取人脸)."""
        pixels, places, search = locate(picture.pixels)
        boxes = [Box(*place) for place in places]
        place = places[meant(boxes, largest=largest)]
        marks = landmarks(pixels, place)
        quality = quality_of(picture, pixels, Box(*place), pose(marks), search)
        refuse_bad(quality)
        numbers = self._numbers(pixels, place, marks)
        return Reading([float(number) for number in numbers], quality.figures())

    def encode_drawing(self, pixels: Pixels) -> NDArray[np.float64] | None:
        """The numbers of the one face on a drawing (绘制人脸特征), on which the library must agree."""
        found, places, _ = locate(pixels)
        if len(places) != 1:
            return None
        marks = landmarks(found, places[0])
        self._compare(found, places[0], marks)
        return self._numbers(found, places[0], marks)

    def _numbers(self, pixels: Pixels, place: Place, marks: Marks) -> NDArray[np.float64]:
        """The mean numbers (人脸特征) of a face and of its mirror image, which errs less than one alone."""
        width = pixels.shape[1]
        mirrored = np.ascontiguousarray(pixels[:, ::-1])
        other = (place[0], width - place[3], place[2], width - place[1])
        chips = [chip(pixels, place, marks), chip(mirrored, other, landmarks(mirrored, other))]
        mean: NDArray[np.float64] = self._network(chips).mean(axis=0)
        return mean

    def _compare(self, pixels: Pixels, place: Place, marks: Marks) -> None:
        """Refuse to start where the library has other numbers of a face than the network (一致性检查)."""
        (theirs,) = face_recognition.face_encodings(pixels, [place], num_jitters=1, model="small")
        (ours,) = self._network([chip(pixels, place, marks)])
        apart = float(np.linalg.norm(ours - theirs))
        if not apart <= DISAGREEMENT_MAX:
            raise EnginesDisagree(f"face_recognition's numbers of a drawn face lie {apart:.6f} from ours.")


def locate(pixels: Pixels) -> tuple[Pixels, list[Place], str]:
    """The faces (人脸定位) and the pixels of their boxes: sought quickly, finely, then with a margin."""
    for upsample in (0, 1):
        if places := face_recognition.face_locations(pixels, upsample):
            return pixels, places, f"upsample {upsample}"
    # A tight crop has no room around the face for the detector's window.
    rows, columns = (round(side * PADDING) for side in pixels.shape[:2])
    padded = np.pad(pixels, ((rows, rows), (columns, columns), (0, 0)), constant_values=GREY)
    return padded, face_recognition.face_locations(padded, 0), "padded"


def landmarks(pixels: Pixels, place: Place) -> Marks:
    """The corners of the eyes and the foot of the nose (五点定位), as named on the picture."""
    # "small": the five-point model; the licence of the 68-point one excludes commercial use.
    (points,) = face_recognition.face_landmarks(pixels, [place], model="small")
    marks: Marks = points
    return marks


def chip(pixels: Pixels, place: Place, marks: Marks) -> Pixels:
    """The face cut out upright (人脸裁剪), as the library cuts it out for its network."""
    top, right, bottom, left = place
    points = [*marks["right_eye"], *marks["left_eye"], *marks["nose_tip"]]
    shape = dlib.full_object_detection(
        dlib.rectangle(left, top, right, bottom), [dlib.point(*one) for one in points]
    )
    cut: Pixels = dlib.get_face_chip(pixels, shape, SIDE, CHIP_PADDING)
    return cut


def pose(marks: Marks) -> Pose:
    """How the head is held (头部姿态), by its landmarks."""
    first, second = (np.mean(marks[eye], axis=0) for eye in ("left_eye", "right_eye"))
    (nose,) = marks["nose_tip"]
    return pose_of((first[0], first[1]), (second[0], second[1]), nose)
