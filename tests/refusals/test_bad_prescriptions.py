"""A prescription in which something is wrong: which field, what is wrong, what to do."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from ops import road_documents as documents
from ops.client import Json, Refused
from ops.road import Road, id_number
from ops.world import cast
from tests.services.stage import error_of, post

Change = Callable[[Json], None]


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


async def test_an_identity_number_is_read_with_its_sample_area_only_here() -> None:
    assert id_number(cast.FUJIAN_PATIENT).startswith("99")
