"""The main road, through the front door, in both provinces."""

import pytest

from models import Account, Posting, StockHold, StockItem
from ops import road_documents as documents
from ops.client import Refused
from ops.road import FUJIAN, SHANXI, Region
from tests.house import House

BOTH = pytest.mark.parametrize("region", [FUJIAN, SHANXI], ids=["福建", "山西"])


@BOTH
async def test_a_prescription_travels_from_the_doctor_to_the_patient(house: House, region: Region) -> None:
    async with house.road(region) as way:
        prescription = await way.upload()
        issued = await way.patient_events.until("PRESCRIPTION_ISSUED")
        near = await way.nearby(prescription["id"])
        fill = await way.request(prescription["id"])
        incoming = await way.pharmacy_events.until("FILL_REQUESTED")
        await way.approve(fill["id"])
        await way.make_ready(fill["id"])
        await way.patient_events.until("FILL_READY")
        await way.sign(fill)
        await way.verify_manually(fill["id"])
        preview = await way.preview(fill["id"])
        settlement = await way.settle(fill["id"], preview["digest"])
        handed = await way.pharmacy.do(documents.HAND_OVER, fillId=fill["id"])

    assert issued["prescriptionId"] == prescription["id"]
    assert incoming["fillId"] == fill["id"]
    assert region.pharmacy in [one["pharmacy"]["code"] for one in near]
    assert preview["obstacles"] == []
    assert settlement["statement"] == preview["statement"]
    assert handed["state"] == "HANDED_OVER"
    holds = await StockHold.filter(item__pharmacy_id=region.pharmacy, ended_at__isnull=True)
    assert holds == []
    items = await StockItem.filter(pharmacy_id=region.pharmacy)
    assert all(item.held == 0 for item in items)


async def test_the_books_balance_after_settlements(house: House) -> None:
    postings = await Posting.all()

    assert sum(one.debit for one in postings) == sum(one.credit for one in postings) > 0
    accounts = await Account.filter(balance__isnull=False)
    for account in accounts:
        own = [one for one in postings if one.account_id == account.id]
        assert account.balance == sum(one.credit - one.debit for one in own)


@BOTH
async def test_nothing_is_settled_before_review_signature_and_identity(house: House, region: Region) -> None:
    async with house.road(region) as way:
        prescription = await way.upload()
        fill = await way.request(prescription["id"])
        preview = await way.preview(fill["id"])

        with pytest.raises(Refused) as refused:
            await way.settle(fill["id"], preview["digest"])

    codes = {one["code"] for one in preview["obstacles"]}
    assert {"NOT_REVIEWED", "IDENTITY_REQUIRED"} <= codes
    assert refused.value.codes == ["STATE_FORBIDS"]
