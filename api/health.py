"""Health (健康检查): is the process alive, and should it get requests."""

import asyncio
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from tortoise.connection import get_connection
from tortoise.exceptions import OperationalError

from api.parts import Parts
from engines.logs import log
from models.versions import NEWEST

CHECK_SECONDS = 2.0
APPLIED = "SELECT 1 FROM tortoise_migrations WHERE app = 'models' AND name = $1"


async def alive(request: Request) -> Response:
    """The process answers (存活)."""
    return JSONResponse({"status": "alive"})


async def welcome(request: Request) -> Response:
    """What a person sees who opens the address."""
    return PlainTextResponse("药路 Yaolu: GraphQL API at /graphql\n")


def readiness(parts: Parts, is_draining: Callable[[], bool]) -> Callable[[Request], Awaitable[Response]]:
    """The check whether requests should be sent here (就绪).

    A settlement needs no Redis: `?need=database` is for a balancer that must not turn everybody away while
    only Redis is gone. The answer names every part all the same.
    """

    async def ready(request: Request) -> Response:
        (database, tables), redis = await asyncio.gather(_has_database(parts), parts.bell.ping())
        state = {"database": database, "tables": tables, "redis": redis, "draining": is_draining()}
        is_rung = redis or request.query_params.get("need") == "database"
        is_ready = database and tables and is_rung and not state["draining"]
        status = "ready" if is_ready else "unready"
        return JSONResponse({"status": status, "parts": state}, 200 if is_ready else 503)

    return ready


async def _has_database(parts: Parts) -> tuple[bool, bool]:
    """Whether the database answers, and whether its tables are this version's or newer."""
    if parts.orm is None:
        return True, True
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            found, _ = await get_connection("default").execute_query(APPLIED, [NEWEST])
    except OperationalError:
        # no such table: nothing was ever migrated
        return True, False
    # An edge: whatever the driver raises, the answer is no.
    except Exception as error:
        log.warning("health.database", error=type(error).__name__)
        return False, False
    return True, found > 0
