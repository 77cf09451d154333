"""What the door writes into the log (日志): faults with their place, never a caller's data."""

import traceback
from types import TracebackType

import structlog

FRAMES_MAX = 30

log = structlog.get_logger("api")


def log_fault(event: str, error: BaseException, *, request_id: str, **facts: object) -> None:
    """Log an error of ours: its types and places, without messages, for those may quote personal data."""
    log.error(event, request_id=request_id, error=_types(error), trace=_places(error.__traceback__), **facts)


def _types(error: BaseException) -> list[str]:
    """The error and what caused it, outermost first."""
    types: list[str] = []
    cause: BaseException | None = error
    while cause is not None and len(types) < FRAMES_MAX:
        types.append(f"{type(cause).__module__}.{type(cause).__qualname__}")
        cause = cause.__cause__ or cause.__context__
    return types


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)[-FRAMES_MAX:]
    return [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
