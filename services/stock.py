"""Stock rows of a pharmacy (库存): found and locked, what of them may be promised, their prices."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from tortoise.expressions import Q

from models import Drug, Institution, StockBatch, StockItem
from policy import stock as rules
from policy.identifiers import is_drug_code
from policy.rule import broken
from policy.terms import Role
from policy.violation import Code, Violation
from services.bulk import run
from services.entries import PRICE_MAX
from services.errors import BadInput, NotFound, Refused
from services.use_case import Work, use_case

LINES_MAX = 1000

HEARD_AGAIN = timedelta(minutes=1)
"""A pharmacy's row is not written at every movement: sales would queue behind each other."""

MAKE_ITEMS = """
INSERT INTO stock_item (id, pharmacy_id, drug_id, on_hand, held)
SELECT gen_random_uuid(), p.code, d.code, 0, 0 FROM drug d, unnest($1::text[]) AS p(code)
WHERE d.code = ANY($2::text[]) ORDER BY d.code ON CONFLICT (pharmacy_id, drug_id) DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class PriceEntry:
    """A new sale price (销售价), yuan per package."""

    drug_code: str
    price: Decimal


@use_case("setPrices", Institution)
async def set_prices(work: Work, prices: Sequence[PriceEntry]) -> Institution:
    """Set sale prices (销售价); a fill already requested keeps the price it was shown."""
    pharmacy = await counter(work, "设置售价")
    if not 1 <= len(prices) <= LINES_MAX:
        raise BadInput("prices", f"一次应有 1 至 {LINES_MAX} 条。")
    for number, entry in enumerate(prices, 1):
        if not is_drug_code(entry.drug_code):
            raise BadInput(f"prices[{number}].drugCode", f"{entry.drug_code!r} 不是医保药品编码。")
        if not 0 < entry.price <= PRICE_MAX:
            problem = f"应大于 0 且不超过 {PRICE_MAX},收到 {entry.price}。"
            raise BadInput(f"prices[{number}].price", problem)
    items = await lock_items(pharmacy, [entry.drug_code for entry in prices])
    for entry in prices:
        items[entry.drug_code].price = entry.price
    await StockItem.bulk_update(items.values(), fields=["price"])
    await heard(work, pharmacy.code)
    return pharmacy


@use_case("heartbeat", Institution)
async def heartbeat(work: Work) -> Institution:
    """A pharmacy's system says that it is there though nothing moves (心跳)."""
    pharmacy = await counter(work, "心跳")
    await heard(work, pharmacy.code)
    return pharmacy


async def counter(work: Work, what: str) -> Institution:
    """The caller's own pharmacy."""
    work.call.require(what, Role.PHARMACY, Role.PHARMACIST)
    pharmacy = await Institution.get_or_none(code=work.actor.institution or "")
    if pharmacy is None:
        raise NotFound("药店", work.actor.institution)
    return pharmacy


async def heard(work: Work, pharmacy_code: str) -> None:
    """The pharmacy was heard of just now (心跳), its stock may have changed: a use case's last step."""
    is_due = Q(heard_at__isnull=True) | Q(heard_at__lte=work.now - HEARD_AGAIN)
    await Institution.filter(is_due, code=pharmacy_code).update(heard_at=work.now)
    work.stock_changed(pharmacy_code)


async def lock_items(pharmacy: Institution, codes: Sequence[str]) -> dict[str, StockItem]:
    """The stock rows of these drugs, made where missing, locked in the order of their ids."""
    items = await lock_known_items(pharmacy, codes)
    if unknown := sorted(set(codes) - items.keys()):
        raise Refused([unknown_drug(code) for code in unknown])
    return items


async def lock_known_items(pharmacy: Institution, codes: Iterable[str]) -> dict[str, StockItem]:
    """The stock rows of those drugs that the catalogue has, as `lock_items` does."""
    wanted = sorted(set(codes))
    items = await locked(pharmacy, wanted)
    if len(items) < len(wanted) and await Drug.filter(code__in=wanted).exists():
        await run(MAKE_ITEMS, [pharmacy.code], wanted)
        items = await locked(pharmacy, wanted)
    return items


async def locked(pharmacy: Institution, codes: Sequence[str]) -> dict[str, StockItem]:
    """The rows there are, locked."""
    rows = (
        await StockItem.select_for_update()
        .filter(pharmacy_id=pharmacy.code, drug_id__in=list(codes))
        .order_by("id")
    )
    return {row.drug_id: row for row in rows}


async def availability(items: Sequence[StockItem], on: date) -> dict[str, Decimal]:
    """What may still be promised of each locked drug (可配数量); one without a price can't be sold."""
    unswept = [item.id for item in items if item.next_expiry is not None and item.next_expiry < on]
    batches = await StockBatch.filter(item_id__in=unswept, on_hand__gt=0) if unswept else []
    found = {}
    for item in items:
        amount = item.sellable
        if item.id in unswept:
            amount, _ = rules.sellable([batch for batch in batches if batch.item_id == item.id], on)
        found[item.drug_id] = max(amount - item.held, Decimal(0)) if item.price is not None else Decimal(0)
    return found


def unknown_drug(code: str) -> Violation:
    """A code that the catalogue does not have."""
    text = f"药品编码 {code} 不在药品目录中。请核对编码。"
    return broken(Code.UNKNOWN_DRUG, "YL-8", text)
