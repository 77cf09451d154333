"""What the tests of people's data share."""

import pytest

from ops import road_documents as documents
from ops.client import Client
from tests.access.bought import COMPLAINT, bought_by_family, everybody
from tests.access.payments import a_payment
from tests.house import House
from tests.services.stage import walkers
from tests.supervision.documents import COMPLAIN


@pytest.fixture(scope="module")
async def clients(house: House) -> dict[str, Client]:
    """Every caller."""
    return await everybody(house)


@pytest.fixture(scope="module")
async def fills(house: House, clients: dict[str, Client]) -> dict[str, str]:
    """One fill that is to be put into the open and the unsold states, and one that was settled."""
    way = walkers(house)
    unsettled = await bought_by_family(house, way, clients)
    settled = await bought_by_family(house, way, clients)
    digest = await clients["family"].execute(
        "query F($id: UUID!) { fill(id: $id) { feeListSha256 } }", settled
    )
    await clients["family"].do(
        documents.SIGN, fillId=settled["id"], feeListSha256=digest["fill"]["feeListSha256"], signature="x"
    )
    preview = await way.preview(settled["id"])
    await way.settle(settled["id"], preview["digest"])
    payment = await a_payment(house, settled["id"])
    case = await clients["patient"].do(COMPLAIN, fillId=settled["id"], kind="SERVICE", text=COMPLAINT)
    return {
        "open": unsettled["id"],
        "sold": settled["id"],
        "unsold": unsettled["id"],
        "case": case["id"],
        "payment": payment,
    }
