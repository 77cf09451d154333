"""The identity check (人证相符核验) with the real model and real pictures."""

from collections.abc import Mapping

import numpy as np

from engines.pictures import Reason
from policy.terms import Verdict
from workers.faces.pool import FacePool

Portraits = Mapping[str, bytes]


async def test_finds_the_same_person_on_other_pictures(pool: FacePool, portraits: Portraits) -> None:
    results = [await pool.check(portraits[name], [portraits["obama"]]) for name in ("obama2", "obama3")]

    assert [result.verdict for result in results] == [Verdict.MATCH, Verdict.MATCH]
    assert all(result.distance is not None and 0.2 < result.distance <= 0.4 for result in results)
    assert [(result.reason, result.advice) for result in results] == [(None, "")] * 2


async def test_says_what_the_verdict_rests_on(pool: FacePool, portraits: Portraits) -> None:
    result = await pool.check(portraits["obama2"], [portraits["obama"], portraits["obama3"]])

    assert result.verdict is Verdict.MATCH
    assert result.engine == "face_recognition 1.3.0"
    assert result.model_version == "models 0.3.0, dlib 20.0.1"
    assert len(f"{result.engine} {result.model_version}") <= 64
    assert result.bands_version
    assert result.quality["metric"] == "l2-mirrored"
    assert result.quality["live"]["face_height"] >= 100
    assert len(result.quality["references"]) == 2
    assert not result.quality["is_copy"]


async def test_tells_another_person_apart(pool: FacePool, portraits: Portraits) -> None:
    results = [
        await pool.check(portraits["biden"], [portraits["obama"]]),
        await pool.check(portraits["obama2"], [portraits["biden"]]),
    ]

    assert [result.verdict for result in results] == [Verdict.NO_MATCH, Verdict.NO_MATCH]
    assert all("人工核验" in result.advice for result in results)


async def test_compares_against_the_mean_of_a_site_of_twenty(pool: FacePool, portraits: Portraits) -> None:
    dice = np.random.default_rng(20260316)
    centre = np.asarray((await pool.encode(portraits["biden"])).encoding)
    site = [centre + dice.normal(0, 0.05, 128) for _ in range(20)]

    same = await pool.check(portraits["obama2"], [portraits["obama"]], site)
    short = await pool.check(portraits["obama2"], [portraits["obama"]], site[:19])

    assert same.verdict is Verdict.MATCH
    assert same.quality["metric"] == "cosine-centred-mirrored"
    assert short.quality["metric"] == "l2-mirrored"


async def test_marks_a_live_picture_that_is_the_reference_itself(
    pool: FacePool, portraits: Portraits
) -> None:
    result = await pool.check(portraits["biden"], [portraits["biden"]])

    assert result.quality["is_copy"]
    assert result.distance == 0


async def test_says_which_picture_is_unusable(pool: FacePool, portraits: Portraits) -> None:
    live = await pool.check(b"text", [portraits["obama"]])
    reference = await pool.check(portraits["obama"], [b"text"])
    missing = await pool.check(portraits["obama"], [])

    results = [live, reference, missing]
    assert [result.verdict for result in results] == [Verdict.UNUSABLE] * 3
    assert [result.distance for result in results] == [None] * 3
    assert [result.reason for result in results] == [
        Reason.NOT_AN_IMAGE,
        Reason.NOT_AN_IMAGE,
        Reason.REFERENCE_MISSING,
    ]
    assert live.advice.startswith("现场照片：文件不是")
    assert reference.advice.startswith("底照：文件不是")
    assert missing.advice.startswith("没有可比对的")


async def test_uses_the_references_that_can_be_used(pool: FacePool, portraits: Portraits) -> None:
    result = await pool.check(portraits["obama2"], [b"text", portraits["obama"]])

    assert result.verdict is Verdict.MATCH
    assert result.quality["references"][0] == {"unusable": "NOT_AN_IMAGE"}


async def test_does_not_average_references_of_two_people(pool: FacePool, portraits: Portraits) -> None:
    result = await pool.check(portraits["obama2"], [portraits["obama"], portraits["biden"]])

    assert (result.verdict, result.reason) == (Verdict.UNUSABLE, Reason.REFERENCES_DIFFER)
