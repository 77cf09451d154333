"""Drugs are found by name, by the initials of its pinyin, by code; those to be preferred come first."""

import pytest

from models import Drug, DrugPrice
from ops.client import Json
from ops.road import FUJIAN, SHANXI, Road
from ops.world import cast
from tests.house import House
from tests.services.stage import error_of, walkers

DOCUMENT = """query D($search: String!, $area: String, $first: Int! = 100, $after: String) {
  drugs(search: $search, area: $area, first: $first, after: $after) {
    edges { cursor node { code genericName isVbp isEssential } }
    pageInfo { hasNextPage endCursor }
  }
}"""


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


async def found(way: Road, search: str, **given: object) -> list[Json]:
    """The drugs of one page."""
    data = await way.patient.execute(DOCUMENT, {"search": search, **given})
    return [edge["node"] for edge in data["drugs"]["edges"]]


@pytest.mark.parametrize("form", ["name", "part", "initials", "lower", "code", "prefix"])
async def test_a_drug_is_found_by_what_people_type(way: Road, form: str) -> None:
    drug = await Drug.get(code=cast.AMLODIPINE)
    typed = {
        "name": drug.generic_name,
        "part": drug.generic_name[1:4],
        "initials": drug.pinyin[:4],
        "lower": drug.pinyin.lower(),
        "code": drug.code,
        "prefix": f" {drug.code[:8]}",
    }[form]

    nodes = await found(way, typed)

    assert cast.AMLODIPINE in [node["code"] for node in nodes]


async def test_awarded_and_essential_drugs_come_first_and_pages_hold_each_once(way: Road) -> None:
    whole = await found(way, "片")

    paged: list[str] = []
    after = None
    while True:
        data = await way.patient.execute(DOCUMENT, {"search": "片", "first": 9, "after": after})
        page = data["drugs"]
        paged += [edge["node"]["code"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break

    ranks = [(not node["isVbp"], not node["isEssential"], node["code"]) for node in whole]
    assert ranks == sorted(ranks)
    assert len({rank[:2] for rank in ranks}) > 2
    assert len(set(paged)) == len(paged)
    assert paged[: len(whole)] == [node["code"] for node in whole]


@pytest.mark.parametrize(
    "typed", ["SSYX", "csyx", "shensong", "CANSONG", "shen song yang", "参松", "SHENSONGYANGXINJIAONANG"]
)
async def test_every_reading_of_a_name_finds_it(way: Road, typed: str) -> None:
    assert [node["genericName"] for node in await found(way, typed)] == ["参松养心胶囊"]


async def test_where_the_area_has_an_order_it_is_kept(way: Road, house: House) -> None:
    there = walkers(house, SHANXI)
    pages = [await found(there, "片"), await found(way, "片", area="140100")]

    prices = {
        row.drug_id: row.amount
        for row in await DrugPrice.filter(kind="AWARDED", area="140000", drug_id__contains="X")
    }
    for nodes in pages:
        ranks = [(not node["isEssential"], not node["isVbp"]) for node in nodes]
        assert ranks == sorted(ranks)
        assert len(set(ranks)) > 2
    assert pages[0] == pages[1] != await found(way, "片")
    units = {row.code: row.units_per_package for row in await Drug.filter(code__in=list(prices))}
    awarded = [node["code"] for node in pages[0] if node["isEssential"] and node["isVbp"]]
    cost = [prices[code] / units[code] for code in awarded if code in prices]
    assert cost == sorted(cost)
    assert len(cost) > 2


async def test_pages_in_an_areas_order_hold_each_drug_once(way: Road) -> None:
    whole = [node["code"] for node in await found(way, "片", area="140100")]
    data = await way.patient.execute(DOCUMENT, {"search": "片", "area": "140100", "first": 7})

    paged = [edge["node"]["code"] for edge in data["drugs"]["edges"]]
    while data["drugs"]["pageInfo"]["hasNextPage"] and len(paged) < len(whole):
        after = data["drugs"]["pageInfo"]["endCursor"]
        given = {"search": "片", "area": "140100", "first": 7, "after": after}
        data = await way.patient.execute(DOCUMENT, given)
        paged += [edge["node"]["code"] for edge in data["drugs"]["edges"]]

    assert paged[: len(whole)] == whole


async def test_a_cursor_of_another_areas_order_is_refused(way: Road) -> None:
    data = await way.patient.execute(DOCUMENT, {"search": "片", "area": "140100", "first": 1})
    after = data["drugs"]["pageInfo"]["endCursor"]

    error = await error_of(way.patient, DOCUMENT, {"search": "片", "after": after})

    assert "另一种排序" in error["message"]


async def test_an_area_that_is_none_is_refused(way: Road) -> None:
    error = await error_of(way.patient, DOCUMENT, {"search": "片", "area": "福州"})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"


@pytest.mark.parametrize("typed", ["%", "_", "ＸＸ没有这个药"])
async def test_signs_of_the_database_are_no_wildcards(way: Road, typed: str) -> None:
    assert await found(way, typed) == []


@pytest.mark.parametrize("typed", ["", "  ", "药" * 61, "a\u0085b"])
async def test_what_is_no_search_is_refused(way: Road, typed: str) -> None:
    error = await error_of(way.patient, DOCUMENT, {"search": typed})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"


async def test_a_foreign_cursor_is_refused(way: Road) -> None:
    error = await error_of(way.patient, DOCUMENT, {"search": "片", "after": FUJIAN.pharmacy})

    assert "游标无效" in error["message"]
