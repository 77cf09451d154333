"""The metrics page: what happened is counted, alike on both engines, and nobody stands on it."""

import asyncio
import re
import urllib.request

import httpx
import pytest
from prometheus_client import REGISTRY, generate_latest

from engines.metrics import PortTaken, metrics_page
from engines.queue import Queue, job_broker
from models import Job
from models.job import JobKind
from ops.client import Refused
from ops.processes import PROJECT
from ops.road import FUJIAN, id_number
from ops.world import cast
from policy.terms import Role
from tests.house import NOBODY, House
from tests.road import words
from tests.road.walk import ELECTRONIC
from tests.services.stage import ready_fill, walkers
from workers.faces.pool import FacePool
from workers.gauges import Watch
from workers.jobs import Bench, run_job

DRUGS = '{ drugs(search: "氨氯地平", first: 3) { edges { node { code genericName } } } }'
WRONG = "{ nothingOfTheKind }"


def counted(operation: str, code: str, engine: str, transport: str = "http", kind: str = "query") -> float:
    labels = {
        "operation": operation,
        "kind": kind,
        "code": code,
        "engine": engine,
        "transport": transport,
    }
    return REGISTRY.get_sample_value("yaolu_operations_total", labels) or 0.0


async def ask(house: House, query: str, **headers: str) -> httpx.Response:
    token = house.token(Role.PATIENT, cast.FUJIAN_PATIENT)
    headers |= {"authorization": f"Bearer {token}"}
    return await house.http.post(f"{house.url}/graphql", json={"query": query}, headers=headers)


@pytest.mark.parametrize(("engine", "said"), [("plans", "plans"), ("reference", "reference")])
async def test_an_operation_is_counted_by_its_root_field_alike_on_both_engines(
    house: House, engine: str, said: str
) -> None:
    named = DRUGS.replace("{ drugs", "query WhateverTheCallerLikes { drugs", 1)
    before = counted("drugs", "OK", said)
    timed = {"operation": "drugs", "engine": said}
    times = REGISTRY.get_sample_value("yaolu_operation_seconds_count", timed) or 0.0

    answer = await ask(house, named, **{"x-gql-engine": engine})

    assert answer.json()["data"]["drugs"]["edges"]
    assert counted("drugs", "OK", said) == before + 1
    assert REGISTRY.get_sample_value("yaolu_operation_seconds_count", timed) == times + 1
    assert "WhateverTheCallerLikes" not in page()


async def test_errors_are_counted_by_their_code_also_before_the_schema(house: House) -> None:
    refused = counted("", "GRAPHQL_VALIDATION_FAILED", "", kind="")
    strangers = counted("", "UNAUTHENTICATED", "", kind="")

    await ask(house, WRONG)
    await house.http.post(
        f"{house.url}/graphql", json={"query": DRUGS}, headers={"authorization": "Bearer none"}
    )

    assert counted("", "GRAPHQL_VALIDATION_FAILED", "", kind="") == refused + 1
    assert counted("", "UNAUTHENTICATED", "", kind="") == strangers + 1


async def test_several_root_fields_are_one_name_and_an_unknown_error_a_masked_one(house: House) -> None:
    before = counted("several", "OK", "plans")

    await ask(
        house,
        'query { ...A } fragment A on Query { drugs(search: "x") { edges { node { code } } } '
        "... on Query { __typename } }",
    )

    assert counted("several", "OK", "plans") == before + 1


async def test_subscriptions_and_sockets_are_seen_while_they_are_open(house: House) -> None:
    before = ended()

    async with house.road(FUJIAN):
        assert value("yaolu_sockets") >= 1
        assert value("yaolu_socket_operations") >= 1
        assert value("yaolu_bell_listening") >= 1
        assert value("yaolu_draining") == 0

    async with asyncio.timeout(10):
        while value("yaolu_sockets"):  # noqa: ASYNC110  # it gives no sign
            await asyncio.sleep(0.01)
    assert value("yaolu_socket_operations") == 0
    assert ended() > before


async def test_a_refusal_is_counted_by_its_code_and_use_case(house: House) -> None:
    way = walkers(house)
    fill = await ready_fill(way)
    before = refusals()

    with pytest.raises(Refused) as refusal:
        await way.pharmacy.do(words.SETTLE, fillId=fill["id"], tender=ELECTRONIC)

    codes = {("settleFill", code) for code in refusal.value.codes}
    assert {one for one, number in refusals().items() if number > before.get(one, 0)} == codes


