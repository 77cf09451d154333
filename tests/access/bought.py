"""A fill that shows as much of a person as a fill can (人员信息素材), and who asks for it."""

from uuid import UUID

from models import FamilyGrant, IdentityCheck, IdentityImage, PrescriberQuery
from ops import road_documents as documents
from ops.client import Client, Json
from ops.road import FUJIAN, Road
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CardReading, GrantScope
from services.identity import CARD
from tests.access.callers import callers
from tests.house import House
from tests.services.stage import grant

COMPLAINT = "店员态度恶劣"
FINDING = {
    "engine": "dlib",
    "model_version": "1",
    "verdict": "MATCH",
    "metric": "euclidean",
    "distance": "0.2",
    "bands_version": "1",
    "mean": 1,
}


async def everybody(house: House) -> dict[str, Client]:
    """Every caller. The stranger was allowed to see once, and may pay."""
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_NO_DISEASE, GrantScope.SEE)
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_RESIDENT, GrantScope.SEE)
    ended = FamilyGrant.filter(proxy_id=member_id(cast.FUJIAN_RESIDENT))
    await ended.update(revoked_at=house.now())
    await grant(house, cast.FUJIAN_PATIENT, cast.FUJIAN_RESIDENT, GrantScope.PAY)
    return callers(house)


async def bought_by_family(house: House, way: Road, clients: dict[str, Client]) -> Json:
    """A fill that the family asked for, with everything on it that tells of people."""
    prescription = await way.upload()
    fill: Json = await clients["family"].do(
        documents.REQUEST_FILL,
        prescriptionId=prescription["id"],
        pharmacyCode=FUJIAN.pharmacy,
        deliveryAddress="福州市鼓楼区示例路 7 号 302",
    )
    key = UUID(fill["id"])
    await PrescriberQuery.create(
        fill_id=key,
        question="血压?",
        asked_at=house.now(),
        answer="160",
        upholds=True,
        answered_at=house.now(),
    )
    await way.approve(fill["id"])
    await way.make_ready(fill["id"])
    await way.pharmacy.do(
        documents.VERIFY_MANUALLY, fillId=fill["id"], documents=["身份证", "参保人身份证"], reason="弱光"
    )
    await compare_by_machine(house, key)
    return fill


async def compare_by_machine(house: House, fill_id: UUID) -> None:
    """Write what engines and card reader say of the person of a fill's check."""
    check = await IdentityCheck.get(fill_id=fill_id)
    check.findings = [FINDING]
    await check.save(update_fields=["findings"])
    await IdentityImage.create(
        check_row=check,
        kind=CARD,
        reading=CardReading.UNREAD,
        matched="NUMBER,NAME",
        unread_reason="BLURRED",
        reader="示例",
        image_key="",
        sha256="0" * 64,
        kept_until=house.now().date(),
    )
