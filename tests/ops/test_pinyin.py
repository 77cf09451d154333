"""What a drug's name may be typed as, whichever way its characters are read."""

import asyncpg
import pytest

from ops.catalogue import spell
from ops.databases import connection_options
from ops.pinyin import initials, readings
from ops.world import catalogue


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("重组人胰岛素注射液", ["CZRYDS", "ZZRYDS", "CHONGZU", "ZHONGZU"]),
        ("长春西汀片", ["CCXTP", "ZCXTP", "CHANGCHUN"]),
        ("参苓白术散", ["SLBZS", "CLBZS", "SHENLING"]),
        ("柏子养心丸", ["BZYXW", "BAIZI", "BOZI"]),
        ("维生素B12片(Ⅱ)", ["WSSB12P", "WEISHENGSUB12"]),
        ("绿原酸片", ["LYSP", "LVYUAN", "LUYUAN"]),
    ],
)
def test_every_reading_is_accepted(name: str, typed: list[str]) -> None:
    words = readings(name).split()

    assert all(any(word.startswith(one) for word in words) for one in typed), words


def test_the_likeliest_reading_comes_first() -> None:
    assert initials("长春西汀片") == "CCXTP"
    assert readings("人参归脾丸").split()[0] == "RSGPW"


def test_the_initials_of_the_sample_catalogue_are_among_its_readings() -> None:
    rows = [drug.row for drug in catalogue.drugs()]

    assert [row.generic_name for row in rows if row.pinyin not in row.pinyin_readings.split()] == []


def test_a_name_of_many_readings_fits_its_column() -> None:
    assert len(readings("重长参调行曾藏单術朝" * 10)) <= 2000


async def test_drugs_that_came_without_get_theirs_with_the_next_import(database: str) -> None:
    connection = await asyncpg.connect(**connection_options(database))
    try:
        await connection.execute(
            "UPDATE drug SET pinyin = '', pinyin_readings = '' WHERE generic_name LIKE '参%'"
        )

        done = await spell(connection), await spell(connection)
        row = await connection.fetchrow("SELECT * FROM drug WHERE generic_name = '参松养心胶囊'")
    finally:
        await connection.close()

    assert done[0] >= 1
    assert done[1] == 0
    assert row["pinyin"] == initials("参松养心胶囊")
    assert "SSYXJN" in row["pinyin_readings"].split()
