"""Files of stock movements through the front door: what is taken, what is refused, cell by cell."""

import asyncio
import io
import json
import zipfile
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

import httpx
import pytest

from models import StockBatch, StockMovement, TraceCode, TracePrefix
from ops.client import Json, Refused, RequestFailed
from ops.world.cast import AMLODIPINE, FUJIAN_PHARMACY
from policy.calendar import shanghai_day
from policy.terms import Role, TraceState
from services.movements import STEP
from tests.house import House
from tests.stock.counter import check_adds_up, item_of, keep, line, sell
from tests.stock.spreadsheet import Cell, csv_of, packed, workbook

UPLOAD = """mutation M($input: UploadStockInput!) {
  uploadStock(input: $input) {
    ... on StockUpload { lines sheet ignoredColumns pharmacy { code } }
    ... on Refusal { violations { code message rule lineId actual } }
  }
}"""
HEADER = (
    "医保药品编码",
    "数量",
    "生产批号",
    "生产日期",
    "有效期止",
    "批准文号",
    "供货单位",
    "单价",
    "药品追溯码",
)


def bought(**other: Cell) -> list[Cell]:
    """A line of a delivery; `other` says what is different, by header."""
    usual: dict[str, Cell] = {
        "医保药品编码": AMLODIPINE,
        "数量": "5",
        "生产批号": "B1",
        "生产日期": "2025-11-01",
        "有效期止": "2028-10-31",
        "批准文号": "国药准字H99990001",
        "供货单位": "示例医药配送甲公司",
        "单价": "4.20",
        "药品追溯码": "",
    }
    return list((usual | other).values())


async def upload(house: House, content: bytes, kind: str | None = "PURCHASE", key: str = "") -> Json:
    """What the pharmacy's computer sends."""
    client = house.client(Role.PHARMACY, FUJIAN_PHARMACY)
    return await client.upload(UPLOAD, {"file": content}, kind=kind, idempotencyKey=key or str(uuid4()))


async def refused(house: House, content: bytes, kind: str | None = "PURCHASE") -> list[Json]:
    """The violations that a file is refused with."""
    with pytest.raises(Refused) as refusal:
        await upload(house, content, kind)
    return refusal.value.violations


async def moved(batch: str) -> list[StockMovement]:
    """The movements of a batch of amlodipine."""
    item = await item_of()
    return await StockMovement.filter(item_id=item.id, batch_number=batch).order_by("moved_at")


def fresh() -> str:
    """A batch number that no other test has."""
    return f"F{uuid4().hex[:10]}"


@pytest.mark.parametrize(
    ("encoding", "delimiter"),
    [("utf-8", ","), ("utf-8-sig", ","), ("gbk", ","), ("gb18030", ";"), ("utf-16", "\t")],
)
async def test_csv_is_read_in_every_usual_encoding(house: House, encoding: str, delimiter: str) -> None:
    batch = fresh()
    rows = [HEADER, bought(生产批号=batch, 供货单位="示例“甲”公司,\n分部")]

    answer = await upload(house, csv_of(rows, encoding, delimiter))

    assert (answer["lines"], answer["sheet"], answer["ignoredColumns"]) == (1, "", [])
    (movement,) = await moved(batch)
    assert (movement.quantity, movement.unit_cost) == (Decimal(5), Decimal("4.2"))
    assert movement.supplier == "示例“甲”公司,\n分部"
    await check_adds_up([AMLODIPINE], shanghai_day(house.now()))


async def test_a_workbook_is_read_from_its_first_filled_sheet_that_is_shown(house: House) -> None:
    batch = fresh()
    lines = [
        bought(生产批号=batch, 数量=1200, 生产日期=45962, 有效期止="2028/10/31", 单价=4.2),
        bought(生产批号=batch, 数量="1,200", 有效期止="20281031", 单价="¥4.20"),
    ]
    shown: list[list[Cell]] = [["示例药店采购单"], [], [*HEADER[:-1], "药品名称 "], *lines, [], []]
    sheets: list[Sequence[Sequence[Cell]]] = [[["不要读我"]], [], shown]

    answer = await upload(house, workbook(*sheets, hidden=1))

    assert (answer["lines"], answer["sheet"], answer["ignoredColumns"]) == (2, "表3", ["药品名称"])
    movements = await moved(batch)
    assert [one.quantity for one in movements] == [Decimal(1200)] * 2
    assert {one.made_on for one in movements} == {date(2025, 11, 1)}


