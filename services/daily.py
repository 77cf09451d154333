"""Every pharmacy's day (日对账), compared by the worker: bills, ledger and stock."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from tortoise import connections

from models import Case, Institution, ReconciliationDay
from policy.calendar import shanghai_day, start_of_day
from policy.terms import CaseKind, ReconcileResult
from services.access import supervised_pharmacy
from services.actor import Call
from services.spans import check_span
from services.use_case import Work, use_case

BATCH = 20
DAYS_BACK = 7
"""How many past days are made up for, when workers were away."""

DAYS_MAX = 31

DUE = """
WITH sold AS (
  SELECT DISTINCT pharmacy_id, (settled_at AT TIME ZONE 'Asia/Shanghai')::date AS day
  FROM settlement WHERE settled_at >= $1 AND settled_at < $2
  UNION SELECT pharmacy_id, (reversed_at AT TIME ZONE 'Asia/Shanghai')::date
  FROM reversal WHERE reversed_at >= $1 AND reversed_at < $2
)
SELECT s.pharmacy_id, s.day FROM sold s
LEFT JOIN reconciliation_day d ON d.pharmacy_id = s.pharmacy_id AND d.day = s.day
WHERE d.compared_at IS NULL ORDER BY random() LIMIT $3
"""
"""In no order: workers keep out of each other's way, and what fails does not keep the rest waiting."""

TAKE = """
INSERT INTO reconciliation_day (id, pharmacy_id, day, settlements, reversals, total, fund_total, differences,
                                compared_at)
VALUES (gen_random_uuid(), $1, $2, 0, 0, 0, 0, 0, $3)
ON CONFLICT (pharmacy_id, day) DO UPDATE SET compared_at = $3 WHERE reconciliation_day.compared_at IS NULL
RETURNING id
"""

FILED = """
INSERT INTO reconciliation_day (id, pharmacy_id, day, settlements, reversals, total, fund_total, differences,
                                filed_at, filed_result)
VALUES (gen_random_uuid(), $1, $2, 0, 0, 0, 0, 0, $3, $4)
ON CONFLICT (pharmacy_id, day) DO UPDATE SET filed_at = $3, filed_result = $4
"""

SUMS = """
SELECT count(*) FILTER (WHERE sign = 1) AS settlements, count(*) FILTER (WHERE sign = -1) AS reversals,
       COALESCE(sum(sign * total), 0) AS total, COALESCE(sum(sign * fund_total), 0) AS fund_total
FROM (
  SELECT 1 AS sign, total, fund_total FROM settlement
  WHERE pharmacy_id = $1 AND settled_at >= $2 AND settled_at < $3
  UNION ALL
  SELECT -1, total, fund_total FROM reversal WHERE pharmacy_id = $1 AND reversed_at >= $2 AND reversed_at < $3
) d
"""

DIFFERENCES = """
WITH booked AS (
  SELECT s.id, s.number, 1 AS sign, s.total, s.id AS settlement_id FROM settlement s
  WHERE s.pharmacy_id = $1 AND s.settled_at >= $2 AND s.settled_at < $3
  UNION ALL
  SELECT r.id, r.number, -1, r.total, NULL FROM reversal r
  WHERE r.pharmacy_id = $1 AND r.reversed_at >= $2 AND r.reversed_at < $3
), found AS (
  SELECT b.number, b.sign * b.total AS total,
    (SELECT COALESCE(sum(p.credit - p.debit), 0) FROM journal_entry e JOIN posting p ON p.entry_id = e.id
     JOIN account a ON a.id = p.account_id
     WHERE e.reference = b.number AND a.kind IN ('PHARMACY_PAYABLE', 'PHARMACY_CASH_SALES')) AS ledger,
    b.settlement_id,
    (SELECT sum(l.total) FROM settlement_line l WHERE l.settlement_id = b.settlement_id) AS lines,
    (SELECT sum(l.quantity) FROM settlement_line l WHERE l.settlement_id = b.settlement_id) AS sold,
    (SELECT COALESCE(-sum(m.quantity), 0) FROM stock_movement m JOIN stock_item i ON i.id = m.item_id
     WHERE m.reference = b.number AND m.kind = 'SALE' AND i.pharmacy_id = $1) AS moved
  FROM booked b
)
SELECT number, total, ledger, lines, sold, moved FROM found
WHERE ledger <> total OR settlement_id IS NOT NULL AND (lines IS DISTINCT FROM total OR sold <> moved)
ORDER BY number
"""
"""What does not agree with itself: the bill with the ledger, with its lines, these with the stock sold."""


