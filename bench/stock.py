"""How many movements a second are recorded (进销存登记): files through the API, and calls of 1,000 lines.

python -m bench.stock [--rows 60000]

Beside them, in the same run: bare COPY of as many rows, and how long others wait while a file is recorded.
"""

import argparse
import asyncio
import os
import statistics
import tempfile
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from time import perf_counter
from uuid import uuid4

from tortoise.transactions import in_transaction

from bench.processor import processor_seconds
from models import Drug, StockItem, StockMovement
from ops.client import Client
from ops.embedded import create_database, discard_engines, embedded_engines
from ops.tokens import token_for
from ops.world.cast import FUJIAN_PHARMACY
from ops.world.days import DEMO_NOW
from ops.world.seeding import seed_world
from policy.terms import DrugKind, MovementKind, Role
from services.actor import Actor, Call
from services.bulk import copy_in, new_ids, rows_of
from services.entries import StockEntry
from services.movements import record_movements
from services.stock_rows import MOVEMENT
from tests.house import House, open_house
from tests.stock.spreadsheet import Cell, csv_of, workbook
from tests.world import keys

LINES, PHARMACIES, ROUNDS = 1000, 24, 3
DATABASE = "bench_stock"
COUNTER = Actor(Role.PHARMACY, FUJIAN_PHARMACY, institution=FUJIAN_PHARMACY)
HEADER = ["医保药品编码", "数量", "生产批号", "生产日期", "有效期止", "批准文号", "供货单位", "单价"]
HEADER += ["随货单号", "采购发票号", "单据号"]

UPLOAD = """mutation M($input: UploadStockInput!) {
  uploadStock(input: $input) {
    ... on StockUpload { lines sheet }
    ... on Refusal { violations { code message rule } }
  }
}"""

SUMS = """
SELECT count(*) FROM stock_item i
WHERE i.on_hand <> (SELECT coalesce(sum(quantity), 0) FROM stock_movement m WHERE m.item_id = i.id)
   OR i.on_hand <> (SELECT coalesce(sum(on_hand), 0) FROM stock_batch b WHERE b.item_id = i.id)
"""


def delivery(drugs: list[Drug], number: int, lines: int) -> list[StockEntry]:
    """Purchases with everything FJ-2.5 asks for; two thousand lines make a delivery."""
    return [
        StockEntry(
            drug_code=drug.code,
            kind=MovementKind.PURCHASE,
            quantity=Decimal(1 + line % 20),
            batch_number=f"B{number // 4:03d}-{line // len(drugs) % 7:03d}",
            made_on=date(2025, 11, 1),
            expires_on=date(2028, 10, 31),
            approval_number=drug.approval_number,
            supplier="示例医药配送甲公司",
            unit_cost=Decimal("9.87"),
            delivery_note=f"SH-{number}-{line // 2000}",
            invoice_number=f"FP-{number}-{line // 2000}",
            reference=f"RK-{number}-{line // 2000}",
        )
        for line in range(lines)
        for drug in [drugs[line % len(drugs)]]
    ]


def table(entries: list[StockEntry]) -> list[list[Cell]]:
    """The same as a spreadsheet."""
    rows: list[list[Cell]] = [list(HEADER)]
    for one in entries:
        texts = [one.batch_number, str(one.made_on), str(one.expires_on), one.approval_number, one.supplier]
        numbers = [one.delivery_note, one.invoice_number, one.reference]
        rows.append([one.drug_code, int(one.quantity), *texts, 9.87, *numbers])
    return rows


async def bare(rows: int) -> float:
    """Seconds that the database needs for the same rows without any rule (裸写)."""
    item = await StockItem.filter(pharmacy_id=FUJIAN_PHARMACY, batches__on_hand__gt=0).first()
    assert item is not None
    movement = await StockMovement.filter(item_id=item.id).first()
    assert movement is not None
    values = {name: getattr(movement, name) for name in MOVEMENT}
    values |= {"kind": movement.kind.value, "quantity": Decimal(0), "trace_codes": "[]"}
    rest = tuple(values[name] for name in MOVEMENT if name != "id")
    made = [(number, *rest) for number in islice(new_ids(DEMO_NOW), rows)]
    began = perf_counter()
    async with in_transaction():
        await copy_in("stock_movement", MOVEMENT, made)
    return perf_counter() - began


