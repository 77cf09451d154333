"""Files over HTTP by the multipart specification, and what is refused of them."""

from typing import Any

import httpx
import orjson
import pytest

MEASURE = {"query": "mutation ($f: Upload!) { measure(file: $f) }", "variables": {"f": None}}
MEASURE_ALL = {
    "query": "mutation ($f: [Upload!]!) { measureAll(files: $f) }",
    "variables": {"f": [None, None]},
}
PREFLIGHT = {"graphql-require-preflight": "1"}
PICTURE = ("face.jpg", b"x" * 1000, "image/jpeg")


def form(operations: object, places: object) -> dict[str, str]:
    return {"operations": orjson.dumps(operations).decode(), "map": orjson.dumps(places).decode()}


async def test_takes_a_file(http: httpx.AsyncClient) -> None:
    answer = await http.post(
        "/graphql", data=form(MEASURE, {"0": ["variables.f"]}), files={"0": PICTURE}, headers=PREFLIGHT
    )

    assert answer.json()["data"] == {"measure": 1000}


async def test_takes_files_in_a_list(http: httpx.AsyncClient) -> None:
    places = {"a": ["variables.f.0"], "b": ["variables.f.1"]}
    files = {"a": PICTURE, "b": ("b.png", b"y" * 7, "image/png")}

    answer = await http.post("/graphql", data=form(MEASURE_ALL, places), files=files, headers=PREFLIGHT)

    assert answer.json()["data"] == {"measureAll": [1000, 7]}


@pytest.mark.parametrize("header", ["apollo-require-preflight", "x-apollo-operation-name", None])
async def test_takes_multipart_only_from_pages_that_asked(
    http: httpx.AsyncClient, header: str | None
) -> None:
    headers = {} if header is None else {header: "1"}

    answer = await http.post(
        "/graphql", data=form(MEASURE, {"0": ["variables.f"]}), files={"0": PICTURE}, headers=headers
    )

    assert answer.status_code == (200 if header else 400)


async def test_refuses_a_file_that_is_too_large(http: httpx.AsyncClient) -> None:
    large = {"0": ("face.jpg", b"x" * (8 * 1024 * 1024 + 1))}

    answer = await http.post(
        "/graphql", data=form(MEASURE, {"0": ["variables.f"]}), files=large, headers=PREFLIGHT
    )

    assert answer.status_code == 413


async def test_refuses_a_body_that_is_too_large(http: httpx.AsyncClient) -> None:
    large = {"0": ("face.jpg", b"x" * (12 * 1024 * 1024))}

    answer = await http.post(
        "/graphql", data=form(MEASURE, {"0": ["variables.f"]}), files=large, headers=PREFLIGHT
    )

    assert answer.status_code == 413


MALFORMED: dict[str, dict[str, str]] = {
    "no map": {"operations": "{}"},
    "no operations": {"map": "{}"},
    "operations a number": {"operations": "1", "map": "{}"},
    "operations a batch": form([MEASURE], {"0": ["0.variables.f"]}),
    "operations no JSON": {"operations": "{", "map": "{}"},
    "map a list": form(MEASURE, [1]),
    "map a text": form(MEASURE, "x"),
    "map no JSON": {"operations": orjson.dumps(MEASURE).decode(), "map": "{"},
    "paths a text": form(MEASURE, {"0": "variables.f"}),
    "paths null": form(MEASURE, {"0": None}),
    "no paths": form(MEASURE, {"0": []}),
    "a path a number": form(MEASURE, {"0": [1]}),
    "two paths": form(MEASURE, {"0": ["variables.f", "variables.f"]}),
    "an empty path": form(MEASURE, {"0": [""]}),
    "a path to everything": form(MEASURE, {"0": ["variables"]}),
    "a path elsewhere": form(MEASURE, {"0": ["query"]}),
    "a path into null": form(MEASURE, {"0": ["variables.f.x.y"]}),
    "a path to nothing": form(MEASURE, {"0": ["variables.g"]}),
    "a path into a text": form(MEASURE | {"variables": {"f": "abc"}}, {"0": ["variables.f.0"]}),
    "a path to a value": form(MEASURE | {"variables": {"f": "abc"}}, {"0": ["variables.f"]}),
    "an index too large": form(MEASURE_ALL, {"0": ["variables.f.2"]}),
    "an index below zero": form(MEASURE_ALL, {"0": ["variables.f.-1"]}),
    "an index of many digits": form(MEASURE_ALL, {"0": ["variables.f." + "9" * 5000]}),
    "an index in other digits": form(MEASURE_ALL, {"0": ["variables.f.٠"]}),
    "a file that is not there": form(MEASURE, {"1": ["variables.f"]}),
    "a field for a file": form(MEASURE, {"map": ["variables.f"]}),
    "too many fields": {f"f{number}": "x" for number in range(20)},
    "a map of many": form(MEASURE, {str(number): ["variables.f"] for number in range(9)}),
}


@pytest.mark.parametrize("name", MALFORMED)
async def test_refuses_a_malformed_form(http: httpx.AsyncClient, name: str) -> None:
    answer = await http.post("/graphql", data=MALFORMED[name], files={"0": PICTURE}, headers=PREFLIGHT)

    assert answer.status_code == 400, answer.text
    assert_caller_fault(answer.json())


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (MEASURE["query"], {"f": "a text"}),
        (MEASURE["query"], {"f": {"name": "x"}}),
        (MEASURE_ALL["query"], {"f": [1]}),
        ('mutation { measure(file: "a text") }', None),
        ("mutation { measure(file: 7) }", None),
    ],
)
async def test_refuses_values_that_are_no_files(
    http: httpx.AsyncClient, query: str, variables: object
) -> None:
    answer = await http.post("/graphql", json={"query": query, "variables": variables})

    assert_caller_fault(answer.json())
    assert "multipart" in answer.json()["errors"][0]["message"]


async def test_refuses_too_many_files(http: httpx.AsyncClient) -> None:
    files = {str(number): PICTURE for number in range(5)}

    answer = await http.post(
        "/graphql", data=form(MEASURE, {"0": ["variables.f"]}), files=files, headers=PREFLIGHT
    )

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=", b"x"),
        ("multipart/form-data; boundary=b", b""),
        ("multipart/form-data; boundary=b", b"--b\r\nrubbish"),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--\r\n',
        ),
        (
            "multipart/form-data; boundary=b",
            b'--b\r\nContent-Disposition: form-data; name="operations"; filename="o"\r\n\r\n{}\r\n--b--\r\n',
        ),
        ("multipart/form-data; boundary=é", b"--b\r\n"),
        ("multipart/form-data; charset=utf-16; boundary=b", b"--b--\r\n"),
    ],
)
async def test_refuses_a_body_that_is_no_form(http: httpx.AsyncClient, kind: str, body: bytes) -> None:
    headers = [("content-type", kind.encode()), *PREFLIGHT.items()]

    answer = await http.post("/graphql", content=body, headers=dict(headers))  # type: ignore[arg-type]  # raw bytes

    assert answer.status_code in (400, 415), answer.text
    assert_caller_fault(answer.json())


def assert_caller_fault(answer: Any) -> None:
    assert answer["errors"][0]["extensions"]["classification"] == "ValidationError"
