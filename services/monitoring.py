"""What is looked at every day without being asked (监测, FJ-9.1): prices and stock accounts."""

from datetime import date

from tortoise import connections

from models import Case, Institution
from policy.calendar import shanghai_day
from policy.parameters import ParameterNotFound
from policy.price_watch import PriceAlert, PriceAlertKind, is_due_soon
from policy.supervision import consequence, is_mismatch, mismatch_limit
from policy.terms import CaseKind, CaseState, EventKind
from services.actor import Call
from services.price_alerts import price_alerts
from services.stock_account import StockAccount, account_of, agreement_on
from services.topics import institution_topic
from services.use_case import Work, use_case

BATCH = 20
"""How many pharmacies one round looks at; the next round takes the rest."""

DUE = """
SELECT i.code FROM institution i LEFT JOIN monitor_run r ON r.pharmacy_id = i.code
WHERE i.kind = 'PHARMACY' AND (r.ran_on IS NULL OR r.ran_on < $1) ORDER BY random() LIMIT $2
"""
"""In no order: workers keep out of each other's way, and what fails does not keep the rest waiting."""

TAKE = """
INSERT INTO monitor_run (id, pharmacy_id, ran_on) VALUES (gen_random_uuid(), $1, $2)
ON CONFLICT (pharmacy_id) DO UPDATE SET ran_on = $2 WHERE monitor_run.ran_on < $2 RETURNING pharmacy_id
"""


async def monitor_due(call: Call) -> int:
    """Look at pharmacies that nobody looked at today (每日监测); gives how many.

    Each in its own transaction: one that fails does not keep the others; what went wrong is raised at
    the end, together.
    """
    today = shanghai_day(call.now)
    rows = await connections.get("default").execute_query_dict(DUE, [today, BATCH])
    failed: list[Exception] = []
    for row in rows:
        try:
            await monitor_pharmacy(call, pharmacy_code=row["code"])
        except Exception as error:  # an edge: it is raised again below
            failed.append(error)
    if failed:
        raise ExceptionGroup("some pharmacies were not monitored", failed)
    return len(rows)


@use_case("monitorPharmacy", Institution)
async def monitor_pharmacy(work: Work, pharmacy_code: str) -> Institution:
    """Look at one pharmacy's prices and stock account (监测), once a day whoever else does."""
    pharmacy = await Institution.get(code=pharmacy_code)
    today = shanghai_day(work.now)
    connection = connections.get("default")
    # another worker who took the day first holds this row until it has committed
    if not await connection.execute_query_dict(TAKE, [pharmacy.code, today]):
        return pharmacy
    try:
        await watch_prices(work, pharmacy, today)
        await watch_stock(work, pharmacy, today)
    except ParameterNotFound:
        pass  # no regulation of this area and day asks for it
    return pharmacy


async def watch_prices(work: Work, pharmacy: Institution, today: date) -> None:
    """Open a case for every price above its ceiling, and warn of those that must follow soon (FJ-6.4)."""
    alerts = await price_alerts(pharmacy, today)
    above = [
        price_case(work, pharmacy, item.drug_id, alert)
        for item, alert in alerts
        if alert.kind == PriceAlertKind.ABOVE_CEILING
    ]
    if above:
        await work.open_cases(above)
    if any(is_due_soon(alert, pharmacy.area, today) for _, alert in alerts):
        work.tell(EventKind.PRICE_FOLLOW_DUE, institution_topic(pharmacy.code))


def price_case(work: Work, pharmacy: Institution, drug_code: str, alert: PriceAlert) -> Case:
    """The case of a price above its ceiling: one per pharmacy, drug and ceiling."""
    since = f";调整期限至 {alert.last_day.isoformat()},已过" if alert.last_day else ""
    top = alert.ceiling
    return Case(
        key=f"{CaseKind.PRICE_ABOVE_CEILING}:{pharmacy.code}:{drug_code}:{top.amount:f}",
        kind=CaseKind.PRICE_ABOVE_CEILING,
        pharmacy_id=pharmacy.code,
        drug_id=drug_code,
        reference=f"{top.amount:f}",
        text=f"售价 {alert.price:f} 元,最高 {top.amount:f} 元({top.basis}){since}。",
        opened_at=work.now,
        opened_by="价格监测",
    )


async def watch_stock(work: Work, pharmacy: Institution, today: date) -> None:
    """Open a case when the account over the agreement's term is off by the limit or more (FJ-9.5)."""
    mismatch_limit(pharmacy.area, today)  # where none is set there is nothing to compute
    agreement = await agreement_on(pharmacy, today)
    if agreement is None:
        return
    account = await account_of(pharmacy, agreement.since, today)
    if not is_mismatch(account.balance, pharmacy.area, today):
        return
    waiting = Case.filter(pharmacy_id=pharmacy.code, kind=CaseKind.VALUE_MISMATCH, state=CaseState.OPEN)
    if not await waiting.exists():
        await work.open_cases([mismatch_case(work, account, str(agreement.id), today)])


def mismatch_case(work: Work, account: StockAccount, agreement: str, today: date) -> Case:
    """The case of an account that is off: once a month while it goes on, never beside an open one."""
    found, limit = account.balance, account.limit
    assert limit is not None, "a mismatch is one by a limit"
    text = (
        f"协议期 {account.since} 至 {account.until}:应有 {found.supply} 元,应销 {found.expected} 元,"
        f"实销 {found.actual} 元,各药品不符合计 {found.difference} 元,占 {found.ratio:.2%},"
        f"达到 {limit.amount:.0%} 及以上({limit.basis})。{consequence(account.pharmacy.area, today)}"
    )
    return Case(
        key=f"{CaseKind.VALUE_MISMATCH}:{account.pharmacy.code}:{agreement}:{today:%Y-%m}",
        kind=CaseKind.VALUE_MISMATCH,
        pharmacy_id=account.pharmacy.code,
        reference=f"{account.since}/{account.until}",
        text=text,
        evidence=[row.drug_code for row in found.flows if row.difference][:50],
        opened_at=work.now,
        opened_by="购销存监测",
    )
