"""A pharmacy's stock account over a period (购销存核对, FJ-2.5, FJ-9.5): ledger, settlements, counts."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tortoise import connections

from models import Agreement, Institution
from policy.calendar import SHANGHAI, end_of_day, shanghai_day
from policy.parameter import Parameter
from policy.parameters import ParameterNotFound
from policy.rule import rule
from policy.supervision import Balance, DrugFlow, balance, mismatch_limit
from policy.terms import AgreementState
from services.access import supervised_pharmacy
from services.actor import Call
from services.errors import BadInput
from services.facts import until_open

YEARS_MAX = timedelta(days=10 * 366)

FLOWS = """
WITH item AS (
    SELECT i.id, i.drug_id, i.price,
        (SELECT min(m.moved_at) FROM stock_movement m WHERE m.item_id = i.id) AS first_at
    FROM stock_item i JOIN drug d ON d.code = i.drug_id
    WHERE i.pharmacy_id = $1 AND d.list_class <> '03'
), moved AS (
    SELECT i.drug_id, i.price, m.kind, m.quantity, m.unit_cost, m.moved_at, m.fill_line_id,
        m.moved_at < $2 OR (m.kind = 'STOCK_TAKE' AND m.moved_at = i.first_at) AS is_opening
    FROM item i JOIN stock_movement m ON m.item_id = i.id WHERE m.moved_at < $3
), ledger AS (
    SELECT drug_id, max(price) AS shelf_price,
        coalesce(sum(quantity) FILTER (WHERE is_opening), 0) AS opening,
        coalesce(sum(quantity) FILTER (WHERE kind = 'PURCHASE' AND NOT is_opening), 0) AS purchased,
        coalesce(-sum(quantity) FILTER (WHERE kind = 'PURCHASE_RETURN' AND NOT is_opening), 0) AS returned,
        coalesce(sum(quantity) FILTER (WHERE kind = 'TRANSFER' AND NOT is_opening), 0) AS transferred,
        coalesce(sum(quantity) FILTER (WHERE kind = 'ADJUSTMENT' AND NOT is_opening), 0) AS adjusted,
        coalesce(-sum(quantity) FILTER (WHERE kind IN ('SALE', 'SALE_RETURN') AND NOT is_opening), 0) AS sold,
        coalesce(-sum(quantity) FILTER (WHERE kind IN ('SALE', 'SALE_RETURN') AND NOT is_opening
            AND fill_line_id IS NOT NULL), 0) AS recorded_insured,
        sum(quantity) AS closing,
        sum(quantity * unit_cost) FILTER (WHERE kind = 'SALE' AND NOT is_opening)
            / nullif(sum(quantity) FILTER (WHERE kind = 'SALE' AND NOT is_opening
                AND unit_cost IS NOT NULL), 0) AS sale_price,
        (array_agg(unit_cost ORDER BY moved_at DESC)
            FILTER (WHERE kind = 'PURCHASE' AND unit_cost IS NOT NULL))[1] AS cost
    FROM moved GROUP BY drug_id
), insured AS (
    SELECT l.drug_code AS drug_id, sum(l.quantity) AS settled,
        sum(l.total) / nullif(sum(l.quantity), 0) AS price
    FROM (
        SELECT l.drug_code, l.quantity, l.total
        FROM settlement s JOIN settlement_line l ON l.settlement_id = s.id
        WHERE s.pharmacy_id = $1 AND s.settled_at >= $2 AND s.settled_at < $3
        UNION ALL
        SELECT l.drug_code, -l.quantity, -l.total
        FROM reversal r JOIN reversal_line t ON t.reversal_id = r.id
        JOIN settlement_line l ON l.id = t.settlement_line_id
        WHERE r.pharmacy_id = $1 AND r.reversed_at >= $2 AND r.reversed_at < $3
    ) l JOIN drug d ON d.code = l.drug_code
    WHERE d.list_class <> '03'
    GROUP BY l.drug_code
)
SELECT coalesce(g.drug_id, n.drug_id) AS drug_code,
    coalesce(g.sale_price, n.price, g.shelf_price, g.cost, 0) AS price,
    coalesce(g.opening, 0) AS opening, coalesce(g.purchased, 0) AS purchased,
    coalesce(g.returned, 0) AS returned, coalesce(g.transferred, 0) AS transferred,
    coalesce(g.adjusted, 0) AS adjusted, coalesce(g.sold, 0) AS sold,
    coalesce(g.recorded_insured, 0) AS recorded_insured, coalesce(n.settled, 0) AS settled,
    coalesce(g.closing, 0) AS closing
FROM ledger g FULL JOIN insured n ON n.drug_id = g.drug_id ORDER BY 1
"""
"""Drugs outside the catalogue (丙类) are left out. The first count of a drug opens its account.

A reversal takes back what was settled in the days in which it was made, as its stock movements do.
"""

UNIT = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class StockAccount:
    """The account of a pharmacy from one day to another, both included (购销存核对), and the limit if any."""

    pharmacy: Institution
    since: date
    until: date
    balance: Balance
    limit: Parameter | None

    @property
    def method(self) -> str:
        """How the ratio is computed (口径): the article does not say, so we do."""
        return rule("YL-21").title


async def stock_account(
    call: Call, pharmacy_code: str | None, since: date | None, until: date | None
) -> StockAccount:
    """The stock account (购销存核对) of a pharmacy, over its agreement's term unless days are named."""
    pharmacy = await supervised_pharmacy(call, "购销存核对", pharmacy_code)
    today = shanghai_day(call.now)
    last = until or today
    if since is None:
        agreement = await agreement_on(pharmacy, last)
        if agreement is None:
            raise BadInput("since", f"药店 {pharmacy.code} 在 {last} 没有有效协议。请给出起止日期。")
        since = agreement.since
    if not since <= last <= today:
        raise BadInput("since", f"应满足 起 ≤ 止 ≤ 今天({today}),收到 {since} 至 {last}。")
    if last - since > YEARS_MAX:
        raise BadInput("since", f"一次至多核对十年,收到 {since} 至 {last}。")
    return await account_of(pharmacy, since, last)


async def account_of(pharmacy: Institution, since: date, until: date) -> StockAccount:
    """The account of these days."""
    found = balance(await flows(pharmacy.code, start_of(since), end_of_day(until)))
    try:
        limit = mismatch_limit(pharmacy.area, until)
    except ParameterNotFound:
        limit = None
    return StockAccount(pharmacy, since, until, found, limit)


async def flows(pharmacy_code: str, since: datetime, until: datetime) -> list[DrugFlow]:
    """What came and went of each catalogue drug (购销存), by drug code; `until` is excluded."""
    connection = connections.get("default")
    rows = await connection.execute_query_dict(FLOWS, [pharmacy_code, since, until])
    return [DrugFlow(**{**row, "price": row["price"].quantize(UNIT)}) for row in map(dict, rows)]


async def agreement_on(pharmacy: Institution, day: date) -> Agreement | None:
    """The agreement in force on that day (协议), the latest if several are."""
    rows = Agreement.filter(
        until_open(day), institution_id=pharmacy.code, state=AgreementState.ACTIVE, since__lte=day
    )
    return await rows.order_by("-since").first()


def start_of(day: date) -> datetime:
    """The first instant of a legal day."""
    return datetime.combine(day, time(), tzinfo=SHANGHAI)
