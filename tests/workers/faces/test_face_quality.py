"""What a face on a picture is like (照片质量), and what a clerk is told to do better."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engines.pictures import Reason, Unusable
from workers.faces.guards import Opened
from workers.faces.quality import Box, Pose, Quality, hint_on, light_of, pose_of, quality_of, refuse_bad

GOOD = Quality(
    width=900,
    height=1200,
    face_height=200,
    brightness=120,
    contrast=40,
    sharpness=300,
    turn=0.0,
    nod=0.6,
    tilt=0.0,
    search="upsample 0",
)


def like(**changed: float) -> Quality:
    """A good picture, but for this."""
    return replace(GOOD, **changed)  # type: ignore[arg-type]  # the names are those of fields


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"brightness": 49}, "补光"),
        ({"brightness": 216}, "避开强光"),
        ({"contrast": 14}, "发灰"),
        ({"sharpness": 29}, "拿稳"),
        ({"turn": -0.26}, "正对镜头"),
        ({"turn": 0.26}, "偏向一侧"),
        ({"tilt": -21.0}, "摆正"),
        ({"nod": 0.3}, "平视镜头"),
        ({"nod": 1.1}, "平视镜头"),
        ({"face_height": 79}, "靠近镜头"),
        ({}, "请正对镜头重拍"),
    ],
)
def test_tells_the_clerk_what_to_do_better(changed: dict[str, float], words: str) -> None:
    assert words in hint_on(like(**changed).figures())


def test_names_the_worst_first() -> None:
    assert "补光" in hint_on(like(brightness=30, sharpness=10, face_height=70).figures())


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"brightness": 11}, Reason.TOO_DARK),
        ({"brightness": 248}, Reason.TOO_BRIGHT),
        ({"contrast": 4}, Reason.LOW_CONTRAST),
        ({"sharpness": 1}, Reason.BLURRED),
        ({"turn": 0.71}, Reason.TURNED_AWAY),
    ],
)
def test_refuses_a_face_of_which_nobody_can_tell_anything(changed: dict[str, float], reason: Reason) -> None:
    with pytest.raises(Unusable) as caught:
        refuse_bad(like(**changed))

    assert caught.value.reason is reason


@pytest.mark.parametrize(
    "changed",
    [{}, {"brightness": 12}, {"brightness": 247}, {"contrast": 5}, {"sharpness": 2}, {"turn": -0.7}],
)
def test_leaves_the_rest_to_the_comparison(changed: dict[str, float]) -> None:
    refuse_bad(like(**changed))


@pytest.mark.parametrize("degrees", [0, 10, -25])
def test_measures_turn_and_nod_whichever_way_the_head_is_tilted(degrees: int) -> None:
    turned = math.radians(degrees)

    def at(across: float, down: float) -> tuple[float, float]:
        return (
            300 + across * math.cos(turned) - down * math.sin(turned),
            200 + across * math.sin(turned) + down * math.cos(turned),
        )

    pose = pose_of(at(-50, 0), at(50, 0), at(20, 60))

    assert (pose.turn, pose.nod, pose.tilt) == pytest.approx((0.2, 0.6, degrees))


def test_measures_light_within_the_face_only() -> None:
    pixels = np.full((200, 200, 3), 255, dtype=np.uint8)
    pixels[50:150, 50:150] = 40
    pixels[50:150:2, 50:150] = 60

    brightness, contrast, sharpness = light_of(pixels, Box(50, 150, 150, 50))

    assert (brightness, contrast) == (50, 10)
    assert sharpness > 1000


def test_a_box_that_reaches_over_the_edge_is_measured_inside() -> None:
    pixels = np.full((100, 100, 3), 128, dtype=np.uint8)

    found = quality_of(Opened(pixels, 100, 100), pixels, Box(-10, 120, 90, -5), Pose(0.0, 0.6, 0.0), "YuNet")

    assert (found.brightness, found.face_height, found.figures()["limits"]) == (128, 100, "2026-11.2")
