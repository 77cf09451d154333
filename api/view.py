"""The GraphQL endpoint (GraphQL 接口) over HTTP; sockets are handled in `api.socket`."""

from datetime import timedelta
from math import ceil
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLRequestData
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types.execution import ExecutionResult
from strawberry.types.graphql import OperationType

import settings
from api import body, uploads
from api.bearer import Bearer
from api.brake import Brake
from api.charging import caller_of
from api.connections import Connections
from api.console import console_page
from api.context import Context, anonymous, put_on_record, sign_in_by_header
from api.errors import (
    BAD_REQUEST,
    INTERNAL,
    LOST,
    OPERATION_TIMEOUT,
    OPERATION_UNKNOWN,
    RATE_LIMITED,
    Formatted,
    RequestRefused,
    away,
    internal,
    is_away,
    is_request_error,
    present,
    root_of,
)
from api.event_stream import EventStream
from api.frames import SocketAdapter
from api.negotiation import STATUS, MediaType, Outcome, negotiate, wants_events, wants_page
from api.observing import observed
from api.parts import Parts
from api.shared import SharedStreams
from api.socket import SocketHandler
from engines.logs import log_fault
from services.reading import reading

PREFLIGHT_HEADERS = ("apollo-require-preflight", "x-apollo-operation-name", "graphql-require-preflight")
"""A page of another site cannot send these without asking first (CSRF)."""

ALLOWED_OPERATIONS = {
    "GET": {OperationType.QUERY},
    "POST": {OperationType.QUERY, OperationType.MUTATION},
}


class View(GraphQL[Context, None]):
    """Strawberry's view made strict (严格的接口): nothing a caller sends makes it answer 500."""

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler

    def __init__(self, parts: Parts) -> None:
        super().__init__(
            parts.schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=settings.SOCKET_INIT_SECONDS),
            multipart_uploads_enabled=True,
            max_subscriptions_per_connection=settings.SOCKET_OPERATIONS_MAX,
            allowed_origins=parts.allowed_origins,
        )
        self.parts = parts
        self.connections = Connections()
        self.brake = Brake(parts.refusals)
        self.shared = SharedStreams(parts.schema)
        self.is_draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await self._converse(WebSocket(scope, receive, send))
            return
        request = Request(scope, receive)
        context = anonymous(self.parts, request)
        with observed(context.trail, context.request_id, "http", request.headers.get("traceparent", "")):
            response = await self._answer_or_refuse(request, context)
        response.headers["X-Request-Id"] = context.request_id
        try:
            if context.trail.is_refused:
                # what was uploaded needs not wait
                await uploads.close_files(request)
                await self.brake.slow(response, context)
            await response(scope, receive, send)
        finally:
            await uploads.close_files(request)

    async def _answer_or_refuse(self, request: Request, context: Context) -> Response:
        try:
            return await self._answer(request, context)
        except RequestRefused as refusal:
            context.trail.saw([refusal.formatted])
            context.trail.is_refused = refusal.status < 500
            return refused(refusal, request)
        # The edge: whatever is not foreseen is logged, and masked.
        except Exception as error:
            log_fault("http.fault", error, request_id=context.request_id)
            context.trail.saw([internal(context.request_id)])
            return json_response({"errors": [internal(context.request_id)]}, 500, MediaType.JSON)

    async def _answer(self, request: Request, context: Context) -> Response:
        if request.method not in ALLOWED_OPERATIONS:
            raise RequestRefused(405, "只支持 GET 和 POST。", headers={"Allow": "GET, POST"})
        accept = request.headers.get("accept")
        is_for_people = request.method == "GET" and "query" not in request.query_params and wants_page(accept)
        if self.parts.has_console and is_for_people:
            return console_page()
        is_stream = wants_events(accept)
        media_type = MediaType.JSON if is_stream else negotiate(accept)
        kind = None if request.method == "GET" else accepted_type(request)
        # A bad token is refused before the body costs anything.
        await sign_in_by_header(context)
        said = await self.parts.documents.choose(await read(request, kind), context.actor)
        if is_stream:
            return self._stream(request, said, context)
        result = await self._execute(request, said, context)
        return self._present(result, media_type, context)

    def _stream(self, request: Request, said: GraphQLRequestData, context: Context) -> EventStream:
        """A stream of events; refuse it while the server stops, or to who has too many."""
        if self.is_draining:
            raise away("服务正在停止,请重新连接。")
        authorization = request.headers.get("authorization")
        context.progress.after = request.headers.get("last-event-id") or None
        stream = EventStream(
            said,
            context,
            schema=self.schema,
            shared=self.shared,
            connections=self.connections,
            brake=self.brake,
            bearer=Bearer(context, authorization) if authorization else None,
        )
        if not self.connections.enter(stream, caller_of(context)):
            headers = {"Retry-After": "5"}
            message = "连接过多,请先关闭一些。"
            raise RequestRefused(429, message, RATE_LIMITED, retry="backoff", headers=headers)
        self.connections.add(stream)
        return stream

    async def _execute(self, request: Request, said: GraphQLRequestData, context: Context) -> ExecutionResult:
        try:
            with reading() as seen:
                result = await self.schema.execute(
                    said.query,
                    variable_values=said.variables,
                    context_value=context,
                    operation_name=said.operation_name,
                    allowed_operation_types=ALLOWED_OPERATIONS[request.method],
                    operation_extensions=said.extensions,
                )
            await put_on_record(context, seen)
        except LOST as error:
            if not is_away(error):
                raise
            log_fault("audit.unavailable", error, request_id=context.request_id)
            raise away("服务暂不可用，请稍后重试。") from error
        except (CannotGetOperationTypeError, MissingQueryError) as error:
            raise RequestRefused(400, "query 中没有要执行的操作。", OPERATION_UNKNOWN) from error
        except InvalidOperationTypeError as error:
            if error.operation_type is OperationType.SUBSCRIPTION:
                raise RequestRefused(
                    400, "订阅请使用 WebSocket(graphql-transport-ws)或 Accept: text/event-stream。"
                ) from error
            raise RequestRefused(405, "变更请使用 POST。", headers={"Allow": "POST"}) from error
        for wrong in result.errors or []:
            # a file over its scalar's limit makes the whole body too large
            if isinstance(root := root_of(wrong), RequestRefused) and root.code == BAD_REQUEST:
                raise root
        return result

    def _present(self, result: ExecutionResult, media_type: MediaType, context: Context) -> Response:
        errors = present(result.errors or [], request_id=context.request_id)
        context.trail.saw(errors)
        outcome = Outcome.EXECUTED
        if is_request_error(result.data, result.errors):
            outcome = outcome_of({error["extensions"]["code"] for error in errors})
        context.trail.is_refused = outcome in (Outcome.REQUEST_ERROR, Outcome.TOO_FAST)
        answer: Formatted = {"errors": errors} if errors else {}
        if outcome is Outcome.EXECUTED:
            answer["data"] = result.data
        if result.extensions:
            answer["extensions"] = result.extensions
        response = json_response(answer, STATUS[media_type, outcome], media_type)
        if outcome is Outcome.TOO_FAST:
            response.headers["Retry-After"] = str(ceil(errors[0]["extensions"]["retryAfter"]))
        return response

    async def _converse(self, socket: WebSocket) -> None:
        if self.is_draining:
            await socket.send_denial_response(Response(status_code=503, headers={"Retry-After": "5"}))
            return
        try:
            await self.run(socket)
        # The edge again: one socket's fault ends that socket only.
        except Exception as error:
            log_fault("socket.fault", error, request_id=anonymous(self.parts, socket).request_id)
            await SocketAdapter(cast(Any, self), socket, socket).close(1011, "Internal error")

    async def get_context(self, request: Any, response: Any) -> Context:
        """The context of a new socket; HTTP requests bring their own."""
        return anonymous(self.parts, request)

    def encode_json(self, data: object) -> bytes:
        """Encode an answer."""
        return orjson.dumps(data)

    def decode_json(self, data: str | bytes) -> object:
        """Decode what a caller sent; raise RequestRefused."""
        return body.decode(data)


