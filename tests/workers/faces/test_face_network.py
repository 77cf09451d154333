"""The network that makes numbers of faces, against the library whose weights it computes with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from workers.faces.engine import load
from workers.faces.guards import open_picture
from workers.faces.network import Network, NetworkUnknown, read
from workers.faces.selftest import drawn_face

FIVE_MILLIONTHS = 0.000005


@pytest.fixture(scope="module")
def weights() -> Path:
    """The library's own file."""
    load("dlib")
    import face_recognition_models

    return Path(face_recognition_models.face_recognition_model_location())


def test_has_the_librarys_numbers_of_every_face_and_of_its_mirror_image(
    weights: Path, portraits: Mapping[str, bytes]
) -> None:
    import face_recognition

    from workers.faces.dlib_engine import chip, landmarks, locate

    network = Network(weights)
    for name, data in portraits.items():
        upright = open_picture(data).pixels
        for pixels in (upright, np.ascontiguousarray(upright[:, ::-1])):
            searched, places, _ = locate(pixels)
            theirs = face_recognition.face_encodings(searched, places, num_jitters=1, model="small")

            ours = network([chip(searched, place, landmarks(searched, place)) for place in places])

            apart = np.linalg.norm(ours - np.asarray(theirs), axis=1).max()
            assert apart < FIVE_MILLIONTHS, f"{name}: {apart}"


def test_refuses_another_file_of_weights(weights: Path, tmp_path: Path) -> None:
    content = bytearray(weights.read_bytes())
    content[1_000_000] ^= 1
    changed = tmp_path / "changed.dat"
    changed.write_bytes(content)

    with pytest.raises(NetworkUnknown, match=r"changed\.dat is not the file"):
        read(changed)


def test_does_not_start_where_the_library_has_other_numbers(weights: Path) -> None:
    from workers.faces.dlib_engine import DlibEngine, EnginesDisagree

    engine = DlibEngine()
    first = engine._network._layers[0]
    engine._network._layers[0] = replace(first, weights=first.weights * np.float32(1.01))

    with pytest.raises(EnginesDisagree, match="numbers of a drawn face lie"):
        engine.encode_drawing(drawn_face())
