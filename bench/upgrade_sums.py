"""What must be so when an upgrade is over (升级后的核对): each look says what is wrong, or nothing."""

from collections.abc import Iterator
from typing import Any

from bench.upgrade_crowd import COUNTERS, Crowd

USED = "used funds are settlements without reversals"
SUMS = {
    "debits equal credits": "SELECT 1 FROM posting HAVING sum(debit) <> sum(credit)",
    "balances are what was posted": """
        SELECT a.owner FROM account a LEFT JOIN posting p ON p.account_id = a.id WHERE a.balance IS NOT NULL
        GROUP BY a.id HAVING a.balance <> coalesce(sum(p.credit - p.debit), 0)""",
    "each settlement's entry is its total": """
        SELECT s.number FROM settlement s LEFT JOIN journal_entry e ON e.reference = s.number
        LEFT JOIN posting p ON p.entry_id = e.id
        GROUP BY s.id HAVING s.total IS DISTINCT FROM sum(p.debit)""",
    USED: """
        SELECT a.member_id FROM accumulator a JOIN (
            SELECT member_id, sum(pooled) AS pooled FROM (
                SELECT member_id, pooled_fund AS pooled FROM settlement
                UNION ALL SELECT member_id, -pooled_fund FROM reversal) moved GROUP BY member_id) m
        ON m.member_id = a.member_id GROUP BY a.member_id, m.pooled HAVING sum(a.fund_used) <> m.pooled""",
    "on hand is what moved": """
        SELECT i.id FROM stock_item i LEFT JOIN stock_movement m ON m.item_id = i.id
        GROUP BY i.id HAVING i.on_hand <> coalesce(sum(m.quantity), 0)""",
    "on hand is what the batches have": """
        SELECT i.id FROM stock_item i LEFT JOIN stock_batch b ON b.item_id = i.id
        GROUP BY i.id HAVING i.on_hand <> coalesce(sum(b.on_hand), 0)""",
    "held is what is kept for somebody": """
        SELECT i.id FROM stock_item i LEFT JOIN stock_hold h ON h.item_id = i.id AND h.ended_at IS NULL
        GROUP BY i.id HAVING i.held <> coalesce(sum(h.quantity), 0)""",
    "no job is left": "SELECT id FROM job WHERE state <> 'DONE'",
    "no check waits for its verdict": "SELECT id FROM identity_check WHERE decided_at IS NULL",
    "events are numbered without gaps": """
        SELECT t.name FROM topic t LEFT JOIN event e ON e.topic = t.name
        GROUP BY t.name, t.sequence HAVING count(e.id) <> t.sequence OR max(e.sequence) <> t.sequence""",
}

DUE = """
SELECT id FROM (SELECT id FROM settlement UNION ALL SELECT id FROM reversal) made
WHERE id NOT IN (SELECT id FROM clearing_due)
"""
"""What is to be claimed, kept by the database since one of our versions."""


async def wrong_sums(connection: Any) -> dict[str, int]:
    """How many rows of each look are wrong."""
    looks = dict(SUMS)
    if await connection.fetchval("SELECT to_regclass('clearing_due')"):
        looks["all that was settled can be claimed"] = DUE
    return {what: len(await connection.fetch(query)) for what, query in looks.items()}


async def lost(connection: Any, crowd: Crowd) -> dict[str, int]:
    """How much of what was answered is not in the database, or there twice."""
    settled = await connection.fetch("SELECT fill_id::text AS of, id::text FROM settlement")
    taken_back = await connection.fetch("SELECT settlement_id::text AS of, id::text FROM reversal")
    lapsed = await connection.fetchval(
        "SELECT count(*) FROM fill WHERE id = ANY($1::text[]::uuid[]) AND state = 'EXPIRED'", crowd.lapsing
    )
    found = {
        "settlements are those that were answered": differences(crowd.settled, settled),
        "reversals are those that were answered": differences(crowd.reversed, taken_back),
        "what nobody fetched has lapsed": len(crowd.lapsing) - lapsed,
    }
    for pharmacy, _ in COUNTERS:
        last = await connection.fetchval(
            "SELECT sequence FROM topic WHERE name = $1", f"institution:{pharmacy}"
        )
        heard = crowd.events[pharmacy]
        wanted = list(range(heard[0] if heard else 1, (last or 0) + 1))
        found[f"{pharmacy} heard each event once, in order"] = int(heard != wanted)
    return found


def differences(heard: dict[str, str], rows: list[Any]) -> int:
    """How many differ between what was heard and what is kept."""
    kept = [(row["of"], row["id"]) for row in rows]
    return len(set(kept) ^ set(heard.items())) + len(kept) - len(set(kept))


def faults_of(text: str) -> Iterator[str]:
    """The events of a log that tell of a fault of ours."""
    for line in text.splitlines():
        for event in FAULTS:
            # that of versions whose worker, told to stop, says so of what it had begun
            if event in line and "PoolStopped" not in line:
                yield event


FAULTS = (
    "graphql.fault",
    "operation.fault",
    "http.fault",
    "socket.fault",
    "worker.round_failed",
    "job.failed",
    "Traceback",
)
