"""A proposal names pharmacies that take its lines when asked."""

import pytest

from models import StockItem
from ops import road_documents as documents
from ops.client import Json
from ops.road import SHANXI, Road
from tests.house import House
from tests.services.stage import walkers

DOCUMENT = """query S($id: UUID!, $near: LocationInput!, $radius: Int! = 20000) {
  splitProposal(prescriptionId: $id, location: $near, radius: $radius) {
    parts { lineIds pharmacy { distance fillsAll pharmacy { code } } } missingLineIds needsReason
  }
}"""
HOME = {"longitude": SHANXI.home.longitude, "latitude": SHANXI.home.latitude}


@pytest.fixture
def way(own_house: House) -> Road:
    """Shanxi's people."""
    return walkers(own_house, SHANXI)


@pytest.fixture
async def prescription(way: Road) -> Json:
    """A prescription whose lines are open."""
    return await way.upload()


async def propose(way: Road, prescription: Json) -> Json:
    """The proposal."""
    data = await way.patient.execute(DOCUMENT, {"id": prescription["id"], "near": HOME})
    found: Json = data["splitProposal"]
    return found


async def test_one_pharmacy_with_everything_needs_no_split(way: Road, prescription: Json) -> None:
    proposal = await propose(way, prescription)

    (part,) = proposal["parts"]
    assert part["pharmacy"]["fillsAll"]
    assert len(part["lineIds"]) == len(SHANXI.lines)
    assert (proposal["missingLineIds"], proposal["needsReason"]) == ([], False)


async def test_where_none_has_everything_the_parts_do_and_can_be_asked_for(
    way: Road, prescription: Json
) -> None:
    first, *others = [line.drug_code for line in SHANXI.lines]
    at = StockItem.filter(pharmacy_id=SHANXI.pharmacy)
    await StockItem.filter(drug_id=first).exclude(pharmacy_id=SHANXI.pharmacy).update(price=None)
    await at.filter(drug_id__in=others).update(price=None)

    proposal = await propose(way, prescription)

    assert len(proposal["parts"]) == 2
    assert proposal["needsReason"]
    for part in proposal["parts"]:
        code = part["pharmacy"]["pharmacy"]["code"]
        fill = await way.patient.do(
            documents.REQUEST_FILL,
            prescriptionId=prescription["id"],
            pharmacyCode=code,
            lineIds=part["lineIds"],
            splitReason="一处配不齐",
        )
        assert fill["state"] == "REQUESTED"
    assert await propose(way, prescription) == {"parts": [], "missingLineIds": [], "needsReason": False}


async def test_what_nobody_has_is_named(way: Road, prescription: Json) -> None:
    await StockItem.filter(drug_id=SHANXI.lines[0].drug_code).update(price=None)

    proposal = await propose(way, prescription)

    assert len(proposal["missingLineIds"]) == 1
    assert proposal["parts"]
    assert proposal["needsReason"]
