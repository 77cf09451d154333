"""The application (应用): routes, what is started before the first request and stopped after the last."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, WebSocketRoute
from tortoise import Tortoise

import settings
from api import health
from api.console import console_routes
from api.context import anonymous
from api.ending import ended
from api.errors import RequestRefused
from api.exports import exports
from api.gauges import gauges_of
from api.parts import Parts
from api.payments import payment_routes
from api.receipts import receipt_routes
from api.replica import replica_watched
from api.view import PREFLIGHT_HEADERS, View, refused
from engines.tracing import with_statements
from models.replica import REPLICA

CLOSE_SECONDS = 5.0


def create_app(parts: Parts) -> Starlette:
    """Put the application together."""
    view = View(parts)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            if parts.orm is not None:
                # Requests run in other tasks than this one: only the global fallback lets them find the ORM.
                context = await Tortoise.init(
                    config=dict(with_statements(parts.orm)), _enable_global_fallback=True
                )
                stack.push_async_callback(context.close_connections)
                if REPLICA in parts.orm["connections"]:
                    await stack.enter_async_context(replica_watched(settings.REPLICA_LAG_SECONDS))
            stack.push_async_callback(parts.rates.stop)
            stack.push_async_callback(parts.documents.stop)
            stack.push_async_callback(parts.bell.stop)
            stack.push_async_callback(view.shared.stop)
            await parts.bell.start()
            stack.enter_context(gauges_of(parts, view).shown())
            tending = asyncio.create_task(view.connections.tend(), name="connections")
            stack.push_async_callback(ended, [tending])
            yield

    app = Starlette(
        routes=[
            Route("/", health.welcome),
            Route("/healthz", health.alive),
            Route("/readyz", health.readiness(parts, lambda: view.is_draining)),
            # A Mount would answer /graphql with a redirect and refuse sockets without the slash.
            Route("/graphql", view),
            WebSocketRoute("/graphql", view),
            Route("/exports/{kind}.{form}", exports(parts), methods=["GET", "POST"]),
            *payment_routes(parts),
            *receipt_routes(parts),
            *console_routes(parts.has_console),
        ],
        middleware=_middleware(parts),
        exception_handlers={HTTPException: _http_error, RequestRefused: _refused},
        lifespan=lifespan,
    )
    app.state.view = view
    return app


async def drain(app: Starlette) -> None:
    """Be unready, take no more sockets, and close the open ones with 1001 by and by (排空)."""
    view: View = app.state.view
    view.is_draining = True
    view.brake.release()
    async with asyncio.timeout(CLOSE_SECONDS + settings.DRAIN_SPREAD_SECONDS):
        await view.connections.go_away()


def _middleware(parts: Parts) -> list[Middleware]:
    if not parts.allowed_origins:
        return []
    cors = Middleware(
        CORSMiddleware,
        allow_origins=parts.allowed_origins,
        allow_methods=["GET", "POST"],
        allow_headers=["Authorization", "Content-Type", "X-Request-Id", "Last-Event-ID", *PREFLIGHT_HEADERS],
        expose_headers=["X-Request-Id"],
        max_age=3600,
    )
    return [cors]


async def _refused(request: Request, error: Any) -> Response:
    """A request that a route beside GraphQL refuses."""
    response, view = refused(error, request), request.app.state.view
    if error.status < 500:
        await view.brake.slow(response, anonymous(view.parts, request))
    return response


async def _http_error(request: Request, error: Any) -> Response:
    """Errors of routing, such as 404, in the form of all others."""
    refusal = RequestRefused(error.status_code, str(error.detail), headers=error.headers)
    return await _refused(request, refusal)
