"""The start-up self test (自检): does the real model find a drawn face, and give the numbers it should?

No person's picture may lie in the repository, so the face is drawn by formula. Search, landmarks and encoding
all take part; a missing, damaged or exchanged model file, or another build that computes differently,
changes the numbers. `python -m workers.faces.selftest dlib sface` prints them for `selftest.toml`.
"""

import sys
import tomllib
from collections.abc import Sequence
from importlib.resources import files

import numpy as np

from workers.faces.engine import Engine, load
from workers.faces.guards import Pixels

SIDE = 240
TOLERANCE = 0.02

# Centre down and across, half height, half width, softness of the edge, grey: painted in this order.
_STROKES = (
    (0.44, 0.50, 0.42, 0.33, 0.08, 35),  # hair
    (0.52, 0.50, 0.36, 0.27, 0.08, 190),  # face
    (0.52, 0.72, 0.34, 0.10, 0.90, 150),  # its shaded side
    *((0.40, across, 0.018, 0.085, 0.60, 70) for across in (0.385, 0.615)),  # brows
    *((0.465, across, 0.050, 0.085, 0.90, 140) for across in (0.385, 0.615)),  # eye sockets
    *((0.465, across, 0.024, 0.055, 0.30, 225) for across in (0.385, 0.615)),  # eyes
    *((0.465, across, 0.024, 0.024, 0.30, 25) for across in (0.385, 0.615)),  # pupils
    *((0.447, across, 0.008, 0.060, 0.60, 50) for across in (0.385, 0.615)),  # lids
    (0.56, 0.50, 0.10, 0.022, 0.90, 215),  # nose
    *((0.625, across, 0.012, 0.020, 0.50, 80) for across in (0.465, 0.535)),  # nostrils
    (0.64, 0.50, 0.012, 0.06, 0.90, 140),  # shadow under the nose
    (0.725, 0.50, 0.026, 0.10, 0.50, 110),  # lips
    (0.723, 0.50, 0.006, 0.095, 0.50, 50),  # between them
    (0.80, 0.50, 0.02, 0.07, 0.90, 160),  # chin
)


class SelfTestFailed(Exception):
    """The model does not do what it did when this was written (自检失败)."""


def run(name: str, engine: Engine) -> None:
    """Test an engine (自检); about half a second."""
    if engine.encode_drawing(np.full((SIDE, SIDE, 3), 128, dtype=np.uint8)) is not None:
        raise SelfTestFailed(f"The engine {name} finds a face on an empty picture.")
    vector = engine.encode_drawing(drawn_face())
    if vector is None:
        raise SelfTestFailed(f"The engine {name} does not find the one face that was drawn.")
    stored = tomllib.loads((files(__package__) / "selftest.toml").read_text(encoding="utf-8"))
    distance = float(np.linalg.norm(vector - np.asarray(stored[name])))
    if not distance <= TOLERANCE:
        raise SelfTestFailed(
            f"The drawn face's numbers by {name} are {distance:.4f} away from the stored ones, "
            f"over {TOLERANCE}: the models or their library are not those that the bands were measured with."
        )


def drawn_face(side: int = SIDE) -> Pixels:
    """A face drawn by formula (绘制人脸): nobody's."""
    down, across = np.mgrid[0:side, 0:side] / side
    grey = np.full((side, side), 60.0)
    for y, x, half_height, half_width, softness, tone in _STROKES:
        radius = np.sqrt(((down - y) / half_height) ** 2 + ((across - x) / half_width) ** 2)
        cover = np.clip((1 - radius) / softness + 0.5, 0, 1)
        grey = grey * (1 - cover) + tone * cover
    return np.repeat(np.rint(grey).astype(np.uint8)[:, :, None], 3, axis=2)


def main(names: Sequence[str]) -> None:
    """Print the numbers of the drawn face by these engines, as `selftest.toml` holds them."""
    for name in names:
        vector = load(name).encode_drawing(drawn_face())
        if vector is None:
            raise SelfTestFailed(f"The engine {name} does not find the one face that was drawn.")
        print(f"{name} = [", *(f"  {number:.5f}," for number in vector), "]", sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
