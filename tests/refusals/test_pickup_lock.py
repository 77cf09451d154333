"""Who guesses pick-up codes is locked out."""

from uuid import uuid4

from models import AuditEntry
from tests.house import House
from tests.services.stage import document, walkers

CLAIM = document("claimPrescription")


async def test_ten_wrong_codes_lock_the_caller_out_for_ten_minutes(house: House) -> None:
    way = walkers(house)
    show = """mutation S($input: ShowPickupCodeInput!) {
      showPickupCode(input: $input) { ... on PickupCode { code } }
    }"""

    async def attempt(code: str) -> list[str]:
        given = {"idempotencyKey": str(uuid4()), "code": code}
        found = (await way.pharmacy.execute(CLAIM, {"input": given}))["claimPrescription"]
        assert all("请" in one["message"] for one in found.get("violations", []))
        return [one["code"] for one in found.get("violations", [])]

    wrong = [await attempt(f"{number:010d}") for number in range(10)]
    locked = await attempt("0000000011")
    prescription = await way.upload()
    shown = {"input": {"prescriptionId": prescription["id"]}}
    right = (await way.patient.execute(show, shown))["showPickupCode"]["code"]
    still_locked = await attempt(right)
    house.later(minutes=11)
    fresh = (await way.patient.execute(show, shown))["showPickupCode"]["code"]

    assert wrong == [["PICKUP_CODE_WRONG"]] * 10
    assert locked == still_locked == ["PICKUP_CODE_LOCKED"]
    assert await attempt(fresh) == []
    assert await attempt(fresh) == ["PICKUP_CODE_STALE"], "a code is used once"
    assert await AuditEntry.filter(outcome="PICKUP_CODE_LOCKED").count() == 2