async def test_national_names_and_other_columns_in_any_order_are_understood(house: House) -> None:
    batch = fresh()
    header = ["rx_flag", "purc_retn_cnt", "manu_lotnum", "med_list_codg", "spler_name", "aprvno"]
    header += ["manu_date", "expy_end", "finl_trns_pric", "purc_retn_stoin_time", "prod_geay_flag"]
    row = ["1", "３", batch, f"'{AMLODIPINE.lower()}", "示例", "国药准字H99990001"]
    row += ["2025年11月1日", "2028.10.31", "0", "2026-03-16 09:00:00", "1"]

    answer = await upload(house, csv_of([header, row]))

    assert answer["ignoredColumns"] == ["rx_flag"]
    (movement,) = await moved(batch)
    assert movement.is_gift
    assert (movement.quantity, movement.unit_cost) == (Decimal(3), Decimal(0))
    assert movement.moved_at.isoformat() == "2026-03-16T01:00:00+00:00"


async def test_one_file_may_hold_every_kind_and_a_return_is_written_with_or_without_its_minus(
    house: House,
) -> None:
    batch = fresh()
    header = ["变动类型", *HEADER[:8], "采购发票号", "原因", "调拨对方"]
    more = ["", "", ""]
    rows = [
        ["采购", *bought(生产批号=batch, 数量="10")[:8], *more],
        ["采购退货", *bought(生产批号=batch, 数量="-2")[:8], "12345678", "", ""],
        ["采购退货", *bought(生产批号=batch, 数量="1")[:8], "12345678", "", ""],
        ["调整", *bought(生产批号=batch, 数量="－1")[:8], "", "破损", ""],
        ["调拨", *bought(生产批号=batch, 数量="4")[:8], "", "", "示例药店二店"],
        ["盘点", *bought(生产批号=batch, 数量="9")[:8], *more],
    ]

    await upload(house, csv_of([header, *rows]), kind=None)

    batches = await StockBatch.filter(batch_number=batch)
    assert [one.on_hand for one in batches] == [Decimal(9)]
    assert [one.quantity for one in await moved(batch)][-1] == -1


BAD_CELLS: dict[str, tuple[str, Cell, str]] = {
    "追溯码成了科学计数": ("药品追溯码", "8.12346E+19", "科学计数"),
    "追溯码是数字": ("药品追溯码", 8.1234567890123456789e19, "科学计数"),
    "追溯码后五位成了零": ("药品追溯码", "81234567890123400000", "15 位"),
    "追溯码短了": ("药品追溯码", "8123456789012345678", "20 位"),
    "追溯码多于数量": ("药品追溯码", ";".join(f"8{n:019d}" for n in range(1, 8)), "多于数量"),
    "批号成了科学计数": ("生产批号", "1.23457E+19", "文本"),
    "批准文号丢了零": ("批准文号", "国药准字H9990001", "8 位"),
    "药品编码不对": ("医保药品编码", "8.69E+13", "科学计数"),
    "药品编码短": ("医保药品编码", "XC08", "不是医保药品编码"),
    "数量不是数": ("数量", "五盒", "不是数字"),
    "数量小数太多": ("数量", "1.23456", "4 位小数"),
    "数量为负": ("数量", "-5", "大于 0"),
    "数量空白": ("数量", "", "没有填"),
    "单价不清": ("单价", "4,2", "不是数字"),
    "单价空白": ("单价", "", "缺少"),
    "日期倒写": ("有效期止", "31/10/2028", "2026-03-16"),
    "没有这一天": ("生产日期", "2025-02-30", "没有这一天"),
    "只到月": ("有效期止", "2028-10", "写到日"),
    "生产在后": ("生产日期", "2026-04-01", "今天之后"),
    "文字太长": ("供货单位", "示" * 201, "200"),
}


@pytest.mark.parametrize("make", [csv_of, workbook], ids=["csv", "xlsx"])
async def test_every_bad_cell_is_named_with_row_column_value_and_advice(house: House, make: Any) -> None:
    batch = fresh()
    bad = [bought(**({"生产批号": batch} | {title: value})) for title, value, _ in BAD_CELLS.values()]

    violations = await refused(house, make([HEADER, bought(生产批号=batch), [], *bad]))

    assert [one["lineId"] for one in violations] == [str(row) for row in range(4, len(bad) + 4)], violations
    for (name, (title, value, why)), violation in zip(BAD_CELLS.items(), violations, strict=True):
        message = violation["message"]
        assert f"第 {violation['lineId']} 行“{title}”列" in message, name
        assert why in message, name
        assert "请" in message, name
        assert (violation["code"], violation["rule"]) == ("INVALID_VALUE", "FJ-2.5"), name
        if isinstance(value, str):
            assert violation["actual"] == (value if len(value) < 41 else f"{value[:40]}…"), name
    assert await moved(batch) == []


