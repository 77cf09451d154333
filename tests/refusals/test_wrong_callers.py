"""Who calls without a token, with a bad one, or about what is another's."""

from datetime import timedelta
from uuid import uuid4

import pytest

from models import Prescription
from ops import road_documents as documents
from ops.client import Json
from ops.road import Road
from ops.world import cast
from policy.terms import Role
from tests.house import House
from tests.services.stage import document, error_of, post


async def test_without_a_token_the_answer_says_how_to_sign_in(house: House) -> None:
    nobody = await house.http.post(f"{house.url}/graphql", json={"query": "{ member { id } }"})

    (error,) = nobody.json()["errors"]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "Authorization" in error["message"]
    assert nobody.json().get("data") is None


async def test_an_expired_token_is_told_when_it_ended(house: House) -> None:
    token = house.token(Role.PATIENT, cast.FUJIAN_PATIENT, ttl=timedelta(hours=-1))

    answer = await house.http.post(
        f"{house.url}/graphql",
        json={"query": "{ member { id } }"},
        headers={"Authorization": f"Bearer {token}"},
    )

    (error,) = answer.json()["errors"]
    ended = house.now() - timedelta(hours=1)
    assert answer.status_code == 401
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert "过期" in error["message"]
    assert any(f"{(ended + zone):%H:%M}" in error["message"] for zone in (timedelta(), timedelta(hours=8)))


@pytest.mark.parametrize("token", ["Bearer rubbish", "Basic abc", "Bearer", "Bearer a.b.c"])
async def test_a_token_that_is_none_is_refused(house: House, token: str) -> None:
    answer = await house.http.post(
        f"{house.url}/graphql", json={"query": "{ member { id } }"}, headers={"Authorization": token}
    )

    (error,) = answer.json()["errors"]
    assert answer.status_code == 401
    assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_another_patients_prescription_is_not_found_like_one_that_does_not_exist(
    house: House, way: Road
) -> None:
    theirs = (await way.upload())["id"]
    absent = str(uuid4())
    stranger = house.client(Role.PATIENT, cast.FUJIAN_RESIDENT)
    query = "query P($id: UUID!) { prescription(id: $id) { diagnosis } }"

    there = await post(stranger, query, {"id": theirs})
    nowhere = await post(stranger, query, {"id": absent})

    assert there["data"] is None
    assert there["errors"][0]["extensions"]["code"] == "NOT_FOUND"
    assert there["errors"][0]["message"].replace(theirs, absent) == nowhere["errors"][0]["message"]
    assert "请核对编号" in there["errors"][0]["message"]


@pytest.mark.parametrize(
    ("mutation", "more"),
    [("revokePrescription", {"reason": "改方"}), ("recordHospitalDispense", {"lineIds": None})],
)
async def test_a_hospital_may_not_touch_another_hospitals_prescription(
    house: House, way: Road, mutation: str, more: Json
) -> None:
    prescription = await way.upload()
    given = {"idempotencyKey": str(uuid4()), "prescriptionId": prescription["id"], **more}
    if "lineIds" in more:
        given["lineIds"] = [prescription["lines"][0]["id"]]

    other = house.client(Role.HOSPITAL, cast.FUJIAN_COUNTY_HOSPITAL)
    error = await error_of(other, document(mutation), {"input": given})

    assert error["extensions"]["code"] == "NOT_FOUND"
    assert (await Prescription.get(id=prescription["id"])).state == "ACTIVE"


async def test_a_pharmacy_may_not_approve_in_its_pharmacists_stead(way: Road, fill: Json) -> None:
    given = {"idempotencyKey": str(uuid4()), "fillId": fill["id"], "decision": "APPROVE", "advice": "饭后"}

    error = await error_of(way.pharmacy, documents.REVIEW, {"input": given})

    assert error["extensions"]["code"] == "FORBIDDEN"
    assert "PHARMACIST" in error["message"]
