"""Pictures, words and codes of a fill's steps that make no sense: which, and what to do."""

from uuid import uuid4

import pytest

from ops import road_documents as documents
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN, Road
from tests.house import House
from tests.services.stage import document, error_of, png


@pytest.mark.parametrize(
    ("picture", "reason", "advice"),
    [
        (b"this is no picture at all, only words", "NOT_AN_IMAGE", "JPEG"),
        (b"%PDF-1.7 " + b"x" * 200, "NOT_AN_IMAGE", "JPEG"),
        (png(20_000, 10_000), "TOO_MANY_PIXELS", "万像素"),
        (png(40, 40), "TOO_SMALL", "短边"),
        (png(2_000, 100), "BAD_SHAPE", "狭长"),
        (b"", "NOT_AN_IMAGE", "JPEG"),
        (b"\xff\xd8\xff\xe0", "DAMAGED", "重新拍摄"),
    ],
    ids=["文字", "PDF", "两亿像素", "太小", "狭长", "空文件", "残缺"],
)
async def test_a_picture_that_is_none_is_refused_with_advice(
    way: Road, fill: Json, picture: bytes, reason: str, advice: str
) -> None:
    with pytest.raises(Refused) as refused:
        await way.pharmacy.upload(documents.CHECK_FACE, {"live": picture}, fillId=fill["id"])

    (violation,) = refused.value.violations
    assert violation["code"] == "IMAGE_NOT_ACCEPTED"
    assert violation["message"].startswith(f"live({reason})")
    assert advice in violation["message"]


async def test_a_picture_of_the_card_is_named_as_that(way: Road, fill: Json) -> None:
    pictures = {"live": png(400, 300), "card": b"no"}

    with pytest.raises(Refused) as refused:
        await way.pharmacy.upload(documents.CHECK_FACE, pictures, fillId=fill["id"])

    assert refused.value.violations[0]["message"].startswith("card(NOT_AN_IMAGE)")


async def test_a_picture_beyond_eight_mebibytes_is_refused_before_it_is_looked_at(
    way: Road, fill: Json
) -> None:
    with pytest.raises(RequestFailed) as failed:
        await way.pharmacy.upload(
            documents.CHECK_FACE, {"live": b"\0" * (8 * 1024 * 1024 + 1)}, fillId=fill["id"]
        )

    (error,) = failed.value.errors
    assert error["extensions"]["code"] == "BAD_REQUEST"
    assert "8388608" in error["message"]


async def test_a_text_in_the_place_of_a_picture_says_how_to_upload(way: Road, fill: Json) -> None:
    given = {"idempotencyKey": str(uuid4()), "fillId": fill["id"], "live": "data:image/jpeg;base64,AAAA"}

    error = await error_of(way.pharmacy, documents.CHECK_FACE, {"input": given})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert ".live" in error["message"]
    assert "multipart" in error["message"]


async def test_a_face_without_enrolment_asks_for_the_card(house: House, way: Road, fill: Json) -> None:
    with pytest.raises(RequestFailed) as failed:
        await way.pharmacy.upload(documents.CHECK_FACE, {"live": png(400, 300)}, fillId=fill["id"])

    (error,) = failed.value.errors
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("card:")
    assert "身份证" in error["message"]


async def test_line_ids_are_given_once_and_are_of_this_prescription(way: Road) -> None:
    prescription = await way.upload()
    line = prescription["lines"][0]["id"]
    absent = str(uuid4())

    async def refusal(line_ids: list[str]) -> Json:
        given = {
            "idempotencyKey": str(uuid4()),
            "prescriptionId": prescription["id"],
            "pharmacyCode": FUJIAN.pharmacy,
            "lineIds": line_ids,
        }
        return await error_of(way.patient, documents.REQUEST_FILL, {"input": given})

    twice, none, strange = await refusal([line, line]), await refusal([]), await refusal([absent])
    assert twice["message"] == none["message"] == "lineIds:请给出至少一条、且不重复的处方明细编号。"
    assert strange["extensions"]["code"] == "NOT_FOUND"
    assert absent in strange["message"]


