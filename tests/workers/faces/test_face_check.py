"""The identity check (人证相符核验) with the real models and real pictures."""

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from PIL import Image

from engines.pictures import Reason
from policy.faces import CENTRED, COSINE, PLAIN, band_of
from policy.terms import Verdict
from tests.workers.faces.sights import FINE, FUJIAN, check, seen
from workers.faces.check import judge
from workers.faces.compare import Mean
from workers.faces.pool import FacePool
from workers.faces.result import Seen, Sight

Portraits = Mapping[str, bytes]

COSINE_BAND = band_of(COSINE, "350100", date(2026, 3, 16))
SFACE = replace(FUJIAN, engines=("sface",), bands=(COSINE_BAND,))
BOTH = replace(FUJIAN, engines=("dlib", "sface"), bands=(*FUJIAN.bands, COSINE_BAND))
LAWS = {"dlib": FUJIAN, "sface": SFACE, "both": BOTH}


@pytest.mark.parametrize("engines", LAWS)
async def test_finds_the_same_person_on_other_pictures(
    engines: str, pool: FacePool, portraits: Portraits
) -> None:
    results = [
        await check(pool, portraits[name], [portraits["obama"]], LAWS[engines])
        for name in ("obama2", "obama3")
    ]

    assert [result.verdict for result in results] == [Verdict.MATCH, Verdict.MATCH]
    assert [(result.reason, result.advice) for result in results] == [(None, "")] * 2


@pytest.mark.parametrize("engines", LAWS)
async def test_tells_another_person_apart(engines: str, pool: FacePool, portraits: Portraits) -> None:
    result = await check(pool, portraits["biden"], [portraits["obama"]], LAWS[engines])

    assert result.verdict is Verdict.NO_MATCH
    assert "人工核验" in result.advice


async def test_says_what_the_verdict_rests_on(pool: FacePool, portraits: Portraits) -> None:
    result = await check(pool, portraits["obama2"], [portraits["obama"], portraits["obama3"]], BOTH)

    dlib, sface = result.findings
    assert dlib.model_version == "face_recognition 1.3.0, models 0.3.0, dlib 20.0.1"
    assert sface.model_version == "YuNet 2023mar int8bq, SFace 2021dec int8bq, OpenCV 4.14.0"
    assert (dlib.metric, sface.metric) == (PLAIN, COSINE)
    assert dlib.bands_version == "l2-mirrored 0.40/0.50 350000@2023-01-01"
    assert 0.2 < dlib.distance <= 0.4
    assert int(dlib.quality["face_height"]) >= 100
    assert len(f"{dlib.model_version} + {sface.model_version}") <= 200
    assert "vector" not in dlib.as_row()


async def test_compares_against_the_mean_of_the_area(pool: FacePool, portraits: Portraits) -> None:
    dice = np.random.default_rng(20260316)
    centre = np.asarray((await seen(pool, portraits["biden"])).vector)
    mean = Mean(7, np.mean([centre + dice.normal(0, 0.05, 128) for _ in range(20)], axis=0))

    result = await check(pool, portraits["obama2"], [portraits["obama"]], means={"dlib": mean})

    assert result.verdict is Verdict.MATCH
    assert (result.findings[0].metric, result.findings[0].mean) == (CENTRED, 7)


@pytest.mark.parametrize("engines", LAWS)
async def test_never_takes_a_picture_of_the_reference_for_the_person(
    engines: str, pool: FacePool, portraits: Portraits
) -> None:
    written_anew = io.BytesIO()
    Image.open(io.BytesIO(portraits["biden"])).convert("RGB").save(written_anew, "JPEG", quality=90)

    result = await check(pool, written_anew.getvalue(), [portraits["biden"]], LAWS[engines])

    assert result.verdict is Verdict.UNCERTAIN
    assert "翻拍" in result.advice


def test_two_engines_that_disagree_send_the_person_to_the_clerk() -> None:
    face, other = [1.0, *[0.0] * 127], [0.0, 1.0, *[0.0] * 126]
    near = [1.3, *[0.0] * 127]
    live = {"dlib": Seen(face, FINE), "sface": Seen(face, FINE)}

    result = judge(BOTH, {"dlib": "1", "sface": "2"}, live, [{"dlib": near, "sface": other}], {})

    assert [finding.verdict for finding in result.findings] == [Verdict.MATCH, Verdict.NO_MATCH]
    assert result.verdict is Verdict.UNCERTAIN
    assert "不足以确认" in result.advice


def test_one_engine_that_sees_no_face_makes_the_picture_unusable() -> None:
    face = [1.0, *[0.0] * 127]
    live: Sight = {"dlib": Reason.NO_FACE, "sface": Seen(face, FINE)}

    result = judge(BOTH, {"dlib": "1", "sface": "2"}, live, [{"dlib": face, "sface": face}], {})

    assert (result.verdict, result.reason) == (Verdict.UNUSABLE, Reason.NO_FACE)
    assert result.findings == ()


async def test_says_which_picture_is_unusable(pool: FacePool, portraits: Portraits) -> None:
    live = await check(pool, b"text", [portraits["obama"]])
    reference = await check(pool, portraits["obama"], [b"text"])
    missing = await check(pool, portraits["obama"], [])

    results = [live, reference, missing]
    assert [result.verdict for result in results] == [Verdict.UNUSABLE] * 3
    assert [result.reason for result in results] == [
        Reason.NOT_AN_IMAGE,
        Reason.NOT_AN_IMAGE,
        Reason.REFERENCE_MISSING,
    ]
    assert live.advice.startswith("现场照片：文件不是")
    assert reference.advice.startswith("底照：文件不是")
    assert missing.advice.startswith("没有可比对的")


async def test_uses_the_references_that_can_be_used(pool: FacePool, portraits: Portraits) -> None:
    live = {"dlib": await seen(pool, portraits["obama2"])}
    known = (await seen(pool, portraits["obama"])).vector

    result = judge(FUJIAN, pool.models, live, [{"dlib": Reason.NO_FACE}, {"dlib": known}], {})

    assert result.verdict is Verdict.MATCH


async def test_does_not_average_references_of_two_people(pool: FacePool, portraits: Portraits) -> None:
    result = await check(pool, portraits["obama2"], [portraits["obama"], portraits["biden"]])

    assert (result.verdict, result.reason) == (Verdict.UNUSABLE, Reason.REFERENCES_DIFFER)
