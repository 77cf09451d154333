"""How many movements a second 1,000-line calls record (进销存登记), against bare COPY in the same run.

python -m bench.stock
"""

import asyncio
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from time import perf_counter
from uuid import UUID, uuid4

from tortoise import Tortoise
from tortoise.transactions import in_transaction

from engines.images import ImageStore
from engines.keys import KeyRing
from models import Drug, StockItem, StockMovement
from models.config import orm_config
from ops.embedded import create_database, discard_engines, embedded_engines
from ops.world.cast import FUJIAN_PHARMACY
from ops.world.days import DEMO_NOW
from ops.world.seeding import seed_world
from policy.terms import DrugKind, MovementKind, Role
from services.actor import Actor, Call, SilentBell, Tools
from services.batches import MOVEMENT
from services.bulk import copy_in
from services.entries import StockEntry
from services.movements import record_movements

LINES, CALLS, PHARMACIES = 1000, 30, 24
COUNTER = Actor(Role.PHARMACY, FUJIAN_PHARMACY, institution=FUJIAN_PHARMACY)


def delivery(drugs: list[Drug], number: int) -> list[StockEntry]:
    """A thousand purchases with everything FJ-2.5 asks for."""
    return [
        StockEntry(
            drug_code=drug.code,
            kind=MovementKind.PURCHASE,
            quantity=Decimal(1 + line % 20),
            batch_number=f"B{number // 4:03d}-{line // len(drugs):03d}",
            made_on=date(2025, 11, 1),
            expires_on=date(2028, 10, 31),
            approval_number=drug.approval_number,
            supplier="示例医药配送甲公司",
            unit_cost=Decimal("9.87"),
            delivery_note=f"SH-{number}",
            invoice_number=f"FP-{number}",
            reference=f"RK-{number}",
        )
        for line in range(LINES)
        for drug in [drugs[line % len(drugs)]]
    ]


async def added_up() -> bool:
    """Whether every figure is the sum of its movements."""
    sums: dict[UUID, Decimal] = {}
    for movement in await StockMovement.filter(item__pharmacy_id=FUJIAN_PHARMACY):
        sums[movement.item_id] = sums.get(movement.item_id, Decimal(0)) + movement.quantity
    items = await StockItem.filter(pharmacy_id=FUJIAN_PHARMACY)
    return all(item.on_hand == sums.get(item.id, Decimal(0)) for item in items)


async def bare(rows: int) -> float:
    """Seconds that the database needs for the same rows without any rule."""
    item = await StockItem.filter(pharmacy_id=FUJIAN_PHARMACY).first()
    assert item is not None
    spent = 0.0
    for _ in range(rows // LINES):
        columns = {"item_id": item.id, "kind": "PURCHASE", "quantity": Decimal(0), "moved_at": DEMO_NOW}
        texts = {
            "batch_number": "B",
            "supplier": "S",
            "trace_codes": "[]",
            "reference": "R",
            "recorded_by": "B",
        }
        values = dict.fromkeys(MOVEMENT, "") | dict.fromkeys(
            ("batch_id", "made_on", "expires_on", "counted", "original_id", "fill_line_id", "unit_cost")
        )
        values |= {"is_gift": False, "is_split": False, **columns, **texts}
        made = [tuple((values | {"id": uuid4()})[name] for name in MOVEMENT) for _ in range(LINES)]
        began = perf_counter()
        async with in_transaction():
            await copy_in("stock_movement", MOVEMENT, made)
        spent += perf_counter() - began
    return spent


async def measure(database_url: str, redis_url: str, folder: Path) -> None:
    """Record, look whether it adds up, print."""
    keys = KeyRing.generate()
    await seed_world(database_url, keys, PHARMACIES, bar=False)
    context = await Tortoise.init(config=orm_config(database_url), _enable_global_fallback=True)
    tools = Tools(SilentBell(), keys, ImageStore(folder.as_uri(), keys))
    drugs = (
        await Drug.filter(kind=DrugKind.WESTERN, is_consumable=False)
        .exclude(approval_number="")
        .order_by("code")
    )
    calls = [delivery(drugs, number) for number in range(CALLS)]
    began = perf_counter()
    for entries in calls:
        await record_movements(Call(COUNTER, DEMO_NOW, tools, str(uuid4())), entries=entries)
    spent = perf_counter() - began
    correct = await added_up()
    floor = await bare(CALLS * LINES)
    many = CALLS * LINES
    print(f"{many:,} movements in calls of {LINES:,}: {spent:.2f} s, {many / spent:,.0f} a second")
    print(f"COPY of as many rows, no rules: {floor:.2f} s; the calls take {spent / floor:.1f} times that")
    print(f"every figure is the sum of its movements: {'yes' if correct else 'NO'}")
    await context.close_connections()


async def main(engines_home: Path) -> None:
    """On engines of its own, which are gone afterwards."""
    with embedded_engines(engines_home, fast=True) as urls:
        url = await create_database(urls.database_url, "bench_stock")
        await measure(url, urls.redis_url, engines_home / "images")
    discard_engines(engines_home)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        (Path(name) / "images").mkdir()
        asyncio.run(main(Path(name)))
