"""Files of stock movements that are too large, long, or come all at once."""

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx

from models import StockBatch
from ops.world.cast import AMLODIPINE, FUJIAN_PHARMACY
from policy.calendar import shanghai_day
from policy.terms import Role
from services.movements import STEP
from tests.house import House
from tests.stock.counter import check_adds_up, keep, line, sell
from tests.stock.files import HEADER, UPLOAD, bought, fresh, moved, refused, upload
from tests.stock.spreadsheet import Cell, csv_of, packed, workbook


async def test_a_workbook_that_would_fill_the_memory_does_no_harm(house: House) -> None:
    parts = {"xl/workbook.xml": "", "xl/worksheets/1.xml": " " * (300 * 1024 * 1024)}

    declared = await refused(house, packed(parts))
    far = await refused(house, far_cell())

    assert "过大" in declared[0]["message"]
    assert "过大" in far[0]["message"]
    assert (await upload(house, workbook([HEADER, bought()])))["lines"] == 1


def far_cell() -> bytes:
    """A workbook whose last cell lies in the last corner: seventeen thousand million empty ones before it."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook([HEADER, bought()]))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            text = old.read(name).decode()
            far = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
            new.writestr(name, text.replace("</sheetData>", far))
    return out.getvalue()


async def test_a_long_file_is_written_in_portions_and_not_one_stays_if_a_later_one_is_forbidden(
    house: House,
) -> None:
    batches = [fresh(), fresh()]
    rows = [bought(生产批号=batches[number % 2], 数量="1") for number in range(2 * STEP + 1)]
    spoilt = [*rows, bought(生产批号=batches[1], 有效期止="2028-11-30")]

    violations = await refused(house, csv_of([HEADER, *spoilt]))
    left = [*await moved(batches[0]), *await StockBatch.filter(batch_number__in=batches)]
    answer = await upload(house, csv_of([HEADER, *rows]))

    assert [one["lineId"] for one in violations] == [str(len(rows) + 2)]
    assert left == []
    assert answer["lines"] == len(rows)
    held = {one.batch_number: one.on_hand for one in await StockBatch.filter(batch_number__in=batches)}
    assert held == {batches[0]: Decimal(STEP + 1), batches[1]: Decimal(STEP)}
    await check_adds_up([AMLODIPINE], shanghai_day(house.now()))


async def send_file(house: House, content: bytes) -> httpx.Response:
    """What a browser sends."""
    token = house.token(Role.PHARMACY, FUJIAN_PHARMACY)
    given = {"idempotencyKey": str(uuid4()), "kind": "PURCHASE", "file": None}
    return await house.http.post(
        f"{house.url}/graphql",
        data={
            "operations": json.dumps({"query": UPLOAD, "variables": {"input": given}}),
            "map": '{"0": ["variables.input.file"]}',
        },
        files={"0": ("进货.csv", content)},
        headers={"Authorization": f"Bearer {token}", "GraphQL-Require-Preflight": "1"},
    )


async def test_twelve_mebibytes_are_taken_and_not_one_byte_more(house: House) -> None:
    limit = 12 * 1024 * 1024
    rows: list[list[Cell]] = [
        [*HEADER, "说明书"],
        *[[*bought(生产批号=fresh()), "x" * 100_000] for _ in range(124)],
    ]
    content = csv_of(rows)
    content += b"\n" * (limit - len(content))

    full = await send_file(house, content)
    over = await send_file(house, content + b"\n")

    assert len(content) == limit
    assert full.json()["data"]["uploadStock"]["lines"] == 124
    assert over.status_code == 413
    assert str(limit) in over.json()["errors"][0]["message"]


async def test_files_and_sales_of_the_same_drug_at_once_add_up(house: House) -> None:
    batches = [fresh() for _ in range(4)]
    first = csv_of([HEADER, bought(生产批号=batches[0], 数量="40")])
    await upload(house, first)
    lines = [line(Decimal(2)) for _ in range(8)]

    async def sold(one: Any) -> None:
        await keep(house.call(), lines=[one])
        await sell(house.call(), lines=[one])

    files = [csv_of([HEADER, *[bought(生产批号=batch, 数量="1")] * 50]) for batch in batches[1:]]
    answers: Sequence[Any] = await asyncio.gather(
        *(upload(house, content) for content in files), *(sold(one) for one in lines)
    )

    assert [one["lines"] for one in answers[:3]] == [50] * 3
    await check_adds_up([AMLODIPINE], shanghai_day(house.now()))
