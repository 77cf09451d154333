"""Traces (链路追踪) by OpenTelemetry: a span for each request, job and statement; nothing while they are off.

They are on where OTEL_EXPORTER_OTLP_ENDPOINT is set; that needs the extra `traces`. Spans hold statements
without values, names of ours and ids, never a caller's data.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from time import time_ns
from typing import Any

from structlog.contextvars import get_contextvars

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
STATEMENT_MAX = 2000
LITERAL = re.compile(r"'(?:[^']|'')*'")
NO_SPAN = nullcontext()
TRACEPARENT = re.compile(r"00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class TracesMissing(Exception):
    """Traces are asked for and their packages are not there (缺少链路追踪组件)."""

    def __init__(self) -> None:
        super().__init__(f"{ENDPOINT} is set, but the extra is not installed: pip install 'yaolu[traces]'.")


class Traces:
    """The tracer of this process (追踪器); none while traces are off."""

    tracer: Any = None


@contextmanager
def traced(process: str) -> Iterator[None]:
    """Send traces for the length of the block, if the environment names where to (链路追踪)."""
    if not os.environ.get(ENDPOINT):
        yield
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise TracesMissing from error
    name = os.environ.get("OTEL_SERVICE_NAME", f"yaolu-{process}")
    provider = TracerProvider(resource=Resource.create({"service.name": name}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    Traces.tracer = provider.get_tracer("yaolu")
    try:
        yield
    finally:
        Traces.tracer = None
        provider.shutdown()


def span(name: str, parent: str = "", **attributes: str | int) -> AbstractContextManager[Any]:
    """A span for the length of the block (跨度), below a W3C traceparent; None while traces are off.

    An error that leaves the block marks the span by its type alone: its message may quote people.
    """
    return NO_SPAN if Traces.tracer is None else _span(name, parent, attributes)


@contextmanager
def _span(name: str, parent: str, attributes: Mapping[str, str | int]) -> Iterator[Any]:
    from opentelemetry import propagate, trace

    above = propagate.extract({"traceparent": parent}) if TRACEPARENT.fullmatch(parent) else None
    with Traces.tracer.start_as_current_span(
        name, above, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def traceparent() -> str:
    """The present span as others may carry it on (W3C traceparent), or nothing."""
    if Traces.tracer is None:
        return ""
    from opentelemetry import propagate

    carried: dict[str, str] = {}
    propagate.inject(carried)
    return carried.get("traceparent", "")


def origin() -> dict[str, str]:
    """Where a job comes from (来源): the request's number and its span, to be kept in the job's row."""
    return {
        "request_id": str(get_contextvars().get("request_id", "")),
        "traceparent": traceparent(),
    }


def with_statements(config: Mapping[str, Any]) -> Mapping[str, Any]:
    """The mapper's configuration with every connection watched (语句跨度), where traces are on."""
    if Traces.tracer is not None:
        for connection in config["connections"].values():
            connection["credentials"]["init"] = watch_connection
    return config


async def watch_connection(connection: Any) -> None:
    """Have each statement of a new connection told to `statement_span`."""
    connection.add_query_logger(statement_span)


def statement_span(record: Any) -> None:
    """A span for a statement that has ended (SQL 跨度): its text without values."""
    if Traces.tracer is None:
        return
    from opentelemetry import trace

    if not trace.get_current_span().get_span_context().is_valid:
        # polling of the worker and checks of health would drown the rest
        return
    end = time_ns()
    text = LITERAL.sub("?", str(record.query))[:STATEMENT_MAX].strip()
    child = Traces.tracer.start_span(
        f"SQL {text.split(None, 1)[0].upper() if text else ''}",
        kind=trace.SpanKind.CLIENT,
        start_time=end - int(record.elapsed * 1e9),
        attributes={"db.system.name": "postgresql", "db.query.text": text},
    )
    if record.exception is not None:
        child.set_status(trace.StatusCode.ERROR, type(record.exception).__name__)
    child.end(end)
