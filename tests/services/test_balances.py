"""What a member may still use, and what was used elsewhere."""

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from models import Accumulator, AccumulatorImport
from ops.client import Client, Json
from ops.world.cast import (
    FUJIAN_AREA,
    FUJIAN_DISEASE,
    FUJIAN_PATIENT,
    FUJIAN_PATIENT_FAMILY,
    SHANXI_AREA,
    SHANXI_PATIENT,
)
from ops.world.ids import member_id
from policy.parameters import parameter
from policy.terms import Role
from tests.house import House
from tests.services.stage import document, error_of, settled_fill, walkers

BALANCE = """query B($id: UUID) { benefitBalance(memberId: $id) {
  accountBalance
  familyAccounts { relation available owner { name } }
  uses { year bucket deductibleUsed fundUsed deductibleCarried limitCarried deductibleLeft limitLeft
    restsOnUnverified basis }
} }"""
IMPORT = """mutation I($input: ImportAccumulatorsInput!) { importAccumulators(input: $input) {
  ... on ImportedAccumulators { lastImportId importedAt } ... on Refusal { violations { code } }
} }"""
POT = f"SPECIAL_DISEASE:{FUJIAN_DISEASE}"


async def balance(house: House, psn_no: str, **variables: Any) -> Json:
    """A member's balances."""
    data = await house.client(Role.PATIENT, psn_no).execute(BALANCE, variables)
    found: Json = data["benefitBalance"]
    return found


def pot_of(found: Json, pot: str) -> Json:
    """One pot of them."""
    (use,) = [one for one in found["uses"] if one["bucket"] == pot]
    return dict(use)


def entry(**changes: Any) -> Json:
    """What the patient used elsewhere."""
    return {
        "reference": uuid4().hex,
        "psnNo": FUJIAN_PATIENT,
        "year": 2026,
        "benefit": "SPECIAL_DISEASE",
        "diseaseCode": FUJIAN_DISEASE,
        "deductibleUsed": "0.00",
        "fundUsed": "100.00",
    } | changes


@pytest.fixture(scope="module")
def agency(house: House) -> Client:
    """Fuzhou's agency."""
    return house.client(Role.AGENCY, FUJIAN_AREA)


async def test_what_is_left_is_the_areas_value_less_what_is_used(house: House) -> None:
    key = {
        "benefit": "SPECIAL_DISEASE",
        "insurance": "310",
        "status": "RETIRED",
        "disease": FUJIAN_DISEASE,
    }
    today = house.now().date()
    limit = parameter("annual_limit", FUJIAN_AREA, on=today, **key)
    deductible = parameter("deductible", FUJIAN_AREA, on=today, tier="3", **key)

    use = pot_of(await balance(house, FUJIAN_PATIENT), POT)

    assert use["year"] == 2026
    assert Decimal(use["limitLeft"]) == limit.amount - Decimal(use["fundUsed"])
    assert Decimal(use["deductibleLeft"]) == max(
        deductible.amount - Decimal(use["deductibleUsed"]), Decimal(0)
    )
    assert use["basis"] == limit.basis
    assert use["restsOnUnverified"] is not (limit.verified and deductible.verified)


async def test_a_settlement_is_taken_off_the_account_and_the_limit(house: House) -> None:
    before = await balance(house, FUJIAN_PATIENT)

    fill = await settled_fill(walkers(house))

    query = (
        "query F($id: UUID!) { fill(id: $id) { settlement { statement { account pooledFund deductible } } } }"
    )
    data = await house.client(Role.PATIENT, FUJIAN_PATIENT).execute(query, {"id": fill["id"]})
    paid = {name: Decimal(text) for name, text in data["fill"]["settlement"]["statement"].items()}
    after = await balance(house, FUJIAN_PATIENT)
    first, then = pot_of(before, POT), pot_of(after, POT)
    assert paid["pooledFund"] > 0
    assert Decimal(before["accountBalance"]) - Decimal(after["accountBalance"]) == paid["account"]
    assert Decimal(first["limitLeft"]) - Decimal(then["limitLeft"]) == paid["pooledFund"]
    assert Decimal(then["deductibleUsed"]) - Decimal(first["deductibleUsed"]) == paid["deductible"]


async def test_the_family_account_is_shown_with_what_it_may_pay(house: House) -> None:
    (purse,) = (await balance(house, FUJIAN_PATIENT))["familyAccounts"]
    theirs = await balance(house, FUJIAN_PATIENT_FAMILY)

    assert Decimal(0) < Decimal(purse["available"]) <= Decimal(theirs["accountBalance"])
    assert purse["owner"]["name"]
    assert purse["relation"]


async def test_who_was_granted_it_sees_the_patients_balances(house: House) -> None:
    own = await balance(house, FUJIAN_PATIENT)

    seen = await balance(house, FUJIAN_PATIENT_FAMILY, id=str(member_id(FUJIAN_PATIENT)))

    assert seen == own


async def test_in_shanxi_a_deductible_per_visit_has_no_yearly_rest(house: House) -> None:
    use = pot_of(await balance(house, SHANXI_PATIENT), "OUTPATIENT")

    assert use["deductibleLeft"] is None
    assert Decimal(use["limitLeft"]) > 0


async def test_what_was_used_elsewhere_counts_once(house: House, agency: Client) -> None:
    before = pot_of(await balance(house, FUJIAN_PATIENT), POT)
    given = entry(deductibleUsed="1.50", fundUsed="12.34")

    first = await agency.do(IMPORT, entries=[given])
    again = await agency.do(IMPORT, entries=[given])  # under another key

    after = pot_of(await balance(house, FUJIAN_PATIENT), POT)
    assert first == again
    assert Decimal(after["fundUsed"]) - Decimal(before["fundUsed"]) == Decimal("12.34")
    assert Decimal(after["deductibleUsed"]) - Decimal(before["deductibleUsed"]) == Decimal("1.50")
    assert await AccumulatorImport.filter(reference=given["reference"]).count() == 1


@pytest.mark.parametrize(
    "change",
    [
        {"fundUsed": "1.00"},
        {"deductibleUsed": "9.99"},
        {"year": 2025},
        {"benefit": "OUTPATIENT", "diseaseCode": None},
    ],
    ids=str,
)
async def test_the_same_reference_with_other_figures_is_refused(agency: Client, change: Json) -> None:
    given = entry()
    await agency.do(IMPORT, entries=[given])
    values = {"idempotencyKey": str(uuid4()), "entries": [given | change]}

    error = await error_of(agency, document("importAccumulators"), {"input": values})

    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert given["reference"] in error["message"]
    assert "新的单号" in error["message"]


async def test_one_bad_entry_undoes_the_whole_import(agency: Client) -> None:
    before = await Accumulator.filter(member_id=member_id(FUJIAN_PATIENT)).values("bucket", "fund_used")
    values = {"idempotencyKey": str(uuid4()), "entries": [entry(), entry(psnNo="99999999999999")]}

    error = await error_of(agency, document("importAccumulators"), {"input": values})

    assert error["extensions"]["code"] == "NOT_FOUND"
    after = await Accumulator.filter(member_id=member_id(FUJIAN_PATIENT)).values("bucket", "fund_used")
    assert after == before


async def test_an_agency_imports_for_its_own_area_only(house: House) -> None:
    values = {"idempotencyKey": str(uuid4()), "entries": [entry()]}

    other = house.client(Role.AGENCY, SHANXI_AREA)
    error = await error_of(other, document("importAccumulators"), {"input": values})

    assert error["extensions"]["code"] == "NOT_FOUND"
