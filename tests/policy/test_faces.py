"""When a face is taken for the one on record: bands, engines, and what two of them say together."""

from datetime import date
from decimal import Decimal

import pytest

from policy.faces import (
    CENTRED,
    COSINE,
    METRICS,
    PLAIN,
    band_of,
    engines_from,
    engines_of,
    face_law,
    joint_verdict,
)
from policy.parameters import ParameterNotFound
from policy.parameters.files import ROWS
from policy.terms import Verdict

MONDAY = date(2026, 3, 16)
MATCH, UNCERTAIN, NO_MATCH = Verdict.MATCH, Verdict.UNCERTAIN, Verdict.NO_MATCH


@pytest.mark.parametrize(
    ("metric", "distance", "verdict"),
    [
        pytest.param(PLAIN, "0.0799", UNCERTAIN, id="dlib 疑似翻拍"),
        pytest.param(PLAIN, "0.0800", MATCH, id="dlib 不再像翻拍"),
        pytest.param(PLAIN, "0.4000", MATCH, id="dlib 恰在相符线"),
        pytest.param(PLAIN, "0.4001", UNCERTAIN, id="dlib 刚过相符线"),
        pytest.param(PLAIN, "0.5000", UNCERTAIN, id="dlib 恰在存疑线"),
        pytest.param(PLAIN, "0.5001", NO_MATCH, id="dlib 刚过存疑线"),
        pytest.param(PLAIN, "0.6000", NO_MATCH, id="dlib 引擎默认值"),
        pytest.param(CENTRED, "0.4500", MATCH, id="去均值 恰在相符线"),
        pytest.param(CENTRED, "0.4501", UNCERTAIN, id="去均值 刚过相符线"),
        pytest.param(CENTRED, "0.6500", UNCERTAIN, id="去均值 恰在存疑线"),
        pytest.param(CENTRED, "0.6501", NO_MATCH, id="去均值 刚过存疑线"),
        pytest.param(COSINE, "0.0399", UNCERTAIN, id="sface 疑似翻拍"),
        pytest.param(COSINE, "0.5900", MATCH, id="sface 恰在相符线"),
        pytest.param(COSINE, "0.5901", UNCERTAIN, id="sface 刚过相符线"),
        pytest.param(COSINE, "0.7500", UNCERTAIN, id="sface 恰在存疑线"),
        pytest.param(COSINE, "0.7501", NO_MATCH, id="sface 刚过存疑线"),
    ],
)
@pytest.mark.parametrize("area", ["350100", "140200"])
def test_judges_a_distance_by_the_bands_of_its_metric(
    area: str, metric: str, distance: str, verdict: Verdict
) -> None:
    assert band_of(metric, area, MONDAY).verdict(Decimal(distance)) is verdict


@pytest.mark.parametrize(
    ("said", "together"),
    [
        ([MATCH], MATCH),
        ([NO_MATCH], NO_MATCH),
        ([MATCH, MATCH], MATCH),
        ([NO_MATCH, NO_MATCH], NO_MATCH),
        ([UNCERTAIN, UNCERTAIN], UNCERTAIN),
        ([MATCH, UNCERTAIN], UNCERTAIN),
        ([MATCH, NO_MATCH], UNCERTAIN),
        ([NO_MATCH, MATCH], UNCERTAIN),
        ([UNCERTAIN, NO_MATCH], UNCERTAIN),
    ],
)
def test_two_engines_decide_only_with_one_voice(said: list[Verdict], together: Verdict) -> None:
    assert joint_verdict(said) is together


@pytest.mark.parametrize("area", ["350000", "140000"])
def test_every_engine_has_its_bands_in_every_province_whichever_it_uses_today(area: str) -> None:
    for metric in (metric for metrics in METRICS.values() for metric in metrics):
        band = band_of(metric, area, MONDAY)

        assert 0 < band.copy_below < band.match_max < band.uncertain_max < 1
        assert area in band.version
        assert len(band.version) <= 64


def test_an_area_says_which_engines_it_uses_and_whom_it_needs_for_a_mean() -> None:
    law = face_law("350200", MONDAY)

    assert law.engines == ("dlib",)
    assert [band.metric for band in law.bands] == [PLAIN, CENTRED]
    assert law.mean_people_min >= 20, "fewer than twenty were never measured"


def test_a_day_without_parameters_has_no_face_check() -> None:
    with pytest.raises(ParameterNotFound, match="face_engines"):
        face_law("350100", date(2022, 12, 31))


def test_workers_load_every_engine_that_some_area_names() -> None:
    named = {
        word
        for (_, name), rows in ROWS.items()
        if name == "face_engines"
        for row in rows
        for word in row.words
    }

    assert set(engines_from(MONDAY)) == named


@pytest.mark.parametrize(("words", "complaint"), [(["dlip"], "dlip"), ([], "no engine")])
def test_refuses_engines_that_there_are_not(words: list[str], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        engines_of(words)