async def waits(house: House, work: Awaitable[object]) -> tuple[float, list[float]]:
    """Seconds that some work takes, and milliseconds that each small request beside it takes (旁路延迟)."""
    task = asyncio.ensure_future(work)
    began, found = perf_counter(), []
    while not task.done():
        asked = perf_counter()
        await house.http.get(f"{house.url}/healthz")
        found.append((perf_counter() - asked) * 1000)
        await asyncio.wait([task], timeout=0.01)
    await task
    return perf_counter() - began, found


async def rate(what: str, rows: int, once: Callable[[int], Awaitable[float]]) -> None:
    """Do it some times; print the rate of the median, beside bare COPY."""
    found: list[tuple[float, ...]] = []
    for number in range(ROUNDS):
        before = processor_seconds(DATABASE)
        spent = await once(number)
        used = (now - then for now, then in zip(processor_seconds(DATABASE), before, strict=True))
        found.append((spent, await bare(rows), *used))
    spent, floor, *parts = (statistics.median(column) for column in zip(*found, strict=True))
    print(
        f"{what}: {rows:,} in {spent:.2f} s, {rows / spent:,.0f} a second; "
        f"bare COPY {rows / floor:,.0f} a second, {spent / floor:.1f} times as fast"
    )
    own, reader, engine = (f"{1e6 * part / rows:.1f} µs" for part in parts)
    print(f"    processor time a line: API {own}, workbook reader {reader}, PostgreSQL {engine}")


async def measure(house: House, rows: int) -> None:
    """Record, look whether it adds up, print."""
    drugs = (
        await Drug.filter(kind=DrugKind.WESTERN, is_consumable=False)
        .exclude(approval_number="")
        .order_by("code")
    )
    token = token_for(Role.PHARMACY, FUJIAN_PHARMACY, timedelta(hours=1), makes=house.issuer)
    client = Client(house.url, token, house.http)
    beside: list[float] = []

    async def calls(number: int) -> float:
        sent = [delivery(drugs, number * 100 + one, LINES) for one in range(rows // 10 // LINES)]
        began = perf_counter()
        for entries in sent:
            await record_movements(Call(COUNTER, DEMO_NOW, house.tools, str(uuid4())), entries=entries)
        return perf_counter() - began

    async def file(content: bytes) -> float:
        spent, waited = await waits(house, client.upload(UPLOAD, {"file": content}, kind="PURCHASE"))
        beside.extend(waited)
        return spent

    await rate("calls of 1,000 lines", rows // 10 // LINES * LINES, calls)
    for what, make in (("CSV file", csv_of), ("XLSX file", workbook)):
        files = [make(table(delivery(drugs, 1000 + number, rows))) for number in range(ROUNDS)]
        print(f"{what}: {len(files[0]) / 2**20:.1f} MiB")
        await rate(what, rows, lambda number, files=files: file(files[number]))  # type: ignore[misc]  # bound
    middle, worst = statistics.median(beside), max(beside)
    print(f"beside the files a small request took {middle:.0f} ms (median), {worst:.0f} ms at worst")
    async with in_transaction():
        wrong = (await rows_of(SUMS))[0][0]
    print(f"every figure is the sum of its movements and of its batches: {'yes' if not wrong else 'NO'}")


async def main(home: Path, rows: int) -> None:
    """On engines of its own, which are gone afterwards."""
    with embedded_engines(home, fast=True) as urls:
        url = await create_database(urls.database_url, DATABASE)
        await seed_world(url, keys(), PHARMACIES, bar=False)
        (home / "images").mkdir()
        async with open_house(url, urls.redis_url, home) as house:
            await measure(house, rows)
    discard_engines(home)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=60_000, help="lines of a file")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="yaolu-bench-", ignore_cleanup_errors=True) as name:
        Path(name).chmod(0o711)
        print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
        asyncio.run(main(Path(name), given.rows))
