"""Enrolled faces, and checks by hand, as callers see them."""

from datetime import date
from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import EnrolmentState, PersonalData
from schema.context import Info
from schema.institution import Pharmacy
from schema.scalars import Instant, Quantity
from services.manual_checks import ManualChecks
from services.reading import note


@strawberry.type(description="人脸建档; 影像本身不对外提供")
class FaceEnrolment:
    id: UUID = field(description="建档编号")
    state: EnrolmentState = field(description="建档状态")
    consent_version: str = field(description="本人同意的同意书版本")
    consented_at: Instant = field(description="同意时间")
    reason: str = field(description="未建档的原因代码")
    advice: str = field(description="提示")
    decided_at: Instant | None = field(description="结论时间")
    confirmed_at: Instant | None = field(description="当面核实时间; 此前不以其自动核验")
    withdrawn_at: Instant | None = field(description="撤回时间")
    purged_at: Instant | None = field(description="影像清除时间")

    @classmethod
    def of(cls, row: models.FaceEnrolment) -> Self:
        note(row.member_id, PersonalData.IDENTITY)
        return cls(
            id=row.id,
            state=row.state,
            consent_version=row.consent_version,
            consented_at=Instant(row.consented_at),
            reason=row.reason,
            advice=row.advice,
            decided_at=Instant(row.decided_at) if row.decided_at else None,
            confirmed_at=Instant(row.confirmed_at) if row.confirmed_at else None,
            withdrawn_at=Instant(row.withdrawn_at) if row.withdrawn_at else None,
            purged_at=Instant(row.purged_at) if row.purged_at else None,
        )


@strawberry.type(description="一家药店一段时间内的特殊登记")
class ManualVerifications:
    found: Private[ManualChecks]
    verifications: int = field(description="特殊登记次数")
    settlements: int = field(description="结算笔数")
    manual_settlements: int = field(description="其中以特殊登记核验身份的笔数")
    share: Quantity = field(description="占比, 0 至 1")
    is_often: bool = field(description="达到须立监管线索的次数与占比")

    @classmethod
    def of(cls, found: ManualChecks, on: date) -> Self:
        return cls(
            found=found,
            verifications=found.checks,
            settlements=found.settlements,
            manual_settlements=found.manual_settlements,
            share=Quantity(found.share),
            is_often=found.is_often(on),
        )

    @strawberry.field(description="药店")
    async def pharmacy(self, info: Info) -> Pharmacy:
        return Pharmacy.of(await info.context.loaders.institution.get(self.found.pharmacy_code))
