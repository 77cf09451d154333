"""Comparing the numbers of faces (人脸比对)."""

from decimal import Decimal

import numpy as np
import pytest

from policy.faces import CENTRED, COSINE, PLAIN
from policy.terms import Verdict
from tests.workers.faces.sights import FUJIAN
from workers.faces.compare import Mean, compare, distance_of, metric_of, template

ORIGIN = [0.0] * 128


def at(distance: float) -> list[float]:
    return [distance, *[0.0] * 127]


def apart(distance: float) -> tuple[list[float], list[float]]:
    """Two vectors of this cosine distance."""
    first, second = np.zeros(128), np.zeros(128)
    first[0] = 0.5
    second[:2] = 1 - distance, np.sqrt(1 - (1 - distance) ** 2)
    return list(first), list(second)


@pytest.mark.parametrize(("distance", "verdict"), [(0.4, Verdict.MATCH), (0.45, Verdict.UNCERTAIN)])
def test_compares_plainly_without_a_mean(distance: float, verdict: Verdict) -> None:
    found = compare("dlib", ORIGIN, at(distance), FUJIAN, None)

    assert (found.verdict, found.band.metric) == (verdict, PLAIN)
    assert found.distance == Decimal(str(distance)).quantize(Decimal("0.0001"))


@pytest.mark.parametrize(("distance", "verdict"), [(0.45, Verdict.MATCH), (0.66, Verdict.NO_MATCH)])
def test_takes_the_mean_of_the_area_off_both_faces(distance: float, verdict: Verdict) -> None:
    middle = np.linspace(-0.2, 0.2, 128)
    first, second = (middle + np.asarray(one) for one in apart(distance))

    found = compare("dlib", first, second, FUJIAN, Mean(3, middle))

    assert (found.verdict, found.band.metric) == (verdict, CENTRED)


def test_a_person_whose_own_face_is_in_the_mean_is_no_easier_to_play() -> None:
    dice = np.random.default_rng(20260316)
    people = dice.normal(0, 1, (20, 128))
    strangers = dice.normal(0, 1, (200, 128))
    others, everybody = people[1:].mean(axis=0), people.mean(axis=0)

    without = [distance_of("dlib", face, people[0], Mean(1, others)) for face in strangers]
    within = [distance_of("dlib", face, people[0], Mean(1, everybody)) for face in strangers]

    assert np.mean(within) > np.mean(without)
    assert np.mean(within) - np.mean(without) < 0.1


def test_each_engine_has_its_metric() -> None:
    assert [metric_of("dlib", None), metric_of("dlib", Mean(1, ORIGIN)), metric_of("sface", None)] == [
        PLAIN,
        CENTRED,
        COSINE,
    ]
    assert distance_of("sface", *apart(0.3)) == pytest.approx(0.3)


def test_never_matches_a_face_without_direction() -> None:
    found = compare("dlib", ORIGIN, ORIGIN, FUJIAN, Mean(1, ORIGIN))

    assert (found.verdict, found.distance) == (Verdict.NO_MATCH, Decimal(1))


@pytest.mark.parametrize(
    "numbers", [[], [0.1] * 127, [float("nan")] * 128, at(float("inf"))], ids=["空", "短", "非数", "无穷"]
)
def test_refuses_what_are_no_numbers_of_a_face(numbers: list[float]) -> None:
    with pytest.raises(ValueError, match="128 finite numbers"):
        compare("dlib", ORIGIN, numbers, FUJIAN, None)
    with pytest.raises(ValueError, match="128 finite numbers"):
        template([ORIGIN, numbers])


def test_averages_several_references() -> None:
    assert list(template([at(0.2), at(0.4)])[:2]) == pytest.approx([0.3, 0])
