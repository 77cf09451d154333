"""What people's data look like by other ways than the fill: other doors, complaints, grants, returns."""

from uuid import UUID

import pytest

from models import Fill, Settlement
from ops.client import Client
from policy.terms import FillState
from tests.access.bought import COMPLAINT
from tests.access.cells import UNSOLD
from tests.access.looking import codes_of, wrong_doors
from tests.access.people import NOT_FOUND
from tests.house import House
from tests.money.words import REVERSE
from tests.services.stage import post, settled_fill, walkers

READS_A_COMPLAINT = {
    "patient": COMPLAINT,
    "family": "NOT_FOUND",
    "watcher": "NOT_FOUND",
    "hospital": "NOT_FOUND",
    "pharmacy": None,
    "pharmacist": None,
    "service": None,
    "agency": COMPLAINT,
    "supervisor": COMPLAINT,
    **dict.fromkeys(NOT_FOUND, "NOT_FOUND"),
}


@pytest.mark.parametrize("state", UNSOLD, ids=str)
async def test_a_pharmacy_that_sold_nothing_does_not_find_the_prescription(
    clients: dict[str, Client], fills: dict[str, str], state: FillState
) -> None:
    await Fill.filter(id=UUID(fills["unsold"])).update(state=FillState.REQUESTED)
    query = "query F($id: UUID!) { fill(id: $id) { prescription { id } } }"
    key = (await clients["pharmacy"].execute(query, {"id": fills["unsold"]}))["fill"]["prescription"]["id"]
    await Fill.filter(id=UUID(fills["unsold"])).update(state=state)

    body = await post(
        clients["pharmacy"], "query P($id: UUID!) { prescription(id: $id) { diagnosis } }", {"id": key}
    )
    listed = await clients["pharmacy"].execute("{ prescriptions { edges { node { id } } } }")

    assert body["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert key not in str(listed)


async def test_no_other_way_leads_to_the_patients_things(
    clients: dict[str, Client], fills: dict[str, str]
) -> None:
    assert [one async for one in wrong_doors(clients, fills)] == []


async def test_no_hospital_sees_what_was_given_back(house: House, clients: dict[str, Client]) -> None:
    way = walkers(house)
    settlement = await Settlement.get(fill_id=(await settled_fill(way))["id"])
    given = {"settlementId": str(settlement.id), "goods": "WRITTEN_OFF", "reason": "患者退药"}
    await way.pharmacy.do(REVERSE, **given)
    query = """query S($id: UUID!) { settlement(id: $id) {
      reversals { number refund { total } effects { fundTotal } } standing { total } } }"""

    seen = {
        name: (await clients[name].execute(query, {"id": given["settlementId"]}))["settlement"]
        for name in ("patient", "pharmacy", "hospital", "agency")
    }

    assert {name: shown["reversals"][0]["refund"] is None for name, shown in seen.items()} == {
        "patient": False,
        "pharmacy": False,
        "hospital": True,
        "agency": False,
    }
    assert seen["hospital"]["standing"] is None
    assert seen["hospital"]["reversals"][0]["effects"] == []


async def test_who_reads_a_complaint(clients: dict[str, Client], fills: dict[str, str]) -> None:
    found = {}
    for name in READS_A_COMPLAINT:
        body = await post(clients[name], f'{{ case(id: "{fills["case"]}") {{ complaint }} }}')
        found[name] = codes_of(body)[0] if body.get("errors") else body["data"]["case"]["complaint"]

    assert found == READS_A_COMPLAINT
    assert set(found) == set(clients) - {"nobody"}


async def test_who_sees_a_familys_grants(clients: dict[str, Client]) -> None:
    """The two sides of each, and no third."""
    query = "{ member { id } familyGrants { edges { node { owner { id } proxy { id } } } } }"
    seen = {}
    for name in ("patient", "family", "watcher", "stranger"):
        data = await clients[name].execute(query)
        sides = [{one["node"][side]["id"] for side in one["node"]} for one in data["familyGrants"]["edges"]]
        seen[name] = (len(sides) > 0, all(data["member"]["id"] in both for both in sides))

    assert seen == dict.fromkeys(seen, (True, True))
