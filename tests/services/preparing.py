"""What each mutation wants before it can be done (前置准备), as functions of the scene."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from models import Case, Device, FaceEnrolment, Fill, StockBatch
from ops.client import Json
from ops.world import cast
from ops.world.ids import member_id
from policy.terms import CaseKind, FillState
from tests.family.people import Relative, give
from tests.services.scene import Scene

Prepare = Callable[["Scene"], Awaitable[Json]]


def values(**given: Any) -> Prepare:
    """Values that need no preparation."""

    async def prepare(scene: Scene) -> Json:
        return given

    return prepare


def at(state: FillState, **given: Any) -> Prepare:
    """The fill in a state, with these values."""
    return lambda scene: scene.fill_in(state, **given)


async def new_prescription(scene: Scene) -> Json:
    """A prescription to upload."""
    return {"prescription": scene.way.prescription()}


async def for_revocation(scene: Scene) -> Json:
    """The prescription to revoke."""
    return {"prescriptionId": scene.prescription["id"], "reason": "改方"}


async def for_request(scene: Scene) -> Json:
    """The prescription, free to be filled."""
    return await scene.cancelled() | {"pharmacyCode": cast.FUJIAN_PHARMACY}


async def for_hospital(scene: Scene) -> Json:
    """The lines, free to be bought at the hospital."""
    return await scene.cancelled() | {"lineIds": [scene.prescription["lines"][0]["id"]]}


async def for_signature(scene: Scene) -> Json:
    """The fee list."""
    return {"fillId": scene.fill["id"], "feeListSha256": scene.fill["feeListSha256"], "signature": "x"}


async def for_invitation(scene: Scene) -> Json:
    """An invitation by a code."""
    return {"ownIdTail": await patient(scene).tail(), "relation": "CHILD", "scopes": ["SEE"]}


async def for_acceptance(scene: Scene) -> Json:
    """An invitation whose code somebody else gave out."""
    code = (await daughter(scene).invite("SEE"))["code"]
    return {"ownIdTail": await patient(scene).tail(), "code": code}


async def for_declining(scene: Scene) -> Json:
    """An invitation to take back."""
    return {"invitationId": (await patient(scene).invite("SEE"))["id"]}


async def for_revoking(scene: Scene) -> Json:
    """A grant to take back."""
    stranger = Relative(scene.house, cast.FUJIAN_RESIDENT)
    return {"grantId": (await give(patient(scene), stranger, "SEE"))["id"]}


async def for_family_code(scene: Scene) -> Json:
    """A shown family code, and the fill it is for."""
    await Fill.filter(id=UUID(scene.fill["id"])).update(buyer_id=daughter(scene).id)
    return {"fillId": scene.fill["id"], "code": await daughter(scene).show(patient(scene))}


async def for_signing_out(scene: Scene) -> Json:
    """A device of the patient's."""
    device = await Device.create(
        openid_hash=uuid4().hex,
        member_id=patient(scene).id,
        name="手机",
        signed_in_at=scene.house.now(),
        refreshed_at=scene.house.now(),
        expires_at=scene.house.now() + timedelta(days=1),
    )
    return {"deviceId": str(device.id)}


def patient(scene: Scene) -> Relative:
    """The patient of the scene."""
    return Relative(scene.house, cast.FUJIAN_PATIENT)


def daughter(scene: Scene) -> Relative:
    """Who may buy for the patient."""
    return Relative(scene.house, cast.FUJIAN_PATIENT_FAMILY)


def batch(drug: str = cast.AMLODIPINE, **more: Any) -> Prepare:
    """One line about a batch that the pharmacy has."""

    async def prepare(scene: Scene) -> Json:
        known = await StockBatch.filter(
            item__pharmacy_id=cast.FUJIAN_PHARMACY, item__drug_id=drug, on_hand__gt=1
        ).first()
        assert known is not None
        return {"lines": [{"drugCode": drug, "quantity": "1", "batchNumber": known.batch_number, **more}]}

    return prepare


async def recall(scene: Scene) -> Json:
    """A batch to take off sale."""
    (line,) = (await batch(cast.ORLISTAT)(scene))["lines"]
    return {"drugCode": line["drugCode"], "batchNumber": line["batchNumber"], "reason": "抽检不合格"}


def some_case(**given: Any) -> Prepare:
    """A case against the pharmacy, still open."""

    async def prepare(scene: Scene) -> Json:
        row = await Case.create(
            key=str(uuid4()),
            kind=CaseKind.OTHER_COMPLAINT,
            pharmacy_id=cast.FUJIAN_PHARMACY,
            opened_at=scene.house.now(),
            opened_by="参保人投诉",
        )
        return {"caseId": str(row.id), **given}

    return prepare


async def enrolled(scene: Scene) -> Json:
    """A face to withdraw."""
    await FaceEnrolment.create(
        member_id=member_id(cast.FUJIAN_PATIENT), image_key="", consented_at=scene.house.now()
    )
    return {}
