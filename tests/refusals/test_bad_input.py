"""Whatever a caller sends wrong has its clear answer: which field, what is wrong, what to do."""

import base64
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from models import DutyShift, OpeningHours, Prescription, StockItem, StockMovement
from ops import road_documents as documents
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN, Road, id_number
from ops.world import cast
from policy.terms import Role
from tests.house import House
from tests.services.stage import document, error_of, png, post, ready_fill, walkers

Change = Callable[[Json], None]


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def fill(way: Road) -> Json:
    """One fill of the patient, ready."""
    return await ready_fill(way)


def first_line(**values: Any) -> Change:
    """A change of the first line."""
    return lambda prescription: prescription["lines"][0].update(values)


def whole(**values: Any) -> Change:
    """A change of the prescription itself."""
    return lambda prescription: prescription.update(values)


def lines(count: int) -> Change:
    """A prescription of so many lines."""
    return lambda prescription: prescription.update(lines=[prescription["lines"][0]] * count)


def wrong_check_digit(prescription: Json) -> None:
    """The identity number with its last character changed."""
    number = prescription["idNumber"]
    prescription["idNumber"] = number[:-1] + ("0" if number[-1] != "0" else "1")


BAD_VALUES: list[tuple[str, Change, str, str]] = [
    ("药品编码格式", first_line(drugCode="ABC"), "lines[1].drugCode", "X 开头 23 位"),
    ("医师编码格式", whole(doctorCode="X1"), "doctorCode", "D 加 12 位数字"),
    ("身份证校验位", wrong_check_digit, "idNumber", "核对"),
    ("身份证太短", whole(idNumber="123"), "idNumber", "18 位"),
    ("数量为负", first_line(quantity="-1"), "lines[1].quantity", "应大于 0"),
    ("数量为零", first_line(quantity="0"), "lines[1].quantity", "应大于 0"),
    ("数量过大", first_line(quantity="99999999999999"), "lines[1].quantity", "不超过"),
    ("用量为零", first_line(dose="0"), "lines[1].dose", "应大于 0"),
    ("次数过多", first_line(timesPerDay="10000"), "lines[1].timesPerDay", "不超过"),
    ("天数为零", first_line(days=0), "lines[1].days", "应大于 0"),
    ("天数过大", first_line(days=2_000_000_000), "lines[1].days", "不超过"),
    ("院内库存为负", first_line(inHouseStock="-1"), "lines[1].inHouseStock", "不能为负数"),
    ("院内库存过大", first_line(inHouseStock="9" * 14), "lines[1].inHouseStock", "不超过"),
    ("用法过长", first_line(route="口" * 31), "lines[1].route", "不超过 30"),
    ("没有明细", lines(0), "lines", "1 至 20"),
    ("二十一条明细", lines(21), "lines", "收到 21 条"),
    ("诊断为空", whole(diagnosis=" "), "diagnosis", "不能为空"),
    ("诊断过长", whole(diagnosis="痛" * 501), "diagnosis", "收到 501"),
    ("院内处方号过长", whole(hospitalRxNo="R" * 41), "hospitalRxNo", "不超过 40"),
    ("病种编码过长", whole(diseaseCode="M" * 31), "diseaseCode", "不超过 30"),
    ("理由过长", whole(longSupplyReason="久" * 201), "longSupplyReason", "不超过 200"),
    ("起付标准为负", whole(deductibleTaken="-0.01"), "deductibleTaken", "不能为负数"),
]


@pytest.mark.parametrize(
    ("change", "field", "advice"), [case[1:] for case in BAD_VALUES], ids=[case[0] for case in BAD_VALUES]
)
async def test_a_prescription_with_a_value_that_makes_no_sense(
    way: Road, change: Change, field: str, advice: str
) -> None:
    prescription = way.prescription()
    change(prescription)

    given = {"input": {"idempotencyKey": str(uuid4()), "prescription": prescription}}
    error = await error_of(way.hospital, documents.UPLOAD, given)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["retry"] == "never"
    assert error["message"].startswith(f"{field}:")
    assert advice in error["message"]


