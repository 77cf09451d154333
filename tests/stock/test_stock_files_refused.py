"""Files of stock movements that are refused, cell by cell, with advice."""

from typing import Any

import pytest

from tests.house import House
from tests.stock.files import HEADER, bought, fresh, moved, refused
from tests.stock.spreadsheet import Cell, csv_of, packed, workbook

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
