"""Dated prices come into the catalogue as rows of a file, all of them or none, each once."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from typer.testing import CliRunner

from ops.catalogue import BadCatalogue, import_catalogue, read
from ops.cli import app
from ops.databases import connection_options
from policy.prices import DatedPrice, ceiling
from policy.terms import PriceKind

HEADER = "code,generic_name,area,kind,amount,since,until,source"
DRUG = "XC08CAS001A001010199901"
CUT = f"{DRUG},苯磺酸氨氯地平片,350000,LISTED,5.10,2026-12-01,,福建药耗招采"


def file_of(folder: Path, *lines: str, header: str = HEADER) -> Path:
    """A catalogue file of these lines."""
    path = folder / "prices.csv"
    path.write_text("\n".join(["# 药耗招采公告", header, *lines]) + "\n", "utf-8")
    return path


async def prices_of(url: str) -> list[Any]:
    """The listed prices of the drug in Fujian."""
    connection = await asyncpg.connect(**connection_options(url))
    try:
        query = "SELECT * FROM drug_price WHERE drug_id = $1 AND area = '350000' ORDER BY kind, since"
        return [dict(row) for row in await connection.fetch(query, DRUG)]
    finally:
        await connection.close()


async def test_a_new_price_is_one_row_and_the_ceiling_follows(database: str, tmp_path: Path) -> None:
    before = await prices_of(database)
    [old] = [row for row in before if row["kind"] == "LISTED"]
    end = CUT.replace("5.10,2026-12-01,", f"{old['amount']:f},{old['since']},2026-11-30")
    path = file_of(tmp_path, end, CUT)

    first = await import_catalogue(database, path)
    second = await import_catalogue(database, path)

    assert (first.added, first.ended, first.known) == (1, 1, 0)
    assert (second.added, second.ended, second.known) == (0, 0, 2)
    listed = [
        DatedPrice(PriceKind.LISTED, row["amount"], row["since"], row["until"], row["source"])
        for row in await prices_of(database)
        if row["kind"] == "LISTED"
    ]
    assert len(listed) == 2
    told = [ceiling(listed, "350100", date(2026, 12, day), joined_vbp=False) for day in (1, 31)]
    assert [limit.amount for limit in told if limit] == [old["amount"], old["amount"]], "30 days to follow"


async def test_one_wrong_row_keeps_the_whole_file_out(database: str, tmp_path: Path) -> None:
    before = await prices_of(database)
    [old] = [row for row in before if row["kind"] == "LISTED"]
    changed = CUT.replace("5.10,2026-12-01", f"1.23,{old['since']}")
    unknown = CUT.replace(DRUG, "XC08CAS001A001019999999")

    with pytest.raises(BadCatalogue) as raised:
        await import_catalogue(database, file_of(tmp_path, CUT, changed, unknown))

    amount = f"{old['amount'].normalize():f}"
    assert raised.value.errors == (
        f"line 4, amount: 福建药耗招采 published {amount} from {old['since']} on, not 1.23; "
        "a new price has a new first day",
        "line 5, code: the catalogue has no drug XC08CAS001A001019999999",
    )
    assert await prices_of(database) == before


def test_a_row_is_read_to_the_last_decimal(tmp_path: Path) -> None:
    ending = CUT.replace("5.10", "5.100001").replace("01,,", "01,2026-12-31,")

    [row] = read(file_of(tmp_path, ending))

    assert (row.amount, row.since, row.until) == (Decimal("5.100001"), date(2026, 12, 1), date(2026, 12, 31))
    assert (row.line, row.kind, row.source) == (3, PriceKind.LISTED, "福建药耗招采")


WRONG = {
    "编码": (CUT.replace(DRUG, "C08"), "line 3, code: 'C08' is no national drug code"),
    "地区": (CUT.replace("350000", "福建"), "line 3, area: '福建' is no area code of six digits"),
    "类别": (CUT.replace("LISTED", "CHEAP"), "line 3, kind: 'CHEAP' is none of LISTED, AWARDED"),
    "价格为零": (CUT.replace("5.10", "0"), "line 3, amount: '0' is no price above zero"),
    "价格不是数": (CUT.replace("5.10", "NaN"), "line 3, amount: 'NaN' is no price"),
    "价格小数过多": (CUT.replace("5.10", "5.1000001"), "line 3, amount: '5.1000001' is no price"),
    "日期": (CUT.replace("2026-12-01", "2026-13-01"), "line 3, since: '2026-13-01' is no day"),
    "期限颠倒": (CUT.replace("01,,", "01,2026-11-30,"), "line 3, until: 2026-11-30 lies before 2026-12-01"),
    "没有来源": (CUT.removesuffix("福建药耗招采"), "line 3, source: say who published the price"),
    "少一格": (CUT.removesuffix(",福建药耗招采"), "line 3: 7 cells under 8 columns"),
    "重复": (f"{CUT}\n\n{CUT}", "line 5: the same drug, area, kind, day and source as line 3"),
}


@pytest.mark.parametrize(("lines", "problem"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_line_is_named(tmp_path: Path, lines: str, problem: str) -> None:
    with pytest.raises(BadCatalogue) as raised:
        read(file_of(tmp_path, lines))

    assert len(raised.value.errors) == 1
    assert raised.value.errors[0].startswith(problem)


def test_every_error_of_a_file_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue) as raised:
        read(file_of(tmp_path, CUT.replace("5.10", "-1").replace("LISTED", "listed"), CUT.replace(DRUG, "")))

    assert [error.split(":")[0] for error in raised.value.errors] == [
        "line 3, kind",
        "line 3, amount",
        "line 4, code",
    ]


def test_a_file_without_the_columns_says_which(tmp_path: Path) -> None:
    with pytest.raises(BadCatalogue, match="line 2: the columns until, source are missing"):
        read(file_of(tmp_path, CUT, header="code,area,kind,amount,since"))
    with pytest.raises(BadCatalogue, match="The file is empty"):
        read(file_of(tmp_path, header=""))


def test_a_file_that_is_no_text_or_not_there_says_so(tmp_path: Path) -> None:
    path = tmp_path / "prices.csv"
    path.write_bytes("药耗招采公告".encode("gbk"))

    with pytest.raises(BadCatalogue, match=r"prices\.csv is not UTF-8"):
        read(path)
    with pytest.raises(BadCatalogue, match="No such file"):
        read(tmp_path / "none.csv")


def test_the_command_is_there() -> None:
    told = CliRunner().invoke(app, ["catalogue", "import", "--help"])

    assert told.exit_code == 0
    assert "all or none" in told.stdout
