"""Files of stock movements through the front door: what is taken."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from models import StockBatch, TraceCode, TracePrefix
from ops.client import RequestFailed
from ops.world.cast import AMLODIPINE
from policy.calendar import shanghai_day
from policy.terms import TraceState
from tests.house import House
from tests.stock.counter import check_adds_up, item_of
from tests.stock.files import HEADER, bought, fresh, moved, refused, upload
from tests.stock.spreadsheet import Cell, csv_of, workbook


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
