"""A small GraphQL client (客户端), as an integrator would write one: HTTP, uploads, and a WebSocket."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import httpx
import websockets

Json = dict[str, Any]


class RequestFailed(Exception):
    """The API answered with errors."""

    def __init__(self, errors: list[Json]) -> None:
        self.errors = errors
        super().__init__(
            "; ".join(f"{one.get('extensions', {}).get('code')}: {one['message']}" for one in errors)
        )


class Refused(Exception):
    """The API refused: the rules forbid it."""

    def __init__(self, violations: list[Json]) -> None:
        self.violations = violations
        super().__init__("; ".join(f"{one['code']} ({one['rule']}): {one['message']}" for one in violations))

    @property
    def codes(self) -> list[str]:
        """The codes of what was broken."""
        return [one["code"] for one in self.violations]


@dataclass(frozen=True, slots=True)
class Client:
    """One caller (调用方) with a token."""

    url: str
    token: str
    http: httpx.AsyncClient

    async def execute(self, document: str, variables: Mapping[str, Any] | None = None) -> Json:
        """Run a document; gives its data, or raises `RequestFailed`."""
        body = {"query": document, "variables": dict(variables or {})}
        answer = await self.http.post(f"{self.url}/graphql", json=body, headers=self.headers)
        return data_of(answer)

    async def do(self, document: str, **input: Any) -> Json:
        """Run a mutation with an `input` and a fresh key; gives its result, or raises `Refused`."""
        given = {"idempotencyKey": str(uuid4()), **input}
        return result_of(await self.execute(document, {"input": given}))

    async def upload(self, document: str, files: Mapping[str, bytes], **input: Any) -> Json:
        """Run a mutation with files in its `input` (GraphQL multipart request)."""
        given: Json = {"idempotencyKey": str(uuid4()), **input, **dict.fromkeys(files)}
        operations = json.dumps({"query": document, "variables": {"input": given}})
        places = json.dumps({str(n): [f"variables.input.{name}"] for n, name in enumerate(files)})
        parts = {str(n): (name, data) for n, (name, data) in enumerate(files.items())}
        answer = await self.http.post(
            f"{self.url}/graphql",
            data={"operations": operations, "map": places},
            files=parts,
            headers={**self.headers, "Apollo-Require-Preflight": "1"},
        )
        return result_of(data_of(answer))

    @property
    def headers(self) -> dict[str, str]:
        """Who is calling."""
        return {"Authorization": f"Bearer {self.token}"}

    @asynccontextmanager
    async def listen(
        self, document: str, variables: Mapping[str, Any] | None = None
    ) -> AsyncIterator["Listener"]:
        """Subscribe over graphql-transport-ws; events pile up in the listener."""
        address = self.url.replace("http", "ws", 1) + "/graphql"
        protocol = websockets.Subprotocol("graphql-transport-ws")
        async with websockets.connect(address, subprotocols=[protocol], compression=None) as socket:
            first = {"type": "connection_init", "payload": {"authorization": f"Bearer {self.token}"}}
            await socket.send(json.dumps(first))
            answer = json.loads(await socket.recv())
            assert answer["type"] == "connection_ack", answer
            payload = {"query": document, "variables": dict(variables or {})}
            await socket.send(json.dumps({"id": "1", "type": "subscribe", "payload": payload}))
            listener = Listener()
            task = asyncio.create_task(listener.read(socket))
            try:
                yield listener
            finally:
                task.cancel()


class Listener:
    """What a subscription brought (订阅)."""

    def __init__(self) -> None:
        self.queue: asyncio.Queue[Json] = asyncio.Queue()
        self.seen: list[Json] = []

    async def read(self, socket: websockets.ClientConnection) -> None:
        """Take messages off the socket until it closes."""
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "next":
                payload = message["payload"]
                (event,) = (payload.get("data") or {"": None}).values()
                self.queue.put_nowait(event or {"kind": "ERROR", "errors": payload.get("errors")})
            elif message["type"] == "ping":
                await socket.send(json.dumps({"type": "pong"}))
            elif message["type"] in ("error", "complete"):
                self.queue.put_nowait({"kind": message["type"].upper(), "errors": message.get("payload")})

    async def until(self, kind: str, seconds: float = 30.0) -> Json:
        """Wait for the next event of a kind; the others are kept in `seen`."""
        async with asyncio.timeout(seconds):
            while True:
                event = await self.queue.get()
                self.seen.append(event)
                if event["kind"] == kind:
                    return event


def data_of(answer: httpx.Response) -> Json:
    """The data of an answer."""
    body: Json = answer.json()
    if body.get("errors"):
        raise RequestFailed(body["errors"])
    data: Json = body["data"]
    return data


def result_of(data: Json) -> Json:
    """The one result of a mutation."""
    (result,) = data.values()
    if "violations" in result:
        raise Refused(result["violations"])
    found: Json = result
    return found
