"""Lists and nested fields hold what their caller may see, and no more."""

import pytest

from ops import road_documents as documents
from ops.road import FUJIAN
from ops.world import cast
from tests.access.things import Things, make_things
from tests.house import House


@pytest.fixture(scope="module")
async def things(house: House) -> Things:
    """The patient's prescription with a fill, a settlement; and every caller."""
    return await make_things(house)


LISTED = {
    "nobody": "U",
    "patient": "x",
    "stranger": "",
    "family": "x",
    "watcher": "x",
    "pharmacy": "x",
    "other pharmacy": "",
    "pharmacist": "x",
    "other pharmacist": "",
    "hospital": "x",
    "other hospital": "",
    "agency": "x",
    "other agency": "",
    "supervisor": "x",
    "service": "x",
}


@pytest.mark.parametrize("field", ["prescriptions", "fills", "settlements"])
@pytest.mark.parametrize("name", [name for name in LISTED if name != "nobody"])
async def test_a_list_holds_what_its_caller_may_see_and_no_more(
    things: Things, name: str, field: str
) -> None:
    data = await things.callers[name].execute(f"{{ {field} {{ edges {{ node {{ id }} }} }} }}")

    wanted = {
        "prescriptions": things.prescription["id"],
        "fills": things.fill["id"],
        "settlements": things.settled["id"],
    }[field]
    shown = [edge["node"]["id"] for edge in data[field]["edges"]]
    assert (wanted in shown) is bool(LISTED[name])


@pytest.mark.parametrize(
    ("name", "sees"),
    [("pharmacy", True), ("hospital", True), ("patient", True), ("agency", False), ("supervisor", False)],
)
async def test_a_name_is_masked_for_those_who_need_not_know_it(things: Things, name: str, sees: bool) -> None:
    query = "query F($id: UUID!) { fill(id: $id) { member { name idNumberMasked } } }"

    data = await things.callers[name].execute(query, {"id": things.fill["id"]})

    member = data["fill"]["member"]
    assert ("*" not in member["name"]) is sees
    assert member["idNumberMasked"].count("*") >= 10


async def test_what_is_nested_obeys_the_grid_too(things: Things) -> None:
    """Another pharmacy that fills a line of the same prescription does not see its neighbour's fill."""
    lines = [line["id"] for line in (await things.way.upload())["lines"]]
    prescriptions = await things.way.patient.execute("{ prescriptions(first: 1) { edges { node { id } } } }")
    key = prescriptions["prescriptions"]["edges"][0]["node"]["id"]
    request = things.way.patient.do
    mine = await request(
        documents.REQUEST_FILL, prescriptionId=key, pharmacyCode=FUJIAN.pharmacy, lineIds=lines[:1]
    )
    theirs = await request(
        documents.REQUEST_FILL,
        prescriptionId=key,
        pharmacyCode=cast.FUJIAN_PHARMACY_OTHER,
        lineIds=lines[1:],
        splitReason="药店缺货",
    )
    query = "query P($id: UUID!) { prescription(id: $id) { fills { id } lines { fate { fillId } } } }"

    async def view(name: str) -> tuple[set[str], set[str]]:
        shown = (await things.callers[name].execute(query, {"id": key}))["prescription"]
        fates = {line["fate"]["fillId"] for line in shown["lines"] if line["fate"]}
        return {one["id"] for one in shown["fills"]}, fates

    assert await view("pharmacy") == ({mine["id"]}, {mine["id"]})
    assert await view("other pharmacy") == ({theirs["id"]}, {theirs["id"]})
    assert await view("patient") == ({mine["id"], theirs["id"]}, {mine["id"], theirs["id"]})