async def test_a_lost_zero_of_an_invoice_number_is_seen(house: House) -> None:
    header = [*HEADER[:8], "采购发票号", "发票代码"]

    violations = await refused(house, csv_of([header, [*bought()[:8], "1234567", "44001912130"]]))

    assert [("8、20 位" in one["message"], "10、12 位" in one["message"]) for one in violations] == [
        (False, True),
        (True, False),
    ]


async def test_only_the_first_two_hundred_cells_are_named_and_the_rest_counted(house: House) -> None:
    violations = await refused(house, csv_of([HEADER, *[bought(数量="x") for _ in range(250)]]))

    assert len(violations) == 201
    assert "另有 50 处" in violations[-1]["message"]


async def test_what_the_books_forbid_names_the_files_rows_and_nothing_is_taken(house: House) -> None:
    batch = fresh()
    rows = [
        HEADER,
        bought(生产批号=batch),
        [],
        bought(生产批号=batch, 有效期止="2028-11-30"),
        bought(医保药品编码="XZ99ZZZ999Z999999999999"),
    ]

    violations = await refused(house, csv_of(rows))

    assert [(one["lineId"], one["code"]) for one in violations] == [
        ("4", "INVALID_VALUE"),
        ("5", "UNKNOWN_DRUG"),
    ]
    assert violations[0]["message"].startswith("第 4 行")
    assert await moved(batch) == []


FILES: dict[str, tuple[bytes, str]] = {
    "空文件": (b"", "空的"),
    "只有换行": (b"\xef\xbb\xbf\r\n\r\n", "表头"),
    "没有表头": (csv_of([bought(), bought()]), "表头"),
    "只有表头": (csv_of([HEADER]), "没有内容"),
    "表头重复": (csv_of([[*HEADER, "批号"], [*bought(), "B2"]]), "同一项"),
    "缺少列": (csv_of([HEADER[:-2], bought()[:-2]]), "缺少列“单价”"),
    "多出一格": (csv_of([HEADER, [*bought(), "散"]]), "10 格"),
    "全是空行": (csv_of([HEADER]) + b"\n" * 1_000_001, "空行"),
    "引号不成对": (
        csv_of([HEADER]) + b'"' + b"x" * 200_000,
        "引号",
    ),
    "旧版表格": (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "旧版"),
    "有密码": (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "密码"),
    "网页": (b"<html><table><tr><td>1</td></tr></table></html>", "网页"),
    "图片": (b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01", "不是文本"),
    "两种编码混在一起": ("数量".encode() + b"\xff\xff\xfe\x81", "编码"),
    "压缩包": (packed({"a.csv": "x"}), "XLSX"),
    "坏了的表格": (workbook([HEADER, bought()])[:-200], "损坏"),
    "没有内容的表格": (workbook([], [[]]), "没有内容"),
}


@pytest.mark.parametrize("name", FILES)
async def test_a_file_that_gives_no_movements_is_refused_with_advice(house: House, name: str) -> None:
    content, why = FILES[name]

    violations = await refused(house, content)

    assert why in violations[0]["message"]
    assert "请" in violations[0]["message"] or "应" in violations[0]["message"]


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


async def test_the_same_file_again_under_its_key_is_recorded_once(house: House) -> None:
    batch, key = fresh(), str(uuid4())
    content = csv_of([HEADER, bought(生产批号=batch)])

    first = await upload(house, content, key=key)
    again = await upload(house, content, key=key)

    assert first == again
    assert len(await moved(batch)) == 1
    with pytest.raises(RequestFailed, match="IDEMPOTENCY_KEY_REUSED"):
        await upload(house, csv_of([HEADER, bought(生产批号=fresh())]), key=key)


async def test_boxes_come_with_their_trace_codes(house: House) -> None:
    batch, item = fresh(), await item_of()
    prefix = await TracePrefix.filter(drug_id=item.drug_id).first()
    begins = prefix.prefix if prefix else "8999999"
    codes = [f"{begins}{uuid4().int % 10**13:013d}" for _ in range(2)]

    await upload(house, csv_of([HEADER, bought(生产批号=batch, 药品追溯码=" ".join(codes))]))
    foreign = (
        await refused(house, csv_of([HEADER, bought(药品追溯码="8" + "0" * 18 + "1")])) if prefix else []
    )

    assert await TraceCode.filter(code__in=codes, state=TraceState.IN_STOCK).count() == 2
    (movement,) = await moved(batch)
    assert movement.trace_codes == codes
    assert all(one["message"].startswith("第 2 行") for one in foreign)


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