BAD_SCALARS: list[tuple[str, Change, str]] = [
    ("数量为浮点数", first_line(quantity=1.5), "Quantity"),
    ("数量为 NaN", first_line(quantity="NaN"), "Quantity"),
    ("数量五位小数", first_line(quantity="0.12345"), "Quantity"),
    ("金额为浮点数", whole(deductibleTaken=12.5), "Money"),
    ("金额三位小数", whole(deductibleTaken="1.005"), "Money"),
    ("时间没有时区", whole(issuedAt="2026-03-16T09:30:00"), "DateTime"),
    ("时间不是时间", whole(issuedAt="昨天"), "DateTime"),
    ("时间在历法之外", whole(issuedAt="0001-01-01T00:00:00+08:00"), "DateTime"),
    ("枚举不存在", whole(visitKind="TELEPATHY"), "VisitKind"),
    ("天数为小数", first_line(days=1.5), "Int"),
    ("天数超出整数", first_line(days=2**31), "Int"),
    ("多余的字段", whole(price="1.00"), "PrescriptionInput"),
]


@pytest.mark.parametrize(
    ("change", "scalar"), [case[1:] for case in BAD_SCALARS], ids=[case[0] for case in BAD_SCALARS]
)
async def test_a_value_that_is_none_of_its_type(way: Road, change: Change, scalar: str) -> None:
    prescription = way.prescription()
    change(prescription)

    given = {"input": {"idempotencyKey": str(uuid4()), "prescription": prescription}}
    error = await error_of(way.hospital, documents.UPLOAD, given)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert scalar in error["message"]
    assert "prescription" in error["message"], "the path to the value is named"


async def test_a_number_that_json_does_not_know_is_a_bad_request(way: Road) -> None:
    body = b'{"query": "query Q($x: Float) { __typename }", "variables": {"x": NaN}}'

    headers = {**way.hospital.headers, "Content-Type": "application/json"}
    answer = await way.hospital.http.post(f"{way.hospital.url}/graphql", content=body, headers=headers)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("change", "code", "line", "words"),
    [
        (first_line(drugCode="XZ99ZZZ999Z999999999999"), "UNKNOWN_DRUG", "1", "XZ99ZZZ999Z999999999999"),
        (whole(doctorCode="D999999999999"), "UNKNOWN_DOCTOR", None, "D999999999999"),
        (whole(idNumber="110101199003070732"), "UNKNOWN_MEMBER", None, "核对证件号码"),
    ],
    ids=["药品不存在", "医师不存在", "参保人不存在"],
)
async def test_something_that_is_in_no_register(
    way: Road, change: Change, code: str, line: str | None, words: str
) -> None:
    prescription = way.prescription()
    change(prescription)

    with pytest.raises(Refused) as refused:
        await way.hospital.do(documents.UPLOAD, prescription=prescription)

    (violation,) = refused.value.violations
    assert violation["code"] == code
    assert violation["lineId"] == line
    assert words in violation["message"]
    assert "请核对" in violation["message"]


async def test_the_prechecked_prescription_is_told_the_same(way: Road) -> None:
    prescription = way.prescription(doctorCode="D999999999999")
    query = """query P($prescription: PrescriptionInput!) {
      precheckPrescription(prescription: $prescription) { refusals { code } warnings { code } }
    }"""

    data = await way.hospital.execute(query, {"prescription": prescription})

    assert [one["code"] for one in data["precheckPrescription"]["refusals"]] == ["UNKNOWN_DOCTOR"]
    assert data["precheckPrescription"]["warnings"] == []