async def reconcile_due(call: Call) -> int:
    """Compare the past days that nobody compared yet (每日对账); gives how many.

    Each pharmacy's day in its own transaction; what went wrong is raised at the end, together.
    """
    today = shanghai_day(call.now)
    span = [start_of_day(today - timedelta(days=DAYS_BACK)), start_of_day(today)]
    rows = await connections.get("default").execute_query_dict(DUE, [*span, BATCH])
    failed: list[Exception] = []
    for row in rows:
        try:
            await reconcile_day(call, pharmacy_code=row["pharmacy_id"], day=row["day"])
        except Exception as error:  # an edge: it is raised again below
            failed.append(error)
    if failed:
        raise ExceptionGroup("some days were not reconciled", failed)
    return len(rows)


@use_case("reconcileDay", Institution)
async def reconcile_day(work: Work, pharmacy_code: str, day: date) -> Institution:
    """Compare one pharmacy's day with itself (日对账), once; what differs becomes a case each, once."""
    pharmacy = await Institution.get(code=pharmacy_code)
    connection = connections.get("default")
    # another worker who took the day first holds this row until it has committed
    if not await connection.execute_query_dict(TAKE, [pharmacy.code, day, work.now]):
        return pharmacy
    given = [pharmacy.code, start_of_day(day), start_of_day(day + timedelta(days=1))]
    (sums,) = await connection.execute_query_dict(SUMS, given)
    rows = await connection.execute_query_dict(DIFFERENCES, given)
    row = ReconciliationDay.filter(pharmacy_id=pharmacy.code, day=day)
    await row.update(**sums, differences=len(rows))
    if rows:
        await work.open_cases([difference_case(work.now, pharmacy.code, day, one) for one in rows])
    return pharmacy


def difference_case(now: datetime, pharmacy: str, day: date, row: dict[str, Any]) -> Case:
    """The case of a settlement or reversal whose accounts differ: one per number."""
    words = f"结算额 {row['total']} 元,记账 {row['ledger']} 元"
    if row["lines"] is not None:
        words += f",明细 {row['lines']} 元;售出 {row['sold']:f},出库 {row['moved']:f}"
    return Case(
        key=f"{CaseKind.RECONCILIATION_DIFFERENCE}:{row['number']}",
        kind=CaseKind.RECONCILIATION_DIFFERENCE,
        pharmacy_id=pharmacy,
        reference=row["number"],
        text=f"{day} 单号 {row['number']}:{words}。请药店与经办机构核对。",
        opened_at=now,
        opened_by="日对账",
    )


async def filed(call: Call, since: date, until: date, result: ReconcileResult) -> None:
    """Remember that the caller's pharmacy compared a whole day that is over (药店已对账), and how it went."""
    if since != until or since >= shanghai_day(call.now) or call.actor.institution is None:
        return
    values = [call.actor.institution, since, call.now, result]
    await connections.get("default").execute_query(FILED, values)


async def reconciliation_days(
    call: Call, code: str | None, since: date, until: date
) -> Sequence[ReconciliationDay]:
    """A pharmacy's days (日对账), newest first: for itself, its agency, and who supervises."""
    pharmacy = await supervised_pharmacy(call, "日对账", code)
    check_span(since, until, DAYS_MAX)
    rows = ReconciliationDay.filter(pharmacy_id=pharmacy.code, day__gte=since, day__lte=until)
    return await rows.order_by("-day")
