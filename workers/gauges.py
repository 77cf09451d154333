"""What a worker is doing right now, and what waits in the tables (即时指标), for the metrics page."""

from dataclasses import dataclass, field

from engines.metrics import Gauges
from engines.queue import Queue
from models.pool import pool_figures
from services.figures import Backlog, backlog
from workers.jobs import Bench

FIGURES_SECONDS = 10.0
"""How often the tables are counted: every worker says the same, so ask for the maximum of all."""


@dataclass
class Watch:
    """A worker's figures (后台指标); those of the tables are as old as the last round."""

    bench: Bench
    queue: Queue
    waiting: Backlog = field(default_factory=Backlog)

    async def round(self) -> None:
        """Count what waits."""
        self.waiting = await backlog(self.bench.now())

    def gauges(self) -> Gauges:
        """The figures of this worker."""
        gauges, faces = Gauges(), self.bench.faces
        gauges.add("yaolu_face_children", "Face processes that live.", lambda: len(faces.pids()))
        gauges.add("yaolu_face_children_busy", "Face processes that read a picture.", lambda: faces.busy)
        gauges.add(
            "yaolu_queue_failed", "Rings for jobs that Redis did not take.", lambda: self.queue.failures
        )
        gauges.add("yaolu_jobs", "Jobs that are not done.", lambda: self.waiting.jobs, "kind", "state")
        gauges.add(
            "yaolu_jobs_stuck", "Jobs tried more than three times.", lambda: self.waiting.stuck, "kind"
        )
        gauges.add(
            "yaolu_job_late_seconds", "How overdue the oldest job is.", lambda: self.waiting.late, "kind"
        )
        gauges.add("yaolu_audit_unsealed", "Audit rows not sealed yet.", lambda: self.waiting.unsealed)
        gauges.add(
            "yaolu_audit_unsealed_seconds",
            "How long the oldest of them has waited.",
            lambda: self.waiting.unsealed_seconds,
        )
        gauges.add("yaolu_cases_open", "Open cases by kind.", lambda: self.waiting.cases, "kind")
        gauges.add(
            "yaolu_database_connections", "Connections of the pool.", pool_figures, "database", "state"
        )
        return gauges
