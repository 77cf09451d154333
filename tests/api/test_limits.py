"""Limits on documents, each just kept and just broken."""

import time
from pathlib import Path

import httpx
import pytest

import settings
from api.checking import ERRORS_MAX, _checked
from api.limits import Limits
from ops.embedded import EngineUrls
from tests.api.door import make_door
from tests.api.small_schema import small_schema

NEW = {"accept": "application/graphql-response+json"}


def deep(depth: int) -> str:
    return "{" + " leaf {" * depth + " name" + "}" * depth + "}"


def aliased(aliases: int) -> str:
    return "{ leaf {" + "".join(f" a{number}: name" for number in range(aliases)) + "} }"


def rooted(fields: int) -> str:
    return "{" + "".join(f" a{number}: hello" for number in range(fields)) + " __typename }"


def directed(directives: int) -> str:
    return "{ leaf {" + " name @skip(if: false)" * directives + " } }"


def long(tokens: int) -> str:
    return "{" + " hello" * (tokens - 2) + "}"


def repeated(times: int) -> str:
    return "{ leaf {" + " name" * times + " } }"


def listed(operations: int) -> str:
    return " ".join(f"query Q{number} {{ hello }}" for number in range(operations))


def declared(variables: int) -> str:
    words = " ".join(f"$v{number}: Boolean = false" for number in range(variables))
    return (
        f"query ({words}) {{ leaf {{" + "".join(f" name @skip(if: $v{n})" for n in range(variables)) + " } }"
    )


def padded(size: int) -> str:
    return "{ hello } #".ljust(size, "x")


@pytest.mark.parametrize(
    "query",
    [
        deep(settings.QUERY_DEPTH_MAX),
        aliased(settings.QUERY_ALIASES_MAX),
        rooted(settings.QUERY_ROOT_FIELDS_MAX),
        directed(settings.QUERY_DIRECTIVES_MAX),
        declared(settings.QUERY_VARIABLES_MAX),
        padded(settings.QUERY_BYTES_MAX),
        repeated(63),
        "{ ...F } fragment F on Query { ...G } fragment G on Query " + deep(settings.QUERY_DEPTH_MAX),
        "{ __schema { types { fields { type { ofType { ofType { ofType { name } } } } } } } }",
    ],
)
async def test_takes_documents_up_to_the_limits(http: httpx.AsyncClient, query: str) -> None:
    answer = await http.post("/graphql", json={"query": query}, headers=NEW)

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (deep(settings.QUERY_DEPTH_MAX + 1), "13 deep"),
        (aliased(settings.QUERY_ALIASES_MAX + 1), "16 aliases"),
        (rooted(settings.QUERY_ROOT_FIELDS_MAX + 1), "11 root fields"),
        ("{ ...F ...F } fragment F on Query " + rooted(6), "12 root fields"),
        (directed(settings.QUERY_DIRECTIVES_MAX + 1), "51 directives"),
        (repeated(64), "too often"),
        (
            "{ leaf { ...F ...F } } fragment F on Leaf { ...G } fragment G on Leaf {" + " name" * 32 + " }",
            "too often",
        ),
        ("{ leaf { leaf {" + " name" * 50 + " } } leaf { leaf {" + " name" * 50 + " } } }", "too often"),
        (listed(settings.QUERY_OPERATIONS_MAX + 1), "21 operations"),
        (declared(settings.QUERY_VARIABLES_MAX + 1), "51 variables"),
        (long(settings.QUERY_TOKENS_MAX + 1), "tokens"),
        (padded(settings.QUERY_BYTES_MAX + 1), "字节"),
        ("{ ...F } fragment F on Query " + deep(settings.QUERY_DEPTH_MAX + 1), "13 deep"),
        ("{ ...F ...F } fragment F on Query " + aliased(8), "16 aliases"),
        (f"query A {aliased(8)} query B {aliased(8)}", "16 aliases"),
    ],
)
async def test_refuses_documents_over_a_limit(http: httpx.AsyncClient, query: str, message: str) -> None:
    answer = await http.post("/graphql", json={"query": query, "operationName": None}, headers=NEW)

    assert answer.status_code == 400
    assert message in answer.json()["errors"][0]["message"]


async def test_reports_unknown_fields_together_with_what_else_is_wrong(http: httpx.AsyncClient) -> None:
    query = "{ nothing add(a: $a) leaf { nowhere } }"

    answer = await http.post("/graphql", json={"query": query}, headers=NEW)

    messages = " ".join(error["message"] for error in answer.json()["errors"])
    assert all(name in messages for name in ("nothing", "nowhere", "$a"))


async def test_gives_up_a_document_full_of_unknown_fields(http: httpx.AsyncClient) -> None:
    query = "{ add(a: $a) leaf {" + "".join(f" n{number}" for number in range(400)) + " } }"

    answer = await http.post("/graphql", json={"query": query}, headers=NEW)

    messages = [error["message"] for error in answer.json()["errors"]]
    assert len(messages) == ERRORS_MAX + 1
    # the rules that read all of it were not asked
    assert not any("$a" in message for message in messages)


async def test_takes_as_many_operations_as_are_allowed(http: httpx.AsyncClient) -> None:
    said = {"query": listed(settings.QUERY_OPERATIONS_MAX), "operationName": "Q7"}

    answer = await http.post("/graphql", json=said, headers=NEW)

    assert answer.json()["data"] == {"hello": "你好"}


@pytest.mark.parametrize("name", [None, ""])
async def test_does_not_choose_among_several_operations(http: httpx.AsyncClient, name: str | None) -> None:
    answer = await http.post("/graphql", json={"query": listed(2), "operationName": name}, headers=NEW)

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_RESOLUTION_FAILURE"


async def test_refuses_doubling_fragments_quickly(http: httpx.AsyncClient) -> None:
    chain = "".join(f" fragment F{n} on Leaf {{ leaf {{ ...F{n + 1} ...F{n + 1} }} }}" for n in range(100))
    query = "{ leaf { ...F0 } }" + chain + " fragment F100 on Leaf { name }"
    started = time.perf_counter()

    answer = await http.post("/graphql", json={"query": query}, headers=NEW)

    assert answer.status_code == 400
    assert time.perf_counter() - started < 2


async def test_checks_a_document_once(http: httpx.AsyncClient) -> None:
    query = "{ hello add(a: 41) }"
    await http.post("/graphql", json={"query": query})
    before = _checked.cache_info()

    await http.post("/graphql", json={"query": query})

    after = _checked.cache_info()
    assert (after.hits, after.misses) == (before.hits + 1, before.misses)


async def test_shows_the_schema_to_who_has_signed_in_only(tmp_path: Path, engines: EngineUrls) -> None:
    schema = small_schema(Limits(hides_schema=True))
    door = make_door(tmp_path, engines.redis_url, schema=schema)
    query = {"query": "{ __typename __schema { queryType { name } } }"}

    async with door.client() as client:
        nobody = await client.post("/graphql", json=query)
        client.headers["authorization"] = f"Bearer {door.token()}"
        patient = await client.post("/graphql", json=query)

    assert "introspection" in nobody.json()["errors"][0]["message"]
    assert patient.json()["data"]["__schema"] == {"queryType": {"name": "Query"}}


def test_makes_no_extension_that_wraps_every_field() -> None:
    made = small_schema().get_extensions()

    assert not [extension for extension in made if type(extension)._implements_resolve()]
