"""A bare Starlette handler on asyncpg (裸处理器): the same rows by hand, with nothing around them.

It knows no tokens, no limits and no records of who looked; `bench.prescriptions` and
`bench.nearby` run it beside the API.

python -m bench.bare DATABASE_URL PORT
"""

import socket
import sys
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ops.databases import connection_options
from schema.scalars import show_instant
from services.nearby_search import LAZILY, NEARBY, After, Place, Search, Want, arguments

PRESCRIPTIONS = """
SELECT p.id, p.rx_no, p.state, p.expires_at, h.name AS hospital
FROM prescription p JOIN institution h ON h.code = p.hospital_id
WHERE p.member_id = $1 ORDER BY p.uploaded_at DESC, p.id DESC LIMIT $2
"""
LINES = """
SELECT l.prescription_id, l.number, l.quantity, d.generic_name AS drug
FROM prescription_line l JOIN drug d ON d.code = l.drug_id
WHERE l.prescription_id = ANY($1::uuid[]) ORDER BY l.number
"""
NAMES = "SELECT code, name FROM institution WHERE code = ANY($1::varchar[])"
POOL = 20


async def prescriptions(request: Request) -> Response:
    """A member's prescriptions with their lines."""
    said = orjson.loads(await request.body())["variables"]
    async with request.app.state.pool.acquire() as connection:
        rows = await connection.fetch(PRESCRIPTIONS, UUID(said["member"]), said["first"] + 1)
        found = await connection.fetch(LINES, [row["id"] for row in rows[: said["first"]]])
    lines = defaultdict(list)
    for line in found:
        drug = {"genericName": line["drug"]}
        one = {"number": line["number"], "quantity": f"{line['quantity'].normalize():f}", "drug": drug}
        lines[line["prescription_id"]].append(one)
    nodes = [
        {
            "id": str(row["id"]),
            "rxNo": row["rx_no"],
            "state": row["state"],
            "expiresAt": show_instant(row["expires_at"]),
            "hospital": {"name": row["hospital"]},
            "lines": lines[row["id"]],
        }
        for row in rows[: said["first"]]
    ]
    page = {"edges": [{"node": node} for node in nodes]}
    return answer({"prescriptions": page})


async def nearby(request: Request) -> Response:
    """The pharmacies that have something of what is wanted, by the very statement of the API."""
    said = orjson.loads(await request.body())["variables"]
    place = Place(said["place"]["longitude"], said["place"]["latitude"])
    wants = [Want(None, drug["drugCode"], Decimal(drug["quantity"])) for drug in said["drugs"]]
    now = datetime.now(UTC) + request.app.state.offset
    values = arguments(now, Search(place), wants, stale=False, after=After(), limit=said["first"] + 1)
    async with request.app.state.pool.acquire() as connection:
        async with connection.transaction():
            await connection.execute(LAZILY)
            rows = await connection.fetch(NEARBY, *values)
        names = dict(await connection.fetch(NAMES, [row["code"] for row in rows]))
    nodes = [
        {
            "isOpen": row["is_open"],
            "fillsAll": row["full_lines"] == len(wants),
            "pharmacy": {"code": row["code"], "name": names[row["code"]]},
            "offers": [
                {"drugCode": code, "available": f"{have.normalize():f}", "price": price and str(price)}
                for code, have, price in zip(
                    row["codes"] or (), row["available"] or (), row["prices"] or (), strict=True
                )
            ],
        }
        for row in rows[: said["first"]]
    ]
    return answer({"nearbyPharmacies": {"edges": [{"node": node} for node in nodes]}})


def answer(data: dict[str, Any]) -> Response:
    """Data as an answer of GraphQL has it."""
    return Response(orjson.dumps({"data": data}), media_type="application/json")


def application(database: str, start: datetime) -> Starlette:
    """The two handlers on a pool, at the sample world's time."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.offset = start - datetime.now(UTC)
        async with asyncpg.create_pool(**connection_options(database), max_size=POOL) as app.state.pool:
            yield

    routes = [Route(f"/{handler.__name__}", handler, methods=["POST"]) for handler in (prescriptions, nearby)]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    database, port, start = sys.argv[1:]
    listening = socket.create_server(("127.0.0.1", int(port)))
    app = application(database, datetime.fromisoformat(start))
    uvicorn.Server(uvicorn.Config(app, access_log=False, log_level="error")).run([listening])