async def test_an_identity_number_that_is_unknown_is_not_repeated(way: Road) -> None:
    prescription = way.prescription(idNumber="110101199003070732")

    answer = await post(
        way.hospital,
        documents.UPLOAD,
        {"input": {"idempotencyKey": str(uuid4()), "prescription": prescription}},
    )

    assert "110101199003070732" not in str(answer)


async def test_thirteen_weeks_are_too_long(way: Road) -> None:
    prescription = way.prescription()
    for line in prescription["lines"]:
        line.update(days=91, quantity="4")

    with pytest.raises(Refused) as refused:
        await way.hospital.do(documents.UPLOAD, prescription=prescription)

    too_long = [one for one in refused.value.violations if one["code"] == "SUPPLY_TOO_LONG"]
    assert [one["lineId"] for one in too_long] == ["1", "2", "3"]
    for one in too_long:
        assert "12" in one["limit"] or "84" in one["limit"]
        assert "13" in one["actual"] or "91" in one["actual"]
        assert "闽医保" in one["basis"]
        assert one["rule"].startswith("FJ-")


# --- who is calling


async def test_without_a_token_the_answer_says_how_to_sign_in(house: House) -> None:
    nobody = await house.http.post(f"{house.url}/graphql", json={"query": "{ member { id } }"})

    (error,) = nobody.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Authorization" in error["message"]
    assert nobody.json().get("data") is None


async def test_an_expired_token_is_told_when_it_ended(house: House) -> None:
    token = house.token(Role.PATIENT, cast.FUJIAN_PATIENT, ttl=timedelta(hours=-1))

    answer = await house.http.post(
        f"{house.url}/graphql",
        json={"query": "{ member { id } }"},
        headers={"Authorization": f"Bearer {token}"},
    )

    (error,) = answer.json()["errors"]
    ended = house.now() - timedelta(hours=1)
    assert answer.status_code == 401
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "过期" in error["message"]
    assert any(f"{(ended + zone):%H:%M}" in error["message"] for zone in (timedelta(), timedelta(hours=8)))


