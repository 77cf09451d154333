"""Comparing encodings (人脸比对) and the advice that follows."""

from decimal import Decimal

import numpy as np
import pytest

from policy.terms import Verdict
from workers.faces.advice import advice_after
from workers.faces.compare import BANDS, compare, template

ORIGIN = [0.0] * 128


def at(distance: float) -> list[float]:
    return [distance, *[0.0] * 127]


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [
        pytest.param(0.0, Verdict.MATCH, id="同一张"),
        pytest.param(0.40, Verdict.MATCH, id="恰在相符线"),
        pytest.param(0.4001, Verdict.UNCERTAIN, id="刚过相符线"),
        pytest.param(0.50, Verdict.UNCERTAIN, id="恰在存疑线"),
        pytest.param(0.5001, Verdict.NO_MATCH, id="刚过存疑线"),
        pytest.param(0.60, Verdict.NO_MATCH, id="引擎默认值"),
    ],
)
def test_judges_the_plain_distance_by_its_bands(distance: float, verdict: Verdict) -> None:
    found = compare(ORIGIN, at(distance))

    assert (found.verdict, found.metric) == (verdict, "l2-mirrored")
    assert found.distance == Decimal(str(distance)).quantize(Decimal("0.0001"))


@pytest.mark.parametrize(
    ("distance", "verdict"),
    [
        pytest.param(0.45, Verdict.MATCH, id="恰在相符线"),
        pytest.param(0.4501, Verdict.UNCERTAIN, id="刚过相符线"),
        pytest.param(0.65, Verdict.UNCERTAIN, id="恰在存疑线"),
        pytest.param(0.6501, Verdict.NO_MATCH, id="刚过存疑线"),
    ],
)
def test_judges_the_centred_distance_by_its_own_bands(distance: float, verdict: Verdict) -> None:
    mean = np.linspace(-0.2, 0.2, 128)
    first, second = np.zeros(128), np.zeros(128)
    first[0] = 0.5
    second[:2] = 1 - distance, np.sqrt(1 - (1 - distance) ** 2)

    found = compare(mean + first, mean + second, [mean] * BANDS.site_min)

    assert (found.verdict, found.metric) == (verdict, "cosine-centred-mirrored")


def test_needs_twenty_people_for_a_site_mean() -> None:
    assert BANDS.site_min == 20
    assert compare(at(1), at(1), [ORIGIN] * 19).metric == "l2-mirrored"
    assert compare(at(1), at(1), [ORIGIN] * 20).metric == "cosine-centred-mirrored"


def test_never_matches_an_encoding_without_direction() -> None:
    found = compare(ORIGIN, ORIGIN, [ORIGIN] * 20)

    assert (found.verdict, found.distance) == (Verdict.NO_MATCH, Decimal(1))


@pytest.mark.parametrize(
    "encoding", [[], [0.1] * 127, [float("nan")] * 128, at(float("inf"))], ids=["空", "短", "非数", "无穷"]
)
def test_refuses_what_is_no_encoding(encoding: list[float]) -> None:
    with pytest.raises(ValueError, match="128 finite numbers"):
        compare(ORIGIN, encoding)
    with pytest.raises(ValueError, match="128 finite numbers"):
        template([ORIGIN, encoding])


def test_averages_several_references() -> None:
    assert list(template([at(0.2), at(0.4)])[:2]) == pytest.approx([0.3, 0])


def test_tells_the_clerk_what_can_be_done_better() -> None:
    good = {"brightness": 120, "sharpness": 400}

    assert advice_after(Verdict.MATCH, good) == ""
    assert "不足以确认" in advice_after(Verdict.UNCERTAIN, good)
    assert "不相符" in advice_after(Verdict.NO_MATCH, good)
    assert "补光" in advice_after(Verdict.UNCERTAIN, good | {"brightness": 30})
    assert "拿稳" in advice_after(Verdict.NO_MATCH, good | {"sharpness": 10})
