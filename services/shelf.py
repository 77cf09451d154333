"""A pharmacy's own shelf (本店库存), page by page."""

from collections import defaultdict
from uuid import UUID

from models import StockBatch, StockItem
from policy.stock import expiry_order


async def shelf(
    pharmacy_code: str, limit: int, after: str | None
) -> tuple[list[StockItem], dict[UUID, list[StockBatch]]]:
    """Stock rows in the order of their drugs' codes, and the batches of each that hold something."""
    rows = StockItem.filter(pharmacy_id=pharmacy_code)
    rows = rows.filter(drug_id__gt=after) if after is not None else rows
    page = await rows.order_by("drug_id").limit(limit)
    batches: dict[UUID, list[StockBatch]] = defaultdict(list)
    for batch in await StockBatch.filter(item_id__in=[row.id for row in page], on_hand__gt=0):
        batches[batch.item_id].append(batch)
    for found in batches.values():
        found.sort(key=expiry_order)
    return page, batches