@pytest.mark.parametrize("token", ["Bearer rubbish", "Basic abc", "Bearer", "Bearer a.b.c"])
async def test_a_token_that_is_none_is_refused(house: House, token: str) -> None:
    answer = await house.http.post(
        f"{house.url}/graphql", json={"query": "{ member { id } }"}, headers={"Authorization": token}
    )

    (error,) = answer.json()["errors"]
    assert answer.status_code == 401
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_another_patients_prescription_is_not_found_like_one_that_does_not_exist(
    house: House, way: Road
) -> None:
    theirs = (await way.upload())["id"]
    absent = str(uuid4())
    stranger = house.client(Role.PATIENT, cast.FUJIAN_RESIDENT)
    query = "query P($id: UUID!) { prescription(id: $id) { diagnosis } }"

    there = await post(stranger, query, {"id": theirs})
    nowhere = await post(stranger, query, {"id": absent})

    assert there["data"] is None
    assert there["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert there["errors"][0]["message"].replace(theirs, absent) == nowhere["errors"][0]["message"]
    assert "请核对编号" in there["errors"][0]["message"]


@pytest.mark.parametrize(
    ("mutation", "more"),
    [("revokePrescription", {"reason": "改方"}), ("recordHospitalDispense", {"lineIds": None})],
)
async def test_a_hospital_may_not_touch_another_hospitals_prescription(
    house: House, way: Road, mutation: str, more: Json
) -> None:
    prescription = await way.upload()
    given = {"idempotencyKey": str(uuid4()), "prescriptionId": prescription["id"], **more}
    if "lineIds" in more:
        given["lineIds"] = [prescription["lines"][0]["id"]]

    other = house.client(Role.HOSPITAL, cast.FUJIAN_COUNTY_HOSPITAL)
    error = await error_of(other, document(mutation), {"input": given})

    assert error["extensions"]["code"] == "NOT_FOUND"
    assert (await Prescription.get(id=prescription["id"])).state == "ACTIVE"


async def test_a_pharmacy_may_not_approve_in_its_pharmacists_stead(way: Road, fill: Json) -> None:
    given = {"idempotencyKey": str(uuid4()), "fillId": fill["id"], "decision": "APPROVE", "advice": "饭后"}

    error = await error_of(way.pharmacy, documents.REVIEW, {"input": given})

    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "PHARMACIST" in error["message"]


# --- pictures


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


# --- pages and places


def base64_text(text: str) -> str:
    """A cursor of our form that is not ours."""
    return base64.urlsafe_b64encode(text.encode()).decode()


CURSORS = [
    "garbage",
    "",
    "é",
    base64_text("nothing"),
    base64_text(f"2026-03-16T09:30:00|{UUID(int=1)}"),
    base64_text(f"0001-01-01T00:00:00+08:00|{UUID(int=1)}"),
    base64_text("2026-03-16T09:30:00Z|no-uuid"),
]


@pytest.mark.parametrize("after", CURSORS)
@pytest.mark.parametrize("field", ["prescriptions", "fills", "settlements"])
async def test_a_cursor_that_is_none_is_refused(way: Road, field: str, after: str) -> None:
    query = f"query P($after: String) {{ {field}(after: $after) {{ edges {{ cursor }} }} }}"

    error = await error_of(way.patient, query, {"after": after})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("after:")
    assert "endCursor" in error["message"]


@pytest.mark.parametrize("after", ["*", base64_text("a\0b"), base64_text("\n")])
async def test_a_cursor_of_the_stock_that_is_none_is_refused(way: Road, after: str) -> None:
    query = "query P($after: String) { stock(after: $after) { edges { cursor } } }"

    answer = await post(way.pharmacy, query, {"after": after})

    if after != "*":  # what is no base64 at all decodes to nothing: the first page
        assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        assert answer["errors"][0]["message"].startswith("after:")


@pytest.mark.parametrize("after", ["garbage", base64_text("e"), base64_text("e-1"), base64_text(f"e{2**63}")])
async def test_a_cursor_of_events_that_is_none_ends_the_subscription_with_a_reason(
    way: Road, after: str
) -> None:
    async with way.patient.listen(documents.PATIENT_EVENTS, {"after": after}) as events:
        told = await events.until("ERROR")

    error = told["errors"][0]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("after:")


@pytest.mark.parametrize("first", [0, 101, -1])
@pytest.mark.parametrize("field", ["prescriptions", "fills", "settlements"])
async def test_a_page_of_no_size_or_of_too_many_is_refused(way: Road, field: str, first: int) -> None:
    error = await error_of(way.patient, f"{{ {field}(first: {first}) {{ edges {{ cursor }} }} }}")

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"] == f"first:每页条数应在 1 至 100 之间,收到 {first}。"


NEARBY = """query N($location: LocationInput!, $radius: Int, $first: Int, $after: String) {
  nearbyPharmacies(location: $location, radius: $radius, first: $first, after: $after) { edges { cursor } }
}"""
HOME = {"longitude": 119.3, "latitude": 26.08}


@pytest.mark.parametrize(
    ("changed", "field", "words"),
    [
        ({"radius": 99}, "radius", "100 至 50000"),
        ({"radius": 50_001}, "radius", "收到 50001"),
        ({"radius": -5}, "radius", "100 至 50000"),
        ({"first": 0}, "first", "1 至 100"),
        ({"first": 101}, "first", "收到 101"),
        ({"location": {"longitude": 26.08, "latitude": 119.3}}, "location", "经度在前"),
        ({"location": {"longitude": 2.35, "latitude": 48.85}}, "location", "不在中国境内"),
        ({"location": {"longitude": 139.7, "latitude": 35.7}}, "location", "不在中国境内"),
        ({"location": {"longitude": 1e9, "latitude": 1e9}}, "location", "核对"),
        ({"location": {**HOME, "longitude": 500, "system": "WGS84"}}, "location", "核对"),
        ({"after": "garbage"}, "after", "游标"),
        ({"after": base64_text("P00000000000")}, "after", "同一排序方式"),
    ],
    ids=str,
)
async def test_a_search_that_makes_no_sense(way: Road, changed: Json, field: str, words: str) -> None:
    given = {"location": HOME, "radius": 5000, "first": 5} | changed

    error = await error_of(way.patient, NEARBY, given)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")
    assert words in error["message"]


# --- idempotency keys


async def test_a_mutation_without_a_key_is_told_so(way: Road) -> None:
    error = await error_of(way.hospital, documents.UPLOAD, {"input": {"prescription": way.prescription()}})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert "idempotencyKey" in error["message"]


@pytest.mark.parametrize("key", ["", "k" * 65, "a\nb"], ids=["空", "过长", "换行"])
async def test_a_key_that_is_none_is_refused(way: Road, key: str) -> None:
    given = {"input": {"idempotencyKey": key, "prescription": way.prescription()}}

    error = await error_of(way.hospital, documents.UPLOAD, given)

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("idempotencyKey:")
    assert "UUID" in error["message"]


async def test_asking_for_the_outcome_of_an_impossible_key_is_refused(way: Road) -> None:
    query = "query R($key: String!) { mutationResult(key: $key) { resultId } }"

    error = await error_of(way.patient, query, {"key": "k" * 65})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("key:")


NUL_LITERALS = [
    ("patient", '{ mutationResult(key: "a\\u0000b") { resultId } }'),
    ("patient", '{ mutationResult(key: "a\\u{0}b") { resultId } }'),
    (
        "pharmacy",
        """mutation { declineFill(
          input: {idempotencyKey: "k", fillId: "%s", reason: "缺\\u0000货"}
        ) { __typename } }""",
    ),
    (
        "pharmacy",
        """mutation { recordStock(input: {idempotencyKey: "k", entries: [
          {drugCode: "XC08CAS001A001010199901", kind: PURCHASE, quantity: "1", reference: "R\\u0000"}
        ]}) { __typename } }""",
    ),
]


@pytest.mark.parametrize(("who", "query"), NUL_LITERALS)
async def test_a_nul_in_the_document_is_the_callers_fault(
    way: Road, requested: Json, who: str, query: str
) -> None:
    caller: Client = getattr(way, who)

    error = await error_of(caller, query.replace("%s", requested["id"]))

    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "BAD_REQUEST", "GRAPHQL_PARSE_FAILED")
    assert "空字符" in error["message"]