async def test_the_lines_taken_at_the_hospital_are_given_at_all(way: Road) -> None:
    prescription = await way.upload()
    given = {"idempotencyKey": str(uuid4()), "prescriptionId": prescription["id"], "lineIds": []}

    error = await error_of(way.hospital, document("recordHospitalDispense"), {"input": given})

    assert error["message"].startswith("lineIds:")


TEXTS: list[tuple[str, str, Json, str]] = [
    ("pharmacist", "reviewFill", {"decision": "REJECT", "reason": " "}, "reason"),
    ("pharmacist", "reviewFill", {"decision": "REJECT", "reason": "因" * 201}, "reason"),
    ("pharmacist", "reviewFill", {"decision": "APPROVE", "advice": ""}, "advice"),
    ("pharmacist", "reviewFill", {"decision": "APPROVE", "advice": "服" * 501}, "advice"),
    ("pharmacist", "queryPrescriber", {"question": ""}, "question"),
    ("pharmacist", "queryPrescriber", {"question": "问" * 501}, "question"),
    ("pharmacy", "declineFill", {"reason": ""}, "reason"),
    ("patient", "cancelFill", {"reason": "改" * 201}, "reason"),
    ("pharmacy", "markReady", {"scanned": [{"fillLineId": None, "traceCodes": ["123"]}]}, "traceCodes"),
    ("pharmacy", "verifyManually", {"documents": ["身份证"], "reason": "弱光"}, "documents"),
    ("pharmacy", "verifyManually", {"documents": ["身份证", "身份证"], "reason": "弱光"}, "documents"),
    ("pharmacy", "verifyManually", {"documents": ["身份证", "借书证"], "reason": "弱光"}, "documents"),
    ("pharmacy", "verifyManually", {"documents": ["身份证", "护照"], "reason": ""}, "reason"),
    ("pharmacy", "verifyManually", {"documents": ["身份证", "护照"], "reason": "弱" * 65}, "reason"),
    (
        "pharmacy",
        "verifyManually",
        {"documents": ["身份证", "护照"], "reason": "弱光", "goods": ["盒" * 101]},
        "goods[1]",
    ),
    ("patient", "signFeeList", {"feeListSha256": "", "signature": ""}, "signature"),
    ("patient", "signFeeList", {"feeListSha256": "", "signature": "s" * 65_537}, "signature"),
]


@pytest.mark.parametrize(("who", "mutation", "given", "field"), TEXTS, ids=lambda one: str(one)[:40])
async def test_a_step_whose_words_are_missing_or_too_long(
    way: Road, requested: Json, who: str, mutation: str, given: Json, field: str
) -> None:
    caller: Client = getattr(way, who)
    fill = requested
    if "scanned" in given:
        fill = await way.request((await way.upload())["id"])
        await way.approve(fill["id"])
        lines = (await way.pharmacy.execute(documents.FILL_LINES, {"id": fill["id"]}))["fill"]["lines"]
        given = {"scanned": [{**given["scanned"][0], "fillLineId": lines[0]["id"]}]}

    values = {"idempotencyKey": str(uuid4()), "fillId": fill["id"], **given}
    error = await error_of(caller, document(mutation), {"input": values})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")


async def test_a_fee_list_that_is_not_the_current_one_cannot_be_signed(way: Road, fill: Json) -> None:
    with pytest.raises(Refused) as refused:
        await way.sign({"id": fill["id"], "feeListSha256": "0" * 64})

    assert refused.value.codes == ["STATEMENT_CHANGED"]
    assert "重新查看" in refused.value.violations[0]["message"]


CLAIM = document("claimPrescription")


@pytest.mark.parametrize("code", ["", "123", "12345678901", "一二三四五六七八九十", "１２３４５６７８９０"])
async def test_a_pick_up_code_of_another_form(way: Road, code: str) -> None:
    error = await error_of(way.pharmacy, CLAIM, {"input": {"idempotencyKey": str(uuid4()), "code": code}})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("code:")
    assert "10 位数字" in error["message"]
