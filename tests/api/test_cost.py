"""What operations cost, and what a caller who spends too much hears."""

from collections.abc import Mapping
from pathlib import Path
from secrets import token_hex
from typing import Any

import httpx
import pytest
from graphql import parse

import settings
from api import charging
from api.cost import cost_of
from bench.hostile_documents import SIGN_IN
from engines.rates import Rate
from ops.embedded import EngineUrls
from tests.api.door import Door, closed, hear, make_door, opened, say, subscribe, until
from tests.api.small_schema import gates
from tests.house import one_schema

NEW = {"accept": "application/graphql-response+json"}
PAGE = "query ($first: Int) { prescriptions(first: $first) { edges { node { id } } pageInfo { endCursor } } }"


@pytest.fixture(scope="module")
def product() -> Any:
    return one_schema()._schema


@pytest.mark.parametrize(
    ("query", "variables", "cost"),
    [
        ("{ __typename }", None, 1),
        ("{ prescriptions(first: 7) { edges { node { id } } } }", None, 7),
        ("{ prescriptions { edges { node { id } } } }", None, 20),
        ("{ prescriptions(first: 7) { edges { node { lines { number } } } } }", None, 7 * (1 + 5)),
        (
            "{ prescriptions(first: 7) { edges { ...E } } } fragment E on PrescriptionEdge { node { id } }",
            None,
            7,
        ),
        (PAGE, {"first": 30}, 30),
        (PAGE, {}, 20),
        (PAGE, {"first": None}, 20),
        (PAGE, {"first": 10**9}, 100),
        (PAGE, {"first": -5}, 1),
        (PAGE, {"first": "viele"}, 100),
        (PAGE.replace("$first: Int", "$first: Int = 9"), {}, 9),
        (SIGN_IN, None, 195),
        ('mutation { cancelFill(input: {idempotencyKey: "k", fillId: "f"}) { __typename } }', None, 11),
    ],
)
def test_an_operation_costs_the_objects_it_may_bring(
    product: Any, query: str, variables: Mapping[str, Any] | None, cost: int
) -> None:
    assert cost_of(product, parse(query), None, variables) == cost


def test_fragments_that_double_are_counted_quickly_and_in_full(product: Any) -> None:
    chain = "".join(f" fragment F{n} on Prescription {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    query = "{ prescriptions(first: 1) { edges { node { ...F0 } } } }" + chain
    query += " fragment F60 on Prescription { lines { number } }"

    assert cost_of(product, parse(query), None, None) == 1 + 2**60 * 5


async def test_every_answer_says_what_it_cost_and_what_is_left(http: httpx.AsyncClient) -> None:
    answer = await http.post("/graphql", json={"query": "{ leaf { leaf { name } } }"})

    assert answer.json()["extensions"]["cost"] == {
        "requested": 2,
        "available": settings.RATE_POINTS - 2,
        "maximum": settings.RATE_POINTS,
        "perSecond": settings.RATE_POINTS_PER_SECOND,
    }


async def test_a_document_costs_more_when_it_is_new(http: httpx.AsyncClient) -> None:
    query = {"query": "{ leaf {" + " name" * 46 + " } } # " + token_hex(4)}

    answers = [await http.post("/graphql", json=query) for _ in range(2)]

    assert [answer.json()["extensions"]["cost"]["requested"] for answer in answers] == [1 + 5, 1]


async def test_a_new_document_never_costs_more_than_a_bucket_holds(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "PERSON", Rate(3, 0.001))

    answer = await http.post("/graphql", json={"query": "{ leaf {" + " name" * 46 + " } } # " + token_hex(4)})

    assert answer.json()["extensions"]["cost"]["available"] == 0
    assert "data" in answer.json()


async def test_an_operation_over_the_limit_is_refused_with_its_cost(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "QUERY_COST_MAX", 2)

    kept = await http.post("/graphql", json={"query": "{ leaf { leaf { name } } }"}, headers=NEW)
    broken = await http.post("/graphql", json={"query": "{ leaf { leaf { leaf { name } } } }"}, headers=NEW)

    assert (kept.status_code, broken.status_code) == (200, 400)
    said = broken.json()["errors"][0]["extensions"]
    assert (said["code"], said["cost"], said["limit"]) == ("QUERY_TOO_COSTLY", 3, 2)


async def test_who_has_used_up_his_points_waits_and_nobody_else_does(
    closed_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "PERSON", Rate(3, 0.001))
    query = {"query": "{ leaf { name } }"}
    spender, other = (
        {"authorization": f"Bearer {closed_door.token(subject=subject)}"} for subject in ("甲", "乙")
    )

    async with closed_door.client() as client:
        answers = [await client.post("/graphql", json=query, headers=spender | NEW) for _ in range(4)]
        unhurt = await client.post("/graphql", json=query, headers=other | NEW)

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    error = answers[3].json()["errors"][0]["extensions"]
    assert (error["code"], error["retry"]) == ("RATE_LIMITED", "backoff")
    assert int(answers[3].headers["retry-after"]) >= error["retryAfter"] > 900
    assert unhurt.status_code == 200


async def test_two_processes_share_a_callers_points(
    tmp_path: Path, engines: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging, "PERSON", Rate(2, 0.001))
    one = make_door(tmp_path, engines.redis_url)
    two = make_door(tmp_path, engines.redis_url, rates=one.parts.rates)
    token = {"authorization": f"Bearer {one.token()}"}

    async with one.client() as first, two.client() as second:
        answers = [
            await client.post("/graphql", json={"query": "{ hello }"}, headers=token | NEW)
            for client in (first, second, first, second)
        ]

    assert [answer.status_code for answer in answers] == [200, 200, 429, 429]


async def test_an_operation_that_does_not_end_is_ended(tmp_path: Path, engines: EngineUrls) -> None:
    door = make_door(tmp_path, engines.redis_url, operation_seconds=0.05)
    gates.released.clear()

    async with opened(door), door.client() as client, door.talk() as socket:
        answer = await client.post("/graphql", json={"query": "{ slow }"}, headers=NEW)
        await subscribe(socket, "{ slow }")
        told = await hear(socket)
        await subscribe(socket, "subscription { count }", id="2")
        unhurried = await hear(socket)

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "OPERATION_TIMEOUT"
    assert told["payload"][0]["extensions"]["code"] == "OPERATION_TIMEOUT"
    assert unhurried["payload"]["data"] == {"count": 0}


async def test_a_socket_that_talks_too_fast_is_closed(fresh_door: Door) -> None:
    async with fresh_door.talk() as socket:
        for _ in range(2 * settings.SOCKET_MESSAGES_PER_SECOND + 5):
            await say(socket, {"type": "ping"})
        # reading what was answered: a client that does not read does not see the close either
        assert await closed(socket) == 4429

    assert socket.close_reason == "Too many messages"


async def test_a_person_has_so_many_sockets_and_may_open_one_again_after_closing_one(
    fresh_door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "SOCKETS_MAX", 2)
    token = fresh_door.token()

    async with fresh_door.talk(token), fresh_door.dial() as third:
        async with fresh_door.talk(token):
            await say(third, {"type": "connection_init", "payload": {"token": token}})
            await third.wait_closed()
        await until(lambda: len(fresh_door.view.connections.open) == 1)
        async with fresh_door.talk(token):
            pass

    assert (third.close_code, third.close_reason) == (4429, "Too many sockets")
