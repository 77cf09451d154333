"""Whoever reads a patient's data is on record before he has the answer, and the patient is told."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from tortoise import connections

from models import AuditEntry, FaceEnrolment
from ops.client import Client, Json
from ops.road import FUJIAN, Road
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import GrantScope, Role
from services.who_saw import WORDS
from tests.house import House
from tests.services.stage import error_of, grant, post, settled_fill, walkers
from tests.supervision.documents import COMPLAIN

ROOT = Path(__file__).parents[2]
ABOUT_NOBODY = {
    "creditAccounts",
    "heartbeat",
    "makeFaceMean",
    "monitorPharmacy",
    "payClearingClaim",
    "recallBatch",
    "recordCardReading",
    "recordMovements",
    "reconcileDay",
    "recordStock",
    "setDutyRoster",
    "setOpeningHours",
    "reviewClearingClaim",
    "setPrices",
    "submitClearingClaim",
}
"""Use cases whose entries in the audit name no member."""

PATIENT = member_id(FUJIAN.patient)
WHO = """
query W($first: Int! = 100, $after: String) { whoSawMyData(first: $first, after: $after) {
  edges { node { id at role institution relation action things } } pageInfo { hasNextPage endCursor } } }
"""
FILL = "query F($id: UUID!) { fill(id: $id) { id member { name } prescription { diagnosis } } }"


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def fill(way: Road) -> Json:
    """A settled fill."""
    return await settled_fill(way)


async def sights(patient: Client, first: int = 100, after: str | None = None) -> list[Json]:
    """Who saw the patient's data, newest first."""
    data = await patient.execute(WHO, {"first": first, "after": after})
    return [edge["node"] for edge in data["whoSawMyData"]["edges"]]


async def reads(**more: Any) -> list[AuditEntry]:
    """The reads of the patient's data that are on record."""
    return await AuditEntry.filter(verb="read", member_id=PATIENT, **more).order_by("at")


async def test_a_pharmacy_that_opens_a_fill_is_on_record_with_what_it_saw(way: Road, fill: Json) -> None:
    before = len(await reads())

    await way.pharmacy.execute(FILL, {"id": fill["id"]})

    found = await reads()
    assert len(found) == before + 1
    assert found[-1].things == "FILL,PERSON,PRESCRIPTION"
    (newest, *_) = await sights(way.patient)
    assert (newest["role"], newest["action"]) == ("PHARMACY", "查看")
    assert newest["things"] == ["FILL", "PERSON", "PRESCRIPTION"]
    assert newest["institution"] not in ("", FUJIAN.pharmacy)


async def test_what_one_reads_of_oneself_is_nobodys_business(way: Road, fill: Json) -> None:
    before = await AuditEntry.all().count()

    await way.patient.execute(FILL, {"id": fill["id"]})
    await way.patient.execute("{ member { name } benefitBalance { accountBalance } }")

    assert await AuditEntry.all().count() == before


async def test_a_list_is_one_entry_a_member(house: House, way: Road, fill: Json) -> None:
    await walkers(house).upload()
    before = len(await reads(role=Role.HOSPITAL))

    await way.hospital.execute("{ prescriptions { edges { node { diagnosis member { name } } } } }")

    assert len(await reads(role=Role.HOSPITAL)) == before + 1


async def test_a_change_tells_of_itself_and_not_of_reading_too(way: Road, fill: Json) -> None:
    reads_before = len(await reads())
    prescription = await way.upload()
    other = await way.request(prescription["id"])

    await way.approve(other["id"])

    assert len(await reads()) == reads_before
    assert (await sights(way.patient))[0]["action"] == "审方通过"


async def test_the_family_is_named_by_what_it_is_to_the_patient(house: House, way: Road, fill: Json) -> None:
    await grant(house, FUJIAN.patient, cast.FUJIAN_NO_DISEASE, GrantScope.SEE)
    family = house.client(Role.PATIENT, cast.FUJIAN_NO_DISEASE)

    await family.execute(FILL, {"id": fill["id"]})
    await family.execute(
        "query B($id: UUID) { benefitBalance(memberId: $id) { accountBalance } }", {"id": str(PATIENT)}
    )

    balance, seen, *_ = await sights(way.patient)
    assert balance["things"] == ["BALANCE"]
    assert (seen["role"], seen["relation"], seen["institution"]) == ("PATIENT", "其他近亲属", "")


