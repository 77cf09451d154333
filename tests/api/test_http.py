"""GraphQL over HTTP as the specification wants it."""

import re
from pathlib import Path

import httpx
import pytest

from ops.embedded import EngineUrls
from tests.api.door import make_door
from tests.api.small_schema import SECRET

NEW = "application/graphql-response+json"
OLD = "application/json"


async def test_answers_a_query_sent_by_post(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": "{ hello }"})

    assert (answer.status_code, answer.json()["data"]) == (200, {"hello": "你好"})


async def test_answers_a_query_sent_by_get(http: httpx.AsyncClient) -> None:
    parameters = {"query": "query A($a: Int!) { add(a: $a) }", "variables": '{"a": 2}', "operationName": "A"}

    answer = await http.get("/graphql", params=parameters)

    assert answer.json()["data"] == {"add": 3}


async def test_refuses_a_mutation_by_get(http: httpx.AsyncClient) -> None:
    answer = await http.get("/graphql", params={"query": 'mutation { rename(name: "x") }'})

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json()["errors"][0]["extensions"]["classification"] == "ValidationError"


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
async def test_refuses_other_methods(http: httpx.AsyncClient, method: str) -> None:
    answer = await http.request(method, "/graphql")

    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_refuses_a_subscription_without_a_socket(http: httpx.AsyncClient, method: str) -> None:
    query = {"query": "subscription { count }"}

    if method == "POST":
        answer = await http.post("/graphql", json=query)
    else:
        answer = await http.get("/graphql", params=query)

    assert answer.status_code == 400
    assert "WebSocket" in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, OLD),
        ("", OLD),
        ("*/*", OLD),
        ("application/*", OLD),
        (OLD, OLD),
        (NEW, NEW),
        (f"{NEW}, {OLD};q=0.9", NEW),
        (f"{OLD}, {NEW};q=0.9", OLD),
        (f"{NEW};q=0.1, {OLD};q=0.2", OLD),
        (f"{NEW};q=0, */*;q=0.1", OLD),
        (f"{NEW}; charset=utf-8", NEW),
        ("Application/GraphQL-Response+JSON", NEW),
        (f"text/html, {NEW};q=0.5", NEW),
    ],
)
async def test_answers_in_the_wanted_type(http: httpx.AsyncClient, accept: str | None, expected: str) -> None:
    del http.headers["accept"]
    headers = {} if accept is None else {"accept": accept}

    answer = await http.post("/graphql", json={"query": "{ hello }"}, headers=headers)

    assert answer.headers["content-type"] == f"{expected}; charset=utf-8"


@pytest.mark.parametrize(
    "accept", ["text/html", "image/png", f"{OLD};q=0", f"{OLD};charset=gbk", f"{OLD};q=x"]
)
async def test_refuses_types_it_does_not_speak(http: httpx.AsyncClient, accept: str) -> None:
    answer = await http.post("/graphql", json={"query": "{ hello }"}, headers={"accept": accept})

    assert answer.status_code == 406
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        ("{", None, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", None, "GRAPHQL_VALIDATION_FAILED"),
        ("query ($a: Int!) { add(a: $a) }", {"a": "x"}, "BAD_USER_INPUT"),
        ("query ($a: Int!) { add(a: $a) }", {}, "BAD_USER_INPUT"),
    ],
)
@pytest.mark.parametrize(("accept", "status"), [(NEW, 400), (OLD, 200)])
async def test_tells_request_errors_by_status_in_the_new_type_only(
    http: httpx.AsyncClient, query: str, variables: object, code: str, accept: str, status: int
) -> None:
    body = {"query": query, "variables": variables}

    answer = await http.post("/graphql", json=body, headers={"accept": accept})

    assert answer.status_code == status
    assert "data" not in answer.json()
    assert answer.json()["errors"][0]["extensions"] == {
        "code": code,
        "classification": "ValidationError",
        "retry": "never",
    }


@pytest.mark.parametrize(
    ("field", "code", "retry"),
    [
        ("missing", "NOT_FOUND", "never"),
        ("forbidden", "FORBIDDEN", "never"),
        ("coded", "RATE_LIMITED", "backoff"),
    ],
)
async def test_names_expected_errors(http: httpx.AsyncClient, field: str, code: str, retry: str) -> None:
    answer = await http.post("/graphql", json={"query": f"{{ hello {field} }}"}, headers={"accept": NEW})

    assert answer.status_code == 200
    assert answer.json()["data"] == {"hello": "你好", field: None}
    assert answer.json()["errors"][0]["extensions"] == {
        "code": code,
        "classification": "ValidationError",
        "retry": retry,
    }


@pytest.mark.parametrize("field", ["boomIfWanted", "careless", "tooLarge"])
async def test_masks_faults_of_ours_with_a_request_id(http: httpx.AsyncClient, field: str) -> None:
    answer = await http.post(
        "/graphql", json={"query": f"{{ {field} }}"}, headers={"x-request-id": "abcdef-12345"}
    )

    (error,) = answer.json()["errors"]
    assert error["extensions"] == {
        "code": "INTERNAL_SERVER_ERROR",
        "retry": "backoff",
        "requestId": "abcdef-12345",
    }
    assert error["path"] == [field]
    assert SECRET not in answer.text
    assert "1099511627776" not in answer.text
    assert answer.headers["x-request-id"] == "abcdef-12345"


async def test_masks_an_answer_that_cannot_be_encoded(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": "{ odd }"})

    assert answer.status_code == 500
    assert answer.json()["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_logs_a_fault_without_its_message(
    http: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    await http.post("/graphql", json={"query": "{ boom }"}, headers={"x-request-id": "abcdef-12345"})

    logged = capsys.readouterr().out
    assert [word for word in ("abcdef-12345", "RuntimeError", "small_schema.py") if word not in logged] == []
    assert SECRET not in logged


async def test_takes_no_request_id_that_could_forge_a_log(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": "{ hello }"}, headers={"x-request-id": "a b\t{}"})

    assert len(answer.headers["x-request-id"]) == 32


async def test_blames_the_caller_for_an_id_without_meaning(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": '{ node(id: "garbage") }'})

    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_chooses_the_operation_by_name(http: httpx.AsyncClient) -> None:
    document = "query A { hello } query B { add(a: 1) }"

    chosen = await http.post("/graphql", json={"query": document, "operationName": "B"})
    unknown = await http.post("/graphql", json={"query": document, "operationName": "C"})

    assert chosen.json()["data"] == {"add": 2}
    assert unknown.status_code == 400
    assert unknown.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


async def test_answers_unknown_addresses_in_json(http: httpx.AsyncClient) -> None:
    answer = await http.get("/nothing")

    assert answer.status_code == 404
    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


async def test_shows_people_a_page_without_foreign_parts(http: httpx.AsyncClient) -> None:
    browser = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}

    page = await http.get("/graphql", headers=browser)
    query = await http.get("/graphql", params={"query": "{ hello }"}, headers=browser)

    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert not re.search(r"https?://|@import|url\(", page.text)
    assert query.json()["data"] == {"hello": "你好"}


async def test_shows_no_page_where_it_is_switched_off(tmp_path: Path, engines: EngineUrls) -> None:
    door = make_door(tmp_path, engines.redis_url, has_console=False)

    async with door.client() as client:
        answer = await client.get("/graphql", headers={"accept": "text/html"})

    assert answer.status_code == 406
