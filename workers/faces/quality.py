"""What a face on a picture is like (照片质量), by its pixels and landmarks, and what to do better. Pure."""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from engines.pictures import Reason, Unusable
from workers.faces.guards import Opened, Pixels

Point = tuple[float, float]
"""Across and down, in pixels."""

Figures = dict[str, float | int | str]

LIMITS = tomllib.loads((files(__package__) / "quality.toml").read_text(encoding="utf-8"))
VERSION: str = LIMITS["version"]


@dataclass(frozen=True)
class Box:
    """Where a face is (人脸框), in pixels."""

    top: int
    right: int
    bottom: int
    left: int

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class Pose:
    """How the head is held (头部姿态): turn and nod in distances between the eyes, tilt in degrees.

    `turn` is how far the nose lies beside the middle of the eyes, `nod` how far below them.
    """

    turn: float
    nod: float
    tilt: float


@dataclass(frozen=True)
class Quality:
    """What a picture and its face are like (照片质量): sizes in pixels, brightness and contrast of 255."""

    width: int
    height: int
    face_height: int
    brightness: int
    contrast: int
    sharpness: int
    turn: float
    nod: float
    tilt: float
    search: str

    def figures(self) -> Figures:
        """The figures as they go over a pipe and into a row (质量数值)."""
        return asdict(self) | {"limits": VERSION}


def quality_of(picture: Opened, pixels: Pixels, box: Box, pose: Pose, search: str) -> Quality:
    """What the face in the box is like (照片质量)."""
    brightness, contrast, sharpness = light_of(pixels, box)
    turn, nod, tilt = round(pose.turn, 2), round(pose.nod, 2), round(pose.tilt, 1)
    return Quality(
        picture.width, picture.height, box.height, brightness, contrast, sharpness, turn, nod, tilt, search
    )


def pose_of(right_eye: Point, left_eye: Point, nose: Point) -> Pose:
    """How the head is held (头部姿态), the right eye being the one further left on the picture."""
    across, down = left_eye[0] - right_eye[0], left_eye[1] - right_eye[1]
    apart = math.hypot(across, down) or 1.0
    beside = nose[0] - (left_eye[0] + right_eye[0]) / 2, nose[1] - (left_eye[1] + right_eye[1]) / 2
    turn = (beside[0] * across + beside[1] * down) / apart**2
    nod = (beside[1] * across - beside[0] * down) / apart**2
    return Pose(turn, nod, math.degrees(math.atan2(down, across)))


def light_of(pixels: Pixels, box: Box) -> tuple[int, int, int]:
    """Brightness, contrast and sharpness within the face (亮度、对比度、清晰度).

    Contrast is the deviation of the grey values; sharpness the variance of the Laplacian as it would be in
    even light, or darkness would pass for blur.
    """
    face = pixels[max(box.top, 0) : box.bottom, max(box.left, 0) : box.right]
    grey: NDArray[np.float64] = face.mean(axis=2)
    inner = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * inner
    brightness = max(float(grey.mean()), 1.0)
    sharpness = float(laplacian.var()) * (128 / brightness) ** 2
    return round(brightness), round(float(grey.std())), round(sharpness)


REFUSALS = {
    "dark": Reason.TOO_DARK,
    "bright": Reason.TOO_BRIGHT,
    "flat": Reason.LOW_CONTRAST,
    "blurred": Reason.BLURRED,
    "turned": Reason.TURNED_AWAY,
}


def refuse_bad(quality: Quality) -> None:
    """Refuse a face of which nobody can tell anything (质量不可用) with `Unusable`."""
    for flaw in flaws(quality.figures(), LIMITS["refuse"]):
        raise Unusable(REFUSALS[flaw])


ADVICE = {
    "small": "人脸偏小，请靠近镜头重拍",
    "dark": "照片偏暗，请补光后重拍",
    "bright": "照片过亮，请避开强光后重拍",
    "flat": "照片发灰，请换到光线均匀处、擦净镜头后重拍",
    "blurred": "照片模糊，请擦净镜头、拿稳后重拍",
    "turned": "脸偏向一侧，请正对镜头重拍",
    "tilted": "头部歪斜，请摆正后重拍",
    "nodding": "抬头或低头过多，请平视镜头重拍",
}


def hint_on(figures: Mapping[str, float | int | str]) -> str:
    """What would make the picture better (拍摄建议), the worst first."""
    return next((ADVICE[flaw] for flaw in flaws(figures, LIMITS["advise"])), "请正对镜头重拍")


def flaws(figures: Mapping[str, float | int | str], limits: Mapping[str, float]) -> list[str]:
    """What is wrong with a face by these limits (质量问题); a limit that is not set is kept."""
    measured = {name: value for name, value in figures.items() if not isinstance(value, str)}
    tests = {
        "dark": measured["brightness"] < limits.get("brightness_min", 0),
        "bright": measured["brightness"] > limits.get("brightness_max", 255),
        "blurred": measured["sharpness"] < limits.get("sharpness_min", 0),
        "flat": measured["contrast"] < limits.get("contrast_min", 0),
        "turned": abs(measured["turn"]) > limits.get("turn_max", math.inf),
        "nodding": not limits.get("nod_min", -math.inf) <= measured["nod"] <= limits.get("nod_max", math.inf),
        "tilted": abs(measured["tilt"]) > limits.get("tilt_max", math.inf),
        "small": measured["face_height"] < limits.get("face_height_min", 0),
    }
    return [name for name, is_so in tests.items() if is_so]
