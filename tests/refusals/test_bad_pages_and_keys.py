"""Cursors, pages, places and idempotency keys that are none."""

import base64
from uuid import UUID, uuid4

import pytest

from ops import road_documents as documents
from ops.client import Client, Json
from ops.road import Road
from tests.services.stage import error_of, post


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