def outcome_of(codes: set[str]) -> Outcome:
    """How a request ended that never reached a field (请求错误的种类)."""
    if INTERNAL in codes:
        return Outcome.FAULT
    if OPERATION_TIMEOUT in codes:
        return Outcome.TOO_SLOW
    return Outcome.TOO_FAST if RATE_LIMITED in codes else Outcome.REQUEST_ERROR


def accepted_type(request: Request) -> str:
    """The type of a POST's body, refused when it is none of ours or could come from another site's page."""
    kind = body.content_type(request)
    if kind != "application/json" and not any(request.headers.get(name) for name in PREFLIGHT_HEADERS):
        raise RequestRefused(
            400 if kind == "multipart/form-data" else 415,
            "请求体应为 application/json；multipart 上传须带请求头 GraphQL-Require-Preflight: 1。",
        )
    if kind not in ("application/json", "multipart/form-data"):
        raise RequestRefused(415, "请求体应为 application/json 或 multipart/form-data。")
    return kind


async def read(request: Request, kind: str | None) -> GraphQLRequestData:
    """The operation a request asks for."""
    if kind is None:
        return body.of_query_string(request.query_params)
    if kind == "multipart/form-data":
        return body.request_of(await uploads.read_multipart(request))
    return body.request_of(await body.read_json(request))


def refused(refusal: RequestRefused, request: Request) -> Response:
    """The answer to a request that never reached the schema, in the wanted type if there is one."""
    accept = request.headers.get("accept")
    try:
        media_type = MediaType.JSON if wants_events(accept) else negotiate(accept)
    except RequestRefused:
        media_type = MediaType.JSON
    response = json_response({"errors": [refusal.formatted]}, refusal.status, media_type)
    response.headers.update(refusal.headers)
    return response


def json_response(answer: Formatted, status: int, media_type: MediaType) -> Response:
    """An answer in JSON."""
    headers = {"Content-Type": f"{media_type}; charset=utf-8", "Cache-Control": "no-store"}
    return Response(orjson.dumps(answer), status, headers)
