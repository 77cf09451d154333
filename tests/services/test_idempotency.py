"""Every mutation: the same key twice gives the same result and has one effect."""

from datetime import date
from uuid import uuid4

import pytest
from tortoise.connection import get_connection

from models import (
    AccumulatorImport,
    AuditEntry,
    Case,
    ClearingClaim,
    ClearingItem,
    Event,
    FamilyGrant,
    FamilyInvitation,
    FeeListSignature,
    Fill,
    IdempotencyRecord,
    IdentityCheck,
    Job,
    JournalEntry,
    OpeningHours,
    PrescriberQuery,
    Prescription,
    Reversal,
    Settlement,
    StockMovement,
)
from ops.road import Road
from ops.world import cast
from policy.terms import Role
from services.movements import record_movements
from tests.house import House, one_schema
from tests.services.every_mutation import ENTRY, TABLE, call
from tests.services.scene import Scene
from tests.services.stage import error_of, walkers
from tests.stock.counter import COUNTER, purchase

COUNTED = (
    AccumulatorImport,
    ClearingClaim,
    ClearingItem,
    Case,
    Event,
    FamilyGrant,
    FamilyInvitation,
    FeeListSignature,
    Fill,
    IdempotencyRecord,
    IdentityCheck,
    Job,
    JournalEntry,
    OpeningHours,
    PrescriberQuery,
    Prescription,
    Reversal,
    Settlement,
    StockMovement,
    AuditEntry,
)

COUNTS = "SELECT " + ", ".join(
    f"(SELECT count(*) FROM {table._meta.db_table}) AS {table._meta.db_table}" for table in COUNTED
)


async def footprint() -> dict[str, int]:
    """How many rows of each kind there are."""
    (row,) = await get_connection("default").execute_query_dict(COUNTS)
    return dict(row)


@pytest.fixture(scope="module", autouse=True)
async def enough(house: House) -> None:
    """Boxes for an order per mutation."""
    lines = [
        purchase(500, "ENOUGH", date(2028, 12, 31), drug_code=line.drug_code) for line in cast.FUJIAN_LINES
    ]
    await record_movements(house.call(COUNTER), entries=lines)


@pytest.fixture(scope="module")
def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


def test_the_table_knows_every_mutation() -> None:
    mutations = one_schema()._schema.mutation_type
    assert mutations is not None

    keyless = {"showPickupCode", "showFamilyCode", "signInWithWechat", "linkMember"}
    keyless |= {"refreshSession", "signOut"}
    assert set(TABLE) | keyless == set(mutations.fields), "a new mutation needs a row here"


@pytest.mark.parametrize("mutation", TABLE)
async def test_a_mutation_sent_twice_is_done_once(house: House, way: Road, mutation: str) -> None:
    who, wanted, prepare = TABLE[mutation]
    client = house.client(Role.AGENCY, cast.FUJIAN_AREA) if who == "agency" else getattr(way, who)
    prescription = await way.upload()
    fill = await way.request(prescription["id"])
    given = await prepare(Scene(house, way, prescription, fill)) | {"idempotencyKey": str(uuid4())}

    first = await call(client, mutation, wanted, given)
    after_first = await footprint()
    second = await call(client, mutation, wanted, given)
    after_second = await footprint()

    (key,) = first.values()
    if isinstance(key, dict):
        (key,) = key.values()
    assert first == second
    assert after_first == after_second
    data = await client.execute(
        "query R($key: String!) { mutationResult(key: $key) { resultId } }",
        {"key": given["idempotencyKey"]},
    )
    assert data["mutationResult"]["resultId"] == key


async def test_another_request_under_the_key_is_refused(way: Road) -> None:
    key = str(uuid4())
    given = {"idempotencyKey": key, "entries": [ENTRY]}
    await call(way.pharmacy, "recordStock", "Pharmacy { code }", given)
    other = {"idempotencyKey": key, "entries": [ENTRY | {"quantity": "8"}]}
    query = "mutation R($input: RecordStockInput!) { recordStock(input: $input) { __typename } }"

    error = await error_of(way.pharmacy, query, {"input": other})

    assert error["extensions"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert key in error["message"]
    assert "请换新键" in error["message"]


async def test_a_refused_request_may_be_sent_again_with_its_key(house: House, way: Road) -> None:
    prescription = await way.upload()
    given = {
        "idempotencyKey": str(uuid4()),
        "prescriptionId": prescription["id"],
        "pharmacyCode": cast.FUJIAN_PHARMACY_NO_PHARMACIST,
    }
    refused = AuditEntry.filter(verb="requestFill", outcome="PHARMACIST_NOT_ON_DUTY")
    refused_before = await refused.count()
    query = """mutation R($input: RequestFillInput!) { requestFill(input: $input) { __typename
      ... on Refusal { violations { code } } } }"""

    before = (await way.patient.execute(query, {"input": given}))["requestFill"]
    house.later(hours=5)  # the pharmacist comes at 14:00
    after = (await way.patient.execute(query, {"input": given}))["requestFill"]

    assert [one["code"] for one in before["violations"]] == ["PHARMACIST_NOT_ON_DUTY"]
    assert after["__typename"] == "Fill"
    assert await refused.count() == refused_before + 1


async def test_two_callers_may_use_the_same_key(house: House, way: Road) -> None:
    key = str(uuid4())
    other = house.client(Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER)
    given = {"idempotencyKey": key, "entries": [ENTRY]}

    mine = await call(way.pharmacy, "recordStock", "Pharmacy { code }", given)
    theirs = await call(other, "recordStock", "Pharmacy { code }", given)

    assert (mine["code"], theirs["code"]) == (cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACY_OTHER)


async def test_somebody_elses_key_tells_nothing(house: House, way: Road) -> None:
    given = {"idempotencyKey": str(uuid4()), "entries": [ENTRY]}
    await call(way.pharmacy, "recordStock", "Pharmacy { code }", given)
    other = house.client(Role.PHARMACY, cast.FUJIAN_PHARMACY_OTHER)

    data = await other.execute(
        "query R($key: String!) { mutationResult(key: $key) { resultId } }",
        {"key": given["idempotencyKey"]},
    )

    assert data["mutationResult"] is None
