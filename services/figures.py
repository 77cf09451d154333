"""What waits in the tables (积压), counted for the metrics page and for `yaolu doctor`."""

from dataclasses import dataclass, field
from datetime import datetime

from tortoise import connections

JOBS = """
SELECT kind, state, count(*) AS jobs, count(*) FILTER (WHERE attempts > 3) AS stuck,
       extract(epoch FROM $1::timestamptz - min(due_at))::float8 AS late
FROM job WHERE state <> 'DONE' GROUP BY kind, state
"""
UNSEALED = """
SELECT count(*) AS entries, coalesce(extract(epoch FROM $1::timestamptz - min(e.at)), 0)::float8 AS oldest
FROM audit_unsealed u JOIN audit_entry e ON e.id = u.entry_id
"""
CASES = "SELECT kind, count(*) AS cases FROM case_file WHERE state = 'OPEN' GROUP BY kind"

Counts = dict[tuple[str, ...], float]


@dataclass(slots=True)
class Backlog:
    """What waits (积压情况): jobs by kind and state, and how many seconds the oldest is overdue."""

    jobs: Counts = field(default_factory=dict)
    stuck: Counts = field(default_factory=dict)
    late: Counts = field(default_factory=dict)
    unsealed: float = 0
    unsealed_seconds: float = 0
    cases: Counts = field(default_factory=dict)


async def backlog(now: datetime) -> Backlog:
    """Count what waits now."""
    connection = connections.get("default")
    found = Backlog()
    for row in await connection.execute_query_dict(JOBS, [now]):
        found.jobs[row["kind"], row["state"]] = row["jobs"]
        if row["state"] == "PENDING":
            found.stuck[row["kind"],] = row["stuck"]
            found.late[row["kind"],] = max(0.0, row["late"])
    (waiting,) = await connection.execute_query_dict(UNSEALED, [now])
    found.unsealed, found.unsealed_seconds = waiting["entries"], max(0.0, waiting["oldest"])
    for row in await connection.execute_query_dict(CASES):
        found.cases[row["kind"],] = row["cases"]
    return found
