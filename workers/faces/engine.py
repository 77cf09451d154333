"""What every face engine does (人脸引擎), and which ones there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from engines.pictures import Reason, Unusable
from workers.faces.guards import Opened, Pixels
from workers.faces.quality import Box, Figures

FACE_HEIGHT_MIN = 60
DOMINANCE = 2.5


@dataclass(frozen=True)
class Reading:
    """One face read off one picture by one engine (人脸读取结果)."""

    vector: list[float] = field(repr=False)
    quality: Figures


class Engine(Protocol):
    """One way of making numbers of faces (人脸引擎); made once per process."""

    model_version: str

    def read(self, picture: Opened, *, largest: bool) -> Reading:
        """Read the face that is meant off a picture (读取人脸); raises `Unusable`."""

    def encode_drawing(self, pixels: Pixels) -> NDArray[np.float64] | None:
        """The numbers of the one face on a drawing (绘制人脸特征), or None: for the self test."""


def load(name: str) -> Engine:
    """Load an engine (加载引擎); takes a second, and says what is missing."""
    return LOADERS[name]()


def load_dlib() -> Engine:
    """The engine of face_recognition."""
    try:
        from workers.faces.dlib_engine import DlibEngine
    except SystemExit as error:
        # The library's own handling of missing models: it prints advice and quits with status 0.
        missing = "face-recognition-models or setuptools<81 is missing or broken"
        raise ImportError(f"face_recognition quit while it was imported: {missing}.") from error
    return DlibEngine()


def load_sface() -> Engine:
    """The engine of OpenCV."""
    from workers.faces.sface_engine import SFaceEngine

    return SFaceEngine()


LOADERS: dict[str, Callable[[], Engine]] = {"dlib": load_dlib, "sface": load_sface}


def meant(boxes: Sequence[Box], *, largest: bool) -> int:
    """Which face is meant (主体人脸): the largest on a card, else the one that is alone or dominates."""
    if not boxes:
        raise Unusable(Reason.NO_FACE)
    first, *others = sorted(range(len(boxes)), key=lambda number: boxes[number].height, reverse=True)
    height = boxes[first].height
    if others and not largest and height < DOMINANCE * boxes[others[0]].height:
        raise Unusable(Reason.SEVERAL_FACES)
    if height < FACE_HEIGHT_MIN:
        raise Unusable(Reason.FACE_TOO_SMALL)
    return first
