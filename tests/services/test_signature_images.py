"""A signature under the fee list may be a picture: kept encrypted as long as the prescription, and purged."""

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from models import AuditEntry, FeeListSignature
from ops import road_documents as documents
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN
from ops.world import cast
from policy.calendar import end_of_day, shanghai_day
from policy.records import years_after
from services.retention import purge_due
from tests.house import House
from tests.road.walk import Walk, picture
from tests.services.test_retention import is_there

SIGNATURE = """query S($id: UUID!) { fill(id: $id) {
  feeListSignature { signatureSha256 imageKeptUntil imagePurgedAt }
} }"""


def stored(house: House) -> set[Path]:
    """The files of the image store."""
    return {path for path in Path(urlsplit(house.images_url).path).rglob("*") if path.is_file()}


async def requested(walk: Walk) -> Json:
    """A fill whose list waits for a signature."""
    return await walk.request(await walk.upload())


async def signed(by: Client, fill: Json, image: bytes | None = None, **more: str) -> Json:
    """A signature by a picture."""
    given = {"fillId": fill["id"], "feeListSha256": fill["feeListSha256"], **more}
    return await by.upload(documents.SIGN, {"image": image or picture()}, **given)


async def test_a_picture_is_sealed_hashed_shown_and_good_for_settling(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await requested(walk)
    await walk.approve(fill)
    await walk.mark_ready(fill)
    before = stored(house)

    answer = await signed(walk.counter(), fill)
    await walk.verify_manually(fill)
    await walk.settle(fill)

    (file,) = stored(house) - before
    row = await FeeListSignature.get(id=answer["id"])
    last = years_after(shanghai_day(house.now()), 2)
    assert picture() not in file.read_bytes()
    assert await house.tools.images.get(row.image_key) == picture()
    assert row.signature_sha256 == hashlib.sha256(picture()).hexdigest()
    assert row.kept_until == last
    shown = (await walk.patient.execute(SIGNATURE, {"id": fill["id"]}))["fill"]["feeListSignature"]
    assert shown == {
        "signatureSha256": row.signature_sha256,
        "imageKeptUntil": last.isoformat(),
        "imagePurgedAt": None,
    }


async def test_the_same_key_again_keeps_one_signature_and_one_picture(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await requested(walk)
    before, key = stored(house), str(uuid4())

    answers = [await signed(walk.patient, fill, idempotencyKey=key) for _ in range(2)]
    with pytest.raises(RequestFailed) as other:
        await signed(walk.patient, fill, picture() + b"\0", idempotencyKey=key)

    assert answers[0] == answers[1]
    assert other.value.errors[0]["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await FeeListSignature.filter(fill_id=fill["id"]).count() == 1
    assert len(stored(house) - before) == 1


async def test_what_was_refused_leaves_no_picture(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await requested(walk)
    before = stored(house)

    with pytest.raises(Refused) as stale:
        await signed(walk.patient, fill | {"feeListSha256": "0" * 64})
    with pytest.raises(Refused) as unusable:
        await signed(walk.patient, fill, b"no picture at all")
    with pytest.raises(RequestFailed) as stranger:
        await signed(walk.person(cast.FUJIAN_RESIDENT), fill)
    with pytest.raises(RequestFailed) as both:
        await signed(walk.patient, fill, signature="c2ln")
    with pytest.raises(RequestFailed) as neither:
        await walk.patient.do(documents.SIGN, fillId=fill["id"], feeListSha256=fill["feeListSha256"])

    assert (stale.value.codes, unusable.value.codes) == (["STATEMENT_CHANGED"], ["IMAGE_NOT_ACCEPTED"])
    codes = [failed.value.errors[0]["extensions"]["code"] for failed in (stranger, both, neither)]
    assert codes == ["NOT_FOUND", "BAD_USER_INPUT", "BAD_USER_INPUT"]
    assert stored(house) == before
    assert not await FeeListSignature.filter(fill_id=fill["id"]).exists()


async def test_a_picture_goes_after_its_last_day_and_the_digest_stays(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await requested(walk)
    row = await FeeListSignature.get(id=(await signed(walk.patient, fill))["id"])
    assert row.kept_until is not None
    end = end_of_day(row.kept_until)

    counts = []
    for moment in (end - timedelta(seconds=1), end):
        await purge_due(replace(house.call(), now=moment))
        counts.append(await is_there(house, row.image_key))

    gone = await FeeListSignature.get(id=row.id)
    assert counts == [True, False]
    assert (gone.purged_at, gone.signature_sha256) == (end, row.signature_sha256)
    assert await AuditEntry.filter(verb="purgeFeeListSignature", subject=str(row.id)).count() == 1
    shown = (await walk.patient.execute(SIGNATURE, {"id": fill["id"]}))["fill"]["feeListSignature"]
    assert shown["imagePurgedAt"] is not None
    assert shown["signatureSha256"] == row.signature_sha256


async def test_signature_data_as_before_has_no_picture(house: House) -> None:
    walk = Walk(house, FUJIAN)
    fill = await requested(walk)
    before = stored(house)

    await walk.sign(fill)

    row = await FeeListSignature.get(fill_id=fill["id"])
    assert (row.image_key, row.kept_until) == ("", None)
    assert row.signature_sha256 == hashlib.sha256(b"c2ln").hexdigest()
    assert stored(house) == before
