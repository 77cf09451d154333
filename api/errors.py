"""How errors (错误) look to callers: a code, whose fault it is, and whether to try again."""

import errno
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from socket import gaierror
from typing import Any

import asyncpg
from graphql import GraphQLError, GraphQLSyntaxError
from strawberry.exceptions import MissingQueryError
from strawberry.relay.types import GlobalIDValueError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from tortoise.exceptions import DBConnectionError

from engines.logs import log_fault
from services.errors import Refused, ServiceError

Formatted = dict[str, Any]

BAD_REQUEST = "BAD_REQUEST"
BAD_USER_INPUT = "BAD_USER_INPUT"
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
OPERATION_UNKNOWN = "OPERATION_RESOLUTION_FAILURE"
OPERATIONS_TOO_MANY = "TOO_MANY_OPERATIONS"
QUERY_TOO_COSTLY = "QUERY_TOO_COSTLY"
RATE_LIMITED = "RATE_LIMITED"
OPERATION_TIMEOUT = "OPERATION_TIMEOUT"
PERSISTED_QUERY_NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
DOCUMENT_NOT_REGISTERED = "DOCUMENT_NOT_REGISTERED"
UNAUTHENTICATED = "UNAUTHENTICATED"
UNAVAILABLE = "SERVICE_UNAVAILABLE"
INTERNAL = "INTERNAL_SERVER_ERROR"

AWAY = (
    DBConnectionError,
    asyncpg.PostgresConnectionError,
    # a server that stops, has crashed, starts up, or has no room for one more
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    # the driver, when a server's last word comes while a statement is being sent
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
)
"""What is raised while the database is away: try again."""

UNREACHABLE = {errno.ENOENT, errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH}

LOST = (*AWAY, asyncpg.InterfaceError, OSError)
"""What may be raised when it goes: ask `is_away`."""

NO_MORE = ("connection is closed", "connection was closed")
"""What the driver says of a connection that is no more; the rest of its complaints are our mistakes."""

FAULTS = {INTERNAL, UNAVAILABLE}
"""Codes of errors that are ours; every other one is the caller's."""


class RequestRefused(Exception):
    """A request that never reached the schema (请求被拒绝), with its HTTP status."""

    def __init__(
        self,
        status: int,
        message: str,
        code: str = BAD_REQUEST,
        *,
        retry: str = "never",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.retry = retry
        self.headers = dict(headers or {})
        super().__init__(message)

    @property
    def formatted(self) -> Formatted:
        """The error as it is sent."""
        return {"message": str(self), "extensions": extensions(self.code, self.retry)}


def away(message: str, seconds: int = 5) -> RequestRefused:
    """The refusal of a request that nobody can answer now (暂不可用): try again in so many seconds."""
    headers = {"Retry-After": str(seconds)}
    return RequestRefused(503, message, UNAVAILABLE, retry="backoff", headers=headers)


def extensions(code: str, retry: str) -> Formatted:
    """The part of an error that programs read."""
    if code in FAULTS:
        return {"code": code, "retry": retry}
    return {"code": code, "classification": "ValidationError", "retry": retry}


def internal(request_id: str) -> Formatted:
    """What a caller sees of an error of ours."""
    return {
        "message": f"服务内部错误，请稍后重试；如需协助，请提供请求编号 {request_id}。",
        "extensions": extensions(INTERNAL, "backoff") | {"requestId": request_id},
    }


def unavailable() -> Formatted:
    """What a caller sees while the database is away."""
    text = "服务暂不可用，本次操作可能未生效；请用同一幂等键稍后重试。"
    return {"message": text, "extensions": extensions(UNAVAILABLE, "backoff")}


def present(errors: Sequence[GraphQLError], *, request_id: str) -> list[Formatted]:
    """Format the errors of a result; faults of ours are logged and masked."""
    return [_formatted(error, request_id) for error in errors]


def is_request_error(data: object, errors: Sequence[GraphQLError] | None) -> bool:
    """Whether the operation failed before any field was executed (请求错误)."""
    return data is None and bool(errors) and all(error.path is None for error in errors or ())


def _formatted(error: GraphQLError, request_id: str) -> Formatted:
    formatted: Formatted = dict(error.formatted)
    code, retry = _judge(error)
    root = root_of(error)
    if code == INTERNAL:
        log_fault("graphql.fault", root, request_id=request_id, path=error.path)
        return formatted | internal(request_id)
    if is_away(root):
        log_fault("graphql.unavailable", root, request_id=request_id, path=error.path)
        formatted["message"] = unavailable()["message"]
    formatted["extensions"] = (error.extensions or {}) | extensions(code, retry)
    if isinstance(root, Refused):
        formatted["extensions"]["violations"] = [asdict(one) for one in root.violations]
    return formatted


def is_away(error: BaseException) -> bool:
    """Whether it comes of a database that is away (数据库不可用): what it took along can't be rolled back."""
    if isinstance(error, asyncpg.InterfaceError):
        if any(words in str(error) for words in NO_MORE):
            return True
        return error.__context__ is not None and is_away(error.__context__)
    if isinstance(error, OSError) and not isinstance(error, AWAY):
        # an address without anybody behind it, such as a socket's that is gone; a file has a name
        return isinstance(error, gaierror) or (error.filename is None and error.errno in UNREACHABLE)
    return isinstance(error, AWAY)


def root_of(error: GraphQLError) -> Exception:
    """What was raised in the first place."""
    root: Exception = error
    while isinstance(root, GraphQLError) and root.original_error is not None:
        root = root.original_error
    return root


def _judge(error: GraphQLError) -> tuple[str, str]:
    """The code of an error, and whether to try again."""
    root = root_of(error)
    if is_away(root):
        return UNAVAILABLE, "backoff"
    match root:
        case ServiceError():
            return root.code, root.retry
        case RequestRefused():
            return root.code, root.retry
        case GlobalIDValueError():
            return BAD_USER_INPUT, "never"
        case CannotGetOperationTypeError() | MissingQueryError():
            return OPERATION_UNKNOWN, "never"
        case InvalidOperationTypeError():
            return BAD_REQUEST, "never"
        case GraphQLSyntaxError():
            return PARSE_FAILED, "never"
    # A scalar may have refused a variable with an error of its own: only the place tells whose fault it is.
    if error.path is None and (error.original_error is None or error.nodes):
        is_variable = error.message.startswith("Variable '$") and "has invalid" in error.message
        return (BAD_USER_INPUT if is_variable else VALIDATION_FAILED), "never"
    if isinstance(root, GraphQLError):
        code = (root.extensions or {}).get("code")
        if isinstance(code, str):
            return code, str((root.extensions or {}).get("retry", "never"))
        # graphql-core says so of values it could not coerce; its other errors are about our own results
        if root.nodes and root.message.startswith("Argument '"):
            return BAD_USER_INPUT, "never"
    return INTERNAL, "backoff"
