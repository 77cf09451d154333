"""The servers that `bench.execution` compares: one list of objects, answered in several ways.

python -m bench.execution_apps NAME PORT
"""

import socket
import sys
from contextlib import nullcontext
from typing import Any, cast

import orjson
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.asgi import GraphQL

from api.documents import Documents
from api.graphql import build_schema
from api.parts import Parts
from api.view import View
from engines.clock import Clock
from engines.rates import Rate, Taken
from ops.starting import starting
from services.actor import Images, Keys, SilentBell, Tools

ROWS = 50


@strawberry.type
class Part:
    number: int
    name: str
    ratio: float


@strawberry.type
class Row:
    id: strawberry.ID
    name: str
    code: str
    note: str | None
    size: int
    count: int | None
    price: float
    is_open: bool
    city: str
    street: str
    parts: list[Part]


def rows() -> list[Row]:
    """Fifty objects of ten fields, each with three of three (样本数据)."""
    return [
        Row(
            id=strawberry.ID(str(number)),
            name=f"name {number}",
            code=f"code-{number}",
            note=None if number % 2 else "note",
            size=number,
            count=number * 7,
            price=number * 1.5,
            is_open=number % 3 == 0,
            city="city",
            street=f"street {number}",
            parts=[Part(number=part, name=f"part {part}", ratio=part / 4) for part in range(3)],
        )
        for number in range(ROWS)
    ]


KEPT = rows()
QUERY = "{ rows { id name code note size count price isOpen city street parts { number name ratio } } }"


@strawberry.type
class Query:
    @strawberry.field
    async def rows(self) -> list[Row]:
        return KEPT


class Plenty:
    """A bucket without a bottom, for callers who only measure."""

    async def take(self, caller: str, points: float, rate: Rate) -> Taken:
        return Taken(rate.points, 0)


async def unregistered(_: str) -> None:
    """No document is registered."""


def plain() -> Any:
    """Strawberry as it comes."""
    return GraphQL[Any, Any](strawberry.Schema(Query), graphql_ide=None)


def door() -> Any:
    """Our door with all its limits and costs; only Redis, which keeps the buckets, is away."""
    parts = Parts(
        schema=build_schema([Query]),
        clock=Clock(),
        tokens=cast(Any, None),
        bell=cast(Any, None),
        tools=Tools(SilentBell(), keys=cast(Keys, None), images=cast(Images, None)),
        rates=cast(Any, Plenty()),
        documents=Documents(unregistered, cast(Any, None)),
    )
    return View(parts)


def starlette() -> Any:
    """A handler that writes the same answer from plain data."""
    data = orjson.loads(orjson.dumps([as_json(row) for row in KEPT]))

    async def answer(request: Request) -> Response:
        await request.json()
        return Response(orjson.dumps({"data": {"rows": data}}), media_type="application/json")

    return Starlette(routes=[Route("/", answer, methods=["POST"])])


def as_json(row: Row) -> dict[str, Any]:
    """What a client gets of an object."""
    said = {**vars(row), "isOpen": row.is_open, "parts": [vars(part) for part in row.parts]}
    del said["is_open"]
    return said


APPS = {"plain": plain, "door": door, "starlette": starlette}


if __name__ == "__main__":
    name, port = sys.argv[1:]
    listening = socket.create_server(("127.0.0.1", int(port)))
    # ours starts as an API process does
    with starting() if name == "door" else nullcontext():
        app = APPS[name]()
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="error")).run([listening])