async def test_a_nul_in_a_variable_is_the_callers_fault(way: Road) -> None:
    given = {"idempotencyKey": str(uuid4()), "prescription": way.prescription(diagnosis="高血压\0")}

    error = await error_of(way.hospital, documents.UPLOAD, {"input": given})

    assert error["extensions"]["code"] in ("BAD_USER_INPUT", "BAD_REQUEST")
    assert error["extensions"]["classification"] == "ValidationError"


# --- fills


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


@pytest.fixture(scope="module")
async def requested(way: Road) -> Json:
    """A fill that waits for its review, and its lines."""
    fill = await way.request((await way.upload())["id"])
    found = await way.pharmacy.execute(documents.FILL_LINES, {"id": fill["id"]})
    return fill | {"lines": found["fill"]["lines"]}


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


# --- pick-up codes

CLAIM = document("claimPrescription")


@pytest.mark.parametrize("code", ["", "123", "12345678901", "一二三四五六七八九十", "１２３４５６７８９０"])
async def test_a_pick_up_code_of_another_form(way: Road, code: str) -> None:
    error = await error_of(way.pharmacy, CLAIM, {"input": {"idempotencyKey": str(uuid4()), "code": code}})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith("code:")
    assert "10 位数字" in error["message"]


# --- the pharmacy's own house


