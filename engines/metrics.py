"""Figures for Prometheus (监控指标): what this process has done and does, nothing of people.

Labels are words of ours (fields of the schema, codes, kinds), never a caller's, so their number is bounded.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

from prometheus_client import REGISTRY, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20)

OPERATIONS = Counter(
    "yaolu_operations",
    "GraphQL operations by their root field, their outcome, and what executed them.",
    ["operation", "kind", "code", "engine", "transport"],
)
OPERATION_SECONDS = Histogram(
    "yaolu_operation_seconds",
    "How long queries and mutations took, from the request's head to the answer.",
    ["operation", "engine"],
    buckets=SECONDS,
)
REFUSALS = Counter("yaolu_refusals", "Business refusals by code and use case.", ["code", "use_case"])
JOBS = Counter("yaolu_jobs_run", "Attempts at jobs by what came of them.", ["kind", "outcome"])
JOB_SECONDS = Histogram("yaolu_job_seconds", "How long an attempt took.", ["kind"], buckets=SECONDS)
VERDICTS = Counter("yaolu_face_verdicts", "Verdicts of face checks.", ["verdict", "reason"])
CHILDREN_LOST = Counter(
    "yaolu_children_lost", "Face and card processes that died or were killed.", ["engine", "how"]
)
ROUNDS_FAILED = Counter("yaolu_worker_rounds_failed", "Rounds of the worker that failed.")

Value = float | Mapping[tuple[str, ...], float]


class PortTaken(Exception):
    """The metrics page cannot be had on its port (指标端口不可用)."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        super().__init__(
            f"The metrics page cannot listen on {host}:{port}; each process needs a port of its own"
            " (METRICS_PORT or --metrics-port; 0 is none)."
        )


class Gauges(Collector):
    """Figures that are read when somebody asks (即时指标): a number, or one for each set of labels."""

    def __init__(self) -> None:
        self._reads: dict[str, tuple[str, tuple[str, ...], Callable[[], Value]]] = {}

    def add(self, name: str, text: str, read: Callable[[], Value], *labels: str) -> None:
        """Have `read` asked for this figure; it is asked in another thread and must not wait."""
        self._reads[name] = text, labels, read

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Nothing beforehand: what is registered twice in one process is shown twice."""
        return ()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """What Prometheus is told."""
        for name, (text, labels, read) in self._reads.items():
            family = GaugeMetricFamily(name, text, labels=labels)
            found = read()
            for values, number in found.items() if isinstance(found, Mapping) else [((), found)]:
                family.add_metric(list(values), number)
            yield family

    @contextmanager
    def shown(self) -> Iterator[None]:
        """Show these figures for the length of the block."""
        REGISTRY.register(self)
        try:
            yield
        finally:
            REGISTRY.unregister(self)


@contextmanager
def metrics_page(host: str, port: int) -> Iterator[None]:
    """Answer `/metrics` (指标页) on a port of its own, so that what is public never shows it; 0 is none.

    It stands in a thread: it answers also while the process is busy. Raises PortTaken.
    """
    if not port:
        yield
        return
    try:
        server, thread = start_http_server(port, host)
    except OSError as error:
        raise PortTaken(host, port) from error
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
