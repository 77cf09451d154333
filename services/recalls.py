"""Batches that must not be sold any more (召回、过期)."""

from datetime import date

from tortoise import connections
from tortoise.expressions import Q
from tortoise.transactions import in_transaction

from models import Drug, StockBatch, StockItem
from policy.calendar import shanghai_day
from policy.terms import Role
from services.actor import Call
from services.batches import ledger_of
from services.errors import BadInput, NotFound, check_text
from services.stock import heard
from services.topics import stock_topic
from services.use_case import Work, use_case

SWEEP = 500
"""How many stock rows one round counts anew; the next round takes the rest."""

EXPIRED = """
SELECT id FROM stock_item WHERE next_expiry < $1 ORDER BY next_expiry LIMIT $2
"""


@use_case("recallBatch", Drug)
async def recall_batch(work: Work, drug_code: str, batch_number: str, reason: str) -> Drug:
    """Take a batch off sale (批次召回): a pharmacy its own boxes, an agency those of its area."""
    work.call.require("批次召回", Role.PHARMACY, Role.PHARMACIST, Role.AGENCY)
    check_text("drugCode", drug_code, 23)
    check_text("batchNumber", batch_number, 30)
    check_text("reason", reason, 200)
    if not batch_number.strip() or not reason.strip():
        raise BadInput("reason", "请写明批号和召回原因。")
    drug = await Drug.get_or_none(code=drug_code)
    if drug is None:
        raise NotFound("药品", drug_code)
    mine = (
        Q(item__pharmacy__area=work.actor.area)
        if work.actor.role == Role.AGENCY
        else Q(item__pharmacy_id=work.actor.institution)
    )
    found = await StockBatch.filter(mine, item__drug_id=drug_code, batch_number=batch_number)
    if not found:
        raise NotFound("批次", batch_number)
    items = (
        await StockItem.select_for_update().filter(id__in=[batch.item_id for batch in found]).order_by("id")
    )
    await StockBatch.filter(id__in=[batch.id for batch in found], recalled_at__isnull=True).update(
        recalled_at=work.now, recall_reason=reason
    )
    await (await ledger_of(items, work.now, work.actor.caller)).save_items()
    if work.actor.role == Role.AGENCY:
        for item in items:
            work.stock_changed(item.pharmacy_id)
    else:
        await heard(work, work.actor.institution or "")
    return drug


async def sweep_expired(call: Call) -> int:
    """Count anew what may be sold where a batch has run out (过期批次下架); gives how many rows changed."""
    today = shanghai_day(call.now)
    due = await due_items(today)
    if not due:
        return 0
    async with in_transaction():
        items = (
            await StockItem.select_for_update(skip_locked=True)
            .filter(id__in=due, next_expiry__lt=today)
            .order_by("id")
        )
        await (await ledger_of(items, call.now, call.actor.caller)).save_items()
    await call.tools.bell.ring({stock_topic(item.pharmacy_id) for item in items})
    return len(items)


async def due_items(today: date) -> list[object]:
    """Stock rows whose figure still counts an expired batch."""
    rows = await connections.get("default").execute_query_dict(EXPIRED, [today, SWEEP])
    return [row["id"] for row in rows]