def entry(**changes: Any) -> Json:
    """One purchase."""
    return {"entries": [{"drugCode": cast.AMLODIPINE, "kind": "PURCHASE", "quantity": "1"} | changes]}


def price(**changes: Any) -> Json:
    """One price."""
    return {"prices": [{"drugCode": cast.AMLODIPINE, "price": "10"} | changes]}


def span(weekday: int = 0, opens: int = 480, closes: int = 1200) -> Json:
    """One opening span."""
    return {"weekday": weekday, "opens": opens, "closes": closes}


MOVEMENTS: list[tuple[Json, str]] = [
    (entry(drugCode="X"), "第 1 条 drugCode"),
    (entry(quantity="0"), "第 1 条 quantity"),
    (entry(quantity="-1"), "第 1 条 quantity"),
    (entry(quantity="99999999999999"), "第 1 条 quantity"),
    (entry(kind="PURCHASE_RETURN"), "第 1 条 quantity"),
    (entry(kind="STOCK_TAKE", quantity="-1"), "第 1 条 quantity"),
    (entry(kind="SALE"), "第 1 条 kind"),
    (entry(unitCost="-1"), "第 1 条 unitCost"),
    (entry(traceCodes=["12"]), "第 1 条 traceCodes"),
    (entry(batchNumber="B" * 31), "第 1 条 batchNumber"),
    (entry(supplier="司" * 201), "第 1 条 supplier"),
]


@pytest.mark.parametrize(("given", "where"), MOVEMENTS, ids=lambda one: str(one)[:60])
async def test_a_movement_that_makes_no_sense_is_refused_by_line_and_field(
    way: Road, given: Json, where: str
) -> None:
    before = await StockMovement.all().count()

    with pytest.raises(Refused) as refused:
        await way.pharmacy.do(document("recordStock"), **given)

    assert any(one["message"].startswith(where) for one in refused.value.violations)
    assert {one["lineId"] for one in refused.value.violations} == {"1"}
    assert await StockMovement.all().count() == before


PREMISES: list[tuple[str, Json, str]] = [
    ("recordStock", {"entries": []}, "entries"),
    ("setPrices", {"prices": []}, "prices"),
    ("setPrices", price(price="0"), "prices[1].price"),
    ("setPrices", price(price="-3"), "prices[1].price"),
    ("setPrices", price(price="99999999999999"), "prices[1].price"),
    ("setPrices", price(drugCode=""), "prices[1].drugCode"),
    ("setOpeningHours", {"spans": [span(), span(opens=1000, closes=1300)]}, "spans"),
    ("setOpeningHours", {"spans": [span(weekday=7)]}, "spans[1]"),
    ("setOpeningHours", {"spans": [span(opens=700, closes=600)]}, "spans[1]"),
    ("setOpeningHours", {"spans": [span(closes=1441)]}, "spans[1]"),
    ("setOpeningHours", {"spans": [span()] * 29}, "spans"),
]


@pytest.mark.parametrize(("mutation", "given", "field"), PREMISES, ids=lambda one: str(one)[:60])
async def test_a_pharmacys_entry_that_makes_no_sense(
    way: Road, mutation: str, given: Json, field: str
) -> None:
    before = await OpeningHours.filter(institution_id=FUJIAN.pharmacy).count()

    values = {"idempotencyKey": str(uuid4()), **given}
    error = await error_of(way.pharmacy, document(mutation), {"input": values})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")
    assert await OpeningHours.filter(institution_id=FUJIAN.pharmacy).count() == before


async def test_one_bad_entry_undoes_the_good_ones(way: Road) -> None:
    item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    entries = entry()["entries"] + entry(drugCode="XZ99ZZZ999Z999999999999")["entries"]

    with pytest.raises(Refused) as refused:
        await way.pharmacy.do(document("recordStock"), entries=entries)

    assert refused.value.codes == ["UNKNOWN_DRUG"]
    assert "请核对编码" in refused.value.violations[0]["message"]
    assert (await StockItem.get(id=item.id)).on_hand == item.on_hand


