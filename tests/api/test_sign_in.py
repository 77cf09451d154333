"""Signing in over HTTP and on sockets: how each bad token is answered."""

from datetime import timedelta

import pytest
from websockets.exceptions import ConnectionClosed

from engines.tokens import LEEWAY
from policy.terms import Role
from tests.api.door import Door, hear, say


async def test_answers_401_to_an_expired_token(closed_door: Door) -> None:
    token = closed_door.token(ttl=timedelta(minutes=-5))

    async with closed_door.client(authorization=f"Bearer {token}") as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})

    (error,) = answer.json()["errors"]
    assert answer.status_code == 401
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "已于北京时间" in error["message"]
    assert 'error_description="expired"' in answer.headers["www-authenticate"]


@pytest.mark.parametrize(
    "authorization", ["", "Bearer", "Bearer ", "Basic dTpw", "Bearer x y", "Bearer x.y.z"]
)
async def test_answers_401_to_what_is_no_token(closed_door: Door, authorization: str) -> None:
    async with closed_door.client(authorization=authorization) as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_answers_503_while_the_keys_cannot_be_read(closed_door: Door) -> None:
    token = closed_door.token()
    closed_door.issuer.jwks_file.unlink()

    async with closed_door.client(authorization=f"Bearer {token}") as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})

    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE", "retry": "backoff"}


async def test_lets_resolvers_ask_who_is_calling(closed_door: Door) -> None:
    async with closed_door.client() as client:
        nobody = await client.post("/graphql", json={"query": "{ whoami }"})
        client.headers["authorization"] = f"bearer {closed_door.token()}"
        patient = await client.post("/graphql", json={"query": "{ whoami }"})

    assert nobody.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert patient.json()["data"]["whoami"].startswith("PATIENT ")


async def test_refuses_a_member_who_is_no_uuid(closed_door: Door) -> None:
    token = closed_door.issuer.token(Role.PATIENT, "p", member="m1")

    async with closed_door.client(authorization=f"Bearer {token}") as client:
        answer = await client.post("/graphql", json={"query": "{ hello }"})

    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (None, "Token missing"),
        ({}, "Token missing"),
        ({"token": None}, "Token missing"),
        ({"token": 1}, "Token missing"),
        ({"authorization": ["Bearer x"]}, "Token missing"),
        ({"token": "x"}, "Token invalid"),
        ({"token": ""}, "Token invalid"),
        ({"authorization": "x.y.z"}, "Token invalid"),
        ({"authorization": "Basic x"}, "Token invalid"),
    ],
)
async def test_closes_a_socket_without_a_good_token(door: Door, payload: object, reason: str) -> None:
    async with door.dial() as client:
        await say(client, {"type": "connection_init", "payload": payload})

        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert (client.close_code, client.close_reason) == (4403, reason)


@pytest.mark.parametrize("name", ["authorization", "Authorization"])
async def test_takes_the_header_in_connection_init(door: Door, name: str) -> None:
    async with door.dial() as client:
        payload = {name: f"Bearer {door.token()}"}
        await say(client, {"type": "connection_init", "payload": payload})

        assert await hear(client) == {"type": "connection_ack"}


async def test_closes_a_socket_with_an_expired_token(door: Door) -> None:
    async with door.dial() as client:
        token = door.token(ttl=timedelta(minutes=-5))
        await say(client, {"type": "connection_init", "payload": {"token": token}})

        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert client.close_code == 4403
    assert (client.close_reason or "").startswith("Token expired at 20")


async def test_closes_a_socket_when_its_token_expires(door: Door) -> None:
    # whole seconds: the leeway ends within the second that has begun
    token = door.token(ttl=timedelta(seconds=1) - LEEWAY)

    async with door.talk(token) as client:
        with pytest.raises(ConnectionClosed):
            await hear(client)

    assert client.close_code == 4403
    assert (client.close_reason or "").startswith("Token expired")
