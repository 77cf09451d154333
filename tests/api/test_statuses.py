"""How requests end: the page's tables are the code's, and everything from 400 on is JSON."""

import re
from collections.abc import Mapping
from pathlib import Path

import httpx
import pytest

from api.negotiation import STATUS, MediaType, Outcome
from tests.api.door import Door

PAGE = (Path(__file__).parents[2] / "docs" / "errors.md").read_text(encoding="utf-8")
BEFORE = PAGE.partition("never reached the schema has the same status")[2].partition("## Sockets")[0]

JSON = {"content-type": "application/json"}
QUERY = '{"query": "{ hello }"}'
REFUSED = {
    "no JSON": (400, "POST", "/graphql", JSON, "{"),
    "an array": (400, "POST", "/graphql", JSON, "[]"),
    "no query": (400, "POST", "/graphql", JSON, "{}"),
    "an upload from another page": (400, "POST", "/graphql", {"content-type": "multipart/form-data"}, ""),
    "a bad token": (401, "POST", "/graphql", {**JSON, "authorization": "Bearer x.y.z"}, QUERY),
    "another scheme": (401, "POST", "/graphql", {**JSON, "authorization": "Basic eDp5"}, QUERY),
    "another address": (404, "GET", "/graphqI", {}, ""),
    "an address below": (404, "POST", "/graphql/x", JSON, QUERY),
    "a lost file of the console": (404, "GET", "/graphql/static/x.js", {}, ""),
    "another method": (405, "PUT", "/graphql", JSON, QUERY),
    "a mutation by GET": (405, "GET", '/graphql?query=mutation{rename(name:"x")}', {}, ""),
    "a POST to the health check": (405, "POST", "/healthz", JSON, ""),
    "another type wanted": (406, "POST", "/graphql", {**JSON, "accept": "application/xml"}, QUERY),
    "a large body": (413, "POST", "/graphql", JSON, '"' + "x" * 1_100_000 + '"'),
    "a form": (415, "POST", "/graphql", {"content-type": "application/x-www-form-urlencoded"}, "query=x"),
    "no type": (415, "POST", "/graphql", {}, QUERY),
    "another encoding": (415, "POST", "/graphql", {"content-type": "application/json; charset=gbk"}, QUERY),
}


def row_of(outcome: Outcome) -> str:
    """The outcome's row as the page must have it, without its words."""
    statuses = [STATUS[media_type, outcome] for media_type in (MediaType.GRAPHQL, MediaType.JSON)]
    return rf"^\| `{outcome}`: [^|]+ \| {statuses[0]} \| {statuses[1]} \|$"


@pytest.mark.parametrize("outcome", Outcome)
def test_the_page_has_every_outcome_with_its_statuses(outcome: Outcome) -> None:
    assert re.search(row_of(outcome), PAGE, re.M)


def test_the_page_names_every_status_a_request_is_refused_with() -> None:
    named = {int(status) for status in re.findall(r"^\| (\d{3}) \|", BEFORE, re.M)}

    assert {status for status, *_ in REFUSED.values()} == named - {503}


@pytest.mark.parametrize("wanted", [MediaType.GRAPHQL, MediaType.JSON])
@pytest.mark.parametrize("case", REFUSED)
async def test_whatever_is_refused_is_answered_in_json(
    http: httpx.AsyncClient, case: str, wanted: MediaType
) -> None:
    status, method, address, headers, body = REFUSED[case]
    said: Mapping[str, str] = {"accept": wanted, **headers}

    answer = await http.request(method, address, headers=said, content=body)

    assert answer.status_code == status
    assert answer.headers["content-type"].split(";")[0] in (wanted, MediaType.JSON)
    assert answer.json()["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "UNAUTHENTICATED")
    assert "data" not in answer.json()
    if status == 405:
        assert "allow" in answer.headers


async def test_an_unready_process_says_so_in_json(fresh_door: Door) -> None:
    fresh_door.view.is_draining = True

    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{fresh_door.address}/readyz")

    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("application/json")
    fresh_door.view.is_draining = False