async def test_what_waits_in_the_tables_is_counted_by_the_worker(house: House) -> None:
    await walkers(house).upload()  # one more change that is on record and not sealed
    now = house.now()
    waiting = [
        await Job.create(
            kind=JobKind.CARD_READING, subject_id=now_id, due_at=now, created_at=now, attempts=tries
        )
        for now_id, tries in (("0" * 32, 0), ("1" * 32, 5))
    ]
    house.later(seconds=90)
    queue = Queue(job_broker(house.redis_url))
    watch = Watch(Bench(house.tools, FacePool(0), house.now), queue)

    await watch.round()
    with watch.gauges().shown():
        assert value("yaolu_jobs", kind="CARD_READING", state="PENDING") == 2
        assert value("yaolu_jobs_stuck", kind="CARD_READING") == 1
        assert value("yaolu_job_late_seconds", kind="CARD_READING") >= 90
        assert value("yaolu_audit_unsealed") > 0
        assert value("yaolu_database_connections", database="default", state="idle") >= 1
    await queue.stop()
    await Job.filter(id__in=[job.id for job in waiting]).delete()


async def test_attempts_at_jobs_are_counted_by_their_outcome(house: House) -> None:
    now = house.now()
    bench = Bench(house.tools, FacePool(0), house.now)
    outcomes = []

    async def well(bench: Bench, job: Job) -> None:
        """Do nothing."""

    async def badly(bench: Bench, job: Job) -> None:
        raise ConnectionError

    for run, outcome in ((well, "done"), (badly, "failed")):
        job = await Job.create(kind=JobKind.CARD_READING, subject_id="2" * 32, due_at=now, created_at=now)
        labels = {"kind": "CARD_READING", "outcome": outcome}
        before = REGISTRY.get_sample_value("yaolu_jobs_run_total", labels) or 0.0
        await run_job(bench, job.id, {JobKind.CARD_READING: run})
        outcomes.append((REGISTRY.get_sample_value("yaolu_jobs_run_total", labels) or 0.0) - before)
        await job.delete()

    assert outcomes == [1, 1]


def test_the_page_has_a_port_of_its_own_and_says_when_that_is_taken(unused_tcp_port: int) -> None:
    with metrics_page("127.0.0.1", unused_tcp_port):
        with urllib.request.urlopen(f"http://127.0.0.1:{unused_tcp_port}/metrics") as answer:
            text = answer.read().decode()
        with pytest.raises(PortTaken), metrics_page("127.0.0.1", unused_tcp_port):
            pass

    assert "yaolu_operations_total" in text
    assert "process_resident_memory_bytes" in text


async def test_the_door_itself_shows_no_metrics_and_the_page_nobody(house: House) -> None:
    answer = await house.http.get(f"{house.url}/metrics")

    assert answer.status_code == 404
    assert id_number(cast.FUJIAN_PATIENT) not in page()
    assert cast.FUJIAN_PATIENT not in page()
    assert NOBODY not in page()


def ended() -> float:
    """How many subscriptions have ended."""
    return sum(
        sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "yaolu_operations_total" and sample.labels["kind"] == "subscription"
    )


def refusals() -> dict[tuple[str, str], float]:
    """How often each use case was refused for what."""
    return {
        (sample.labels["use_case"], sample.labels["code"]): sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == "yaolu_refusals_total"
    }


def page() -> str:
    return generate_latest(REGISTRY).decode()


def value(name: str, **labels: str) -> float:
    """The figure, over all the houses that stand in this process."""
    found = [
        sample.value
        for family in REGISTRY.collect()
        for sample in family.samples
        if sample.name == name and sample.labels == labels
    ]
    assert found, name
    return sum(found)


def test_the_page_of_operations_names_every_figure() -> None:
    text = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    source = "".join(
        (PROJECT / path).read_text(encoding="utf-8")
        for path in ("engines/metrics.py", "api/gauges.py", "workers/gauges.py")
    )
    names = set(re.findall(r'"(yaolu_\w+)"', source))

    assert {name for name in names if name not in text and not name.startswith("yaolu_bell_")} == set()
