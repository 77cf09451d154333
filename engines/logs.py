"""What goes into the log (日志): faults with their place, never a caller's data."""

import logging
import sys
import traceback
from types import TracebackType

import structlog

FRAMES_MAX = 30

log = structlog.get_logger("yaolu")


def configure(is_json: bool) -> None:
    """Write one line per event to standard error (日志格式): JSON for machines, plain text for people.

    Tracebacks never show local variables, as structlog's default does: they hold names and numbers of people.
    """
    timestamper = structlog.processors.TimeStamper(fmt="iso", utc=True)
    last: list[structlog.types.Processor] = (
        [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
        if is_json
        else [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            timestamper,
            *last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def log_fault(event: str, error: BaseException, **facts: object) -> None:
    """Log an error of ours: its types and places, without messages, for those may quote personal data."""
    log.error(event, error=_types(error), trace=_places(error.__traceback__), **facts)


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