@pytest.mark.parametrize(
    "change", [{"kind": "STOCK_TAKE", "quantity": "0"}, {"kind": "ADJUSTMENT", "quantity": "-999999"}]
)
async def test_stock_that_is_held_for_patients_cannot_be_booked_away(
    way: Road, requested: Json, change: Json
) -> None:
    item = await StockItem.get(pharmacy_id=FUJIAN.pharmacy, drug_id=cast.AMLODIPINE)
    assert item.held > 0

    with pytest.raises(Refused) as refused:
        await way.pharmacy.do(document("recordStock"), **entry(**change))

    (violation,) = refused.value.violations
    assert violation["code"] == "STOCK_SHORT"
    assert Decimal(violation["limit"]) == item.held
    assert cast.AMLODIPINE in violation["message"]
    assert "请先盘点" in violation["message"]


async def test_a_roster_takes_no_pharmacist_of_another_house(house: House, way: Road) -> None:
    before = await DutyShift.filter(institution_id=FUJIAN.pharmacy).count()
    begins, ends = house.now() + timedelta(days=1), house.now() + timedelta(days=1, hours=8)
    shift = {"startsAt": begins.isoformat(), "endsAt": ends.isoformat()}

    async def refusal(**changes: str) -> Json:
        shifts = [{"pharmacistCode": cast.FUJIAN_PHARMACIST, **shift, **changes}]
        given = {"idempotencyKey": str(uuid4()), "shifts": shifts}
        return await error_of(way.pharmacy, document("setDutyRoster"), {"input": given})

    foreign = await refusal(pharmacistCode=cast.FUJIAN_PHARMACIST_OTHER)
    backwards = await refusal(endsAt=begins.isoformat())
    too_long = await refusal(endsAt=(begins + timedelta(hours=25)).isoformat())
    past = await refusal(startsAt="2026-01-01T00:00:00Z", endsAt="2026-01-01T08:00:00Z")
    assert foreign["extensions"]["code"] == "NOT_FOUND"
    assert cast.FUJIAN_PHARMACIST_OTHER in foreign["message"]
    for error, words in ((backwards, "晚于到岗"), (too_long, "24 小时"), (past, "已经过去")):
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert error["message"].startswith("shifts[1]:")
        assert words in error["message"]
    assert await DutyShift.filter(institution_id=FUJIAN.pharmacy).count() == before


# --- the agency's imports


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": ""}, "entries[1].reference"),
        ({"reference": "R" * 65}, "entries[1].reference"),
        ({"deductibleUsed": "-1"}, "entries[1].deductibleUsed"),
        ({"fundUsed": "99999999999999"}, "entries[1].fundUsed"),
        ({"year": 1999}, "entries[1].year"),
        ({"year": 2_000_000_000}, "entries[1].year"),
        ({"diseaseCode": "M" * 25}, "entries[1].diseaseCode"),
    ],
    ids=str,
)
async def test_an_import_that_makes_no_sense(house: House, change: Json, field: str) -> None:
    good = {
        "reference": "R1",
        "psnNo": cast.FUJIAN_PATIENT,
        "year": 2026,
        "benefit": "SPECIAL_DISEASE",
        "diseaseCode": cast.FUJIAN_DISEASE,
        "deductibleUsed": "1",
        "fundUsed": "1",
    }
    given = {"idempotencyKey": str(uuid4()), "entries": [good | change]}

    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    error = await error_of(agency, document("importAccumulators"), {"input": given})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["message"].startswith(f"{field}:")


async def test_an_identity_number_is_read_with_its_sample_area_only_here() -> None:
    assert id_number(cast.FUJIAN_PATIENT).startswith("99")