async def test_nobody_else_asks_who_saw_a_patients_data(house: House, way: Road) -> None:
    for client in (way.pharmacy, way.hospital, house.client(Role.AGENCY, cast.FUJIAN_AREA)):
        assert (await error_of(client, WHO))["extensions"]["code"] == "FORBIDDEN"

    stranger = house.client(Role.PATIENT, cast.FUJIAN_RESIDENT)
    assert await sights(stranger) == []


async def test_an_agency_that_reads_a_complaint_or_an_enrolment_is_on_record(
    house: House, way: Road, fill: Json
) -> None:
    agency = house.client(Role.AGENCY, cast.FUJIAN_AREA)
    case = await way.patient.do(COMPLAIN, fillId=fill["id"], kind="SERVICE", text="态度恶劣")
    await FaceEnrolment.create(member_id=PATIENT, image_key="", consented_at=house.now())

    await agency.execute("query C($id: UUID!) { case(id: $id) { complaint } }", {"id": case["id"]})
    await agency.execute(
        "query E($id: UUID!) { faceEnrolment(memberId: $id) { state } }", {"id": str(PATIENT)}
    )

    enrolment, complaint, *_ = await sights(way.patient)
    assert (complaint["role"], complaint["things"]) == ("AGENCY", ["COMPLAINT"])
    assert (enrolment["role"], enrolment["things"]) == ("AGENCY", ["IDENTITY"])


def test_every_use_case_about_a_person_has_its_word() -> None:
    verbs = {
        verb
        for path in (ROOT / "services").glob("*.py")
        for verb in re.findall(r"@use_case\(\s*\"(\w+)\"", path.read_text("utf-8"))
    }

    assert verbs - set(WORDS) == ABOUT_NOBODY, "say in services/who_saw.py what patients are told of it"


async def test_no_member_of_staff_is_named(way: Road, fill: Json) -> None:
    shown = str(await sights(way.patient))

    assert FUJIAN.pharmacist not in shown
    assert FUJIAN.pharmacy not in shown


async def test_its_pages_neither_skip_nor_repeat(way: Road, fill: Json) -> None:
    whole = [one["id"] for one in await sights(way.patient)]
    paged: list[str] = []
    after = None
    while True:
        data = (await way.patient.execute(WHO, {"first": 3, "after": after}))["whoSawMyData"]
        paged += [edge["node"]["id"] for edge in data["edges"]]
        if not data["pageInfo"]["hasNextPage"]:
            break
        after = data["pageInfo"]["endCursor"]

    assert paged == whole
    assert len(set(whole)) == len(whole) > 6


async def test_what_a_subscription_shows_is_on_record_too(way: Road, fill: Json) -> None:
    document = "subscription { pharmacyEvents { kind fill { member { name } } } }"
    async with way.pharmacy.listen(document) as events:
        before = len(await reads(role=Role.PHARMACY))
        prescription = await way.upload()
        while True:
            # the subscription may not stand yet when the first fill is asked for
            asked = await way.request(prescription["id"])
            try:
                await events.until("FILL_REQUESTED", 1)
                break
            except TimeoutError:
                await way.patient.execute(
                    "mutation C($i: CancelFillInput!) { cancelFill(input: $i) { __typename } }",
                    {"i": {"idempotencyKey": asked["id"], "fillId": asked["id"]}},
                )

    assert len(await reads(role=Role.PHARMACY)) > before


async def test_what_cannot_be_put_on_record_is_not_shown(way: Road, fill: Json) -> None:
    database = connections.get("default")
    await database.execute_script("ALTER TABLE audit_entry RENAME TO audit_entry_away")
    try:
        body = await post(way.pharmacy, FILL, {"id": fill["id"]})
    finally:
        await database.execute_script("ALTER TABLE audit_entry_away RENAME TO audit_entry")

    assert "data" not in body
    assert body["errors"][0]["extensions"]["code"] == "INTERNAL_SERVER_ERROR"


async def test_many_readers_at_once_are_all_on_record(way: Road, fill: Json) -> None:
    before = len(await reads(role=Role.PHARMACIST))

    await asyncio.gather(*(way.pharmacist.execute(FILL, {"id": fill["id"]}) for _ in range(20)))

    assert len(await reads(role=Role.PHARMACIST)) == before + 20
