"""Traces: one span for a request, its statements below it without values, its jobs in the same trace."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.testing import capture_logs

from engines import tracing
from engines.tracing import Traces, span, traced, traceparent, with_statements
from models import Job
from models.job import JobKind
from ops.embedded import EngineUrls
from ops.road import id_number
from ops.world import cast
from policy.terms import Role
from services.use_case import Work
from tests.house import House, open_house
from workers.faces.pool import FacePool
from workers.jobs import Bench, run_job

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
DRUGS = '{ drugs(search: "氨氯地平", first: 3) { edges { node { code } } } }'
MINE = "{ prescriptions(first: 2) { edges { node { number } } } }"


@pytest.fixture
def spans() -> Iterator[InMemorySpanExporter]:
    """What is traced, kept in memory."""
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    Traces.tracer = provider.get_tracer("test")
    yield exporter
    Traces.tracer = None
    provider.shutdown()


async def test_a_request_is_a_span_with_its_statements_below_and_no_value_in_them(
    spans: InMemorySpanExporter, database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    async with open_house(database, engines.redis_url, tmp_path) as house:
        token = house.token(Role.PATIENT, cast.FUJIAN_PATIENT)
        headers = {"authorization": f"Bearer {token}", "traceparent": PARENT, "x-request-id": "counter-seven"}
        spans.clear()
        await house.http.post(f"{house.url}/graphql", json={"query": DRUGS}, headers=headers)
        found = spans.get_finished_spans()

    (request,) = [one for one in found if one.name == "http query drugs"]
    statements = [one for one in found if one.name.startswith("SQL ")]
    assert facts(request)["yaolu.code"] == "OK"
    assert facts(request)["yaolu.request_id"] == "counter-seven"
    assert request.context is not None
    assert f"{request.context.trace_id:032x}" == PARENT.split("-")[1]
    assert statements
    assert {one.context.trace_id for one in found if one.context} == {request.context.trace_id}
    assert {one.parent.span_id for one in statements if one.parent} == {request.context.span_id}
    told = " ".join(str(facts(one)) for one in found)
    assert "FROM drug" in told
    for value in ("氨氯地平", cast.FUJIAN_PATIENT, id_number(cast.FUJIAN_PATIENT)):
        assert value not in told


async def test_a_job_is_in_the_trace_and_the_log_of_the_request_that_made_it(
    spans: InMemorySpanExporter, database: str, engines: EngineUrls, tmp_path: Path
) -> None:
    async with open_house(database, engines.redis_url, tmp_path) as house:
        job = await made_under(house, "counter-seven")
        bench = Bench(house.tools, FacePool(0), house.now)

        async def badly(bench: Bench, job: Job) -> None:
            raise ConnectionError("of somebody")

        with capture_logs(processors=[merge_contextvars]) as logs:
            await run_job(bench, job, {JobKind.CARD_READING: badly})
        found = {one.name: one for one in spans.get_finished_spans()}

    made, run = found["request"], found["job CARD_READING"]
    assert made.context is not None
    assert run.context is not None
    assert run.context.trace_id == made.context.trace_id
    assert facts(run)["yaolu.outcome"] == "failed"
    assert facts(run)["request_id"] == "counter-seven"
    (failed,) = [one for one in logs if one["event"] == "job.failed"]
    assert failed["request_id"] == "counter-seven"
    assert failed["job"] == str(job)


async def made_under(house: House, request_id: str) -> UUID:
    """A job that a request of this number has made."""

    work = Work(house.call())
    with bound_contextvars(request_id=request_id), span("request"):
        work.enqueue(JobKind.CARD_READING, uuid4())
    await work.jobs[0].save(force_create=True)
    return work.jobs[0].id


async def test_nothing_is_traced_and_nothing_asked_for_where_no_address_is_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(tracing.ENDPOINT, raising=False)
    config: dict[str, Any] = {"connections": {"default": {"credentials": {}}}}

    with traced("api"), span("anything", PARENT) as current:
        assert current is None
        assert traceparent() == ""
        assert with_statements(config)["connections"]["default"]["credentials"] == {}


def test_an_error_marks_its_span_by_its_type_and_does_not_quote_itself(spans: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match="王小明"), span("anything"):
        raise ValueError("王小明")

    (found,) = spans.get_finished_spans()
    assert found.status.description == "ValueError"
    assert not found.events


def facts(one: ReadableSpan) -> dict[str, object]:
    return dict(one.attributes or {})
