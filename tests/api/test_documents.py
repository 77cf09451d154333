"""Documents named by their hash: seen before, or registered, by HTTP and by socket."""

from pathlib import Path
from typing import Any

import pytest

from ops.embedded import EngineUrls
from policy.terms import Role
from services.documents import Document, hash_of
from tests.api.door import Door, documents, hear, make_door, opened, say

HELLO = "{ hello }"
LEAF = Document("Leaf", "query Leaf { leaf { name } }", frozenset({Role.PATIENT}))
COUNT = Document("Count", "subscription Count { count }")
HOSPITALS = Document("Echo", 'query Echo { echo(text: "x") }', frozenset({Role.HOSPITAL}))


def named(text: str, **more: object) -> dict[str, object]:
    return {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": hash_of(text)}}, **more}


def code(answer: Any) -> str:
    return str(answer.json()["errors"][0]["extensions"]["code"])


@pytest.fixture
def strict_door(tmp_path: Path, engines: EngineUrls) -> Door:
    """Patients may send registered documents only."""
    library = documents(engines.redis_url, LEAF, COUNT, HOSPITALS, only_for=[Role.PATIENT])
    return make_door(tmp_path, engines.redis_url, documents=library)


async def test_a_text_sent_once_is_named_from_then_on_in_every_process(
    tmp_path: Path, engines: EngineUrls
) -> None:
    library = documents(engines.redis_url)
    first, second = (make_door(tmp_path / name, engines.redis_url, documents=library) for name in ("a", "b"))

    async with first.client() as one, second.client() as two:
        unknown = await one.post("/graphql", json=named(HELLO))
        sent = await one.post("/graphql", json=named(HELLO, query=HELLO))
        by_post = await two.post("/graphql", json=named(HELLO))
        query = {"extensions": f'{{"persistedQuery":{{"version":1,"sha256Hash":"{hash_of(HELLO)}"}}}}'}
        by_get = await two.get("/graphql", params=query)
        by_id = await two.post("/graphql", json={"documentId": hash_of(HELLO)})

    assert (unknown.status_code, code(unknown)) == (200, "PERSISTED_QUERY_NOT_FOUND")
    for answer in (sent, by_post, by_get, by_id):
        assert answer.json()["data"] == {"hello": "你好"}


@pytest.mark.parametrize("name", ["x", "A" * 64, 7, ["a"], hash_of("{ other }")])
async def test_a_hash_that_is_none_or_of_another_text_is_refused(closed_door: Door, name: object) -> None:
    body = {"query": HELLO, "extensions": {"persistedQuery": {"sha256Hash": name}}}

    async with closed_door.client() as client:
        answer = await client.post("/graphql", json=body)

    assert (answer.status_code, code(answer)) == (400, "BAD_USER_INPUT")


async def test_who_is_held_to_registered_documents_gets_those_of_his_role_alone(strict_door: Door) -> None:
    token = f"Bearer {strict_door.token()}"

    async with strict_door.client(authorization=token) as client:
        by_hash = await client.post("/graphql", json=named(LEAF.text))
        by_text = await client.post("/graphql", json={"query": LEAF.text})
        others = await client.post("/graphql", json=named(HOSPITALS.text))
        free = await client.post("/graphql", json={"query": HELLO})
        sneaked = await client.post("/graphql", json=named(HELLO, query=HELLO))

    assert by_hash.json()["data"] == by_text.json()["data"] == {"leaf": {"name": "leaf"}}
    assert [code(answer) for answer in (others, free, sneaked)] == ["DOCUMENT_NOT_REGISTERED"] * 3


async def test_who_has_not_signed_in_is_held_as_well(strict_door: Door) -> None:
    async with strict_door.client() as client:
        answer = await client.post("/graphql", json={"query": HELLO})

    assert code(answer) == "DOCUMENT_NOT_REGISTERED"


async def test_sockets_take_hashes_too_and_live_on_after_an_unknown_one(strict_door: Door) -> None:
    async with opened(strict_door), strict_door.talk() as socket:
        await say(socket, {"type": "subscribe", "id": "1", "payload": named(HELLO)})
        unknown = await hear(socket)
        await say(socket, {"type": "subscribe", "id": "2", "payload": {"documentId": COUNT.sha256}})
        first = await hear(socket)

    assert (unknown["type"], unknown["id"]) == ("error", "1")
    assert unknown["payload"][0]["extensions"]["code"] == "DOCUMENT_NOT_REGISTERED"
    assert first["payload"]["data"] == {"count": 0}


async def test_without_redis_texts_are_still_taken(tmp_path: Path, engines: EngineUrls) -> None:
    door = make_door(tmp_path, engines.redis_url, documents=documents("redis://127.0.0.1:1/0"))

    async with door.client() as client:
        sent = await client.post("/graphql", json=named(HELLO, query=HELLO))
        named_only = await client.post("/graphql", json=named(HELLO))

    assert sent.json()["data"] == {"hello": "你好"}
    assert code(named_only) == "PERSISTED_QUERY_NOT_FOUND"
