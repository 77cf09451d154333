"""Cases as callers see them: the pharmacy does not learn who complained."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import CaseKind, CaseState, PersonalData, Role
from schema.context import Info
from schema.drug import Drug
from schema.fill import Fill
from schema.institution import Pharmacy
from schema.scalars import Instant
from services.complaints import context_of
from services.reading import note

READS_COMPLAINT = (Role.AGENCY, Role.SUPERVISOR, Role.PATIENT)
"""Roles that read what a patient wrote; a patient sees only cases of their own complaint."""


@strawberry.type(description="监管线索: 药店的说法与事实不符之处")
class Case:
    row: Private[models.Case]
    id: UUID = field(description="线索编号")
    kind: CaseKind = field(description="线索类型")
    state: CaseState = field(description="线索状态")
    text: str = field(description="情况说明")
    reference: str = field(description="追溯码、价格上限或核对期间")
    evidence: list[str] = field(description="证据的编号: 预留、配药明细、药品或已查实的线索")
    opened_at: Instant = field(description="立案时间")
    opened_by: str = field(description="线索来源")
    answer: str = field(description="药店陈述申辩")
    answered_at: Instant | None = field(description="陈述申辩时间")
    decision: str = field(description="认定说明")
    decided_at: Instant | None = field(description="认定时间")

    @classmethod
    def of(cls, row: models.Case) -> Self:
        return cls(
            row=row,
            id=row.id,
            kind=row.kind,
            state=row.state,
            text=row.text,
            reference=row.reference,
            evidence=row.evidence,
            opened_at=Instant(row.opened_at),
            opened_by=row.opened_by,
            answer=row.answer,
            answered_at=Instant(row.answered_at) if row.answered_at else None,
            decision=row.decision,
            decided_at=Instant(row.decided_at) if row.decided_at else None,
        )

    @strawberry.field(description="投诉内容; 药店看不到")
    def complaint(self, info: Info) -> str | None:
        sealed, context = self.row.complaint_sealed, info.context
        if sealed is None or context.require_actor().role not in READS_COMPLAINT:
            return None
        if self.row.complainant_id is not None:
            note(self.row.complainant_id, PersonalData.COMPLAINT)
        return context.tools.keys.decrypt_text(bytes(sealed), context=context_of(self.row))

    @strawberry.field(description="药店")
    async def pharmacy(self, info: Info) -> Pharmacy:
        return Pharmacy.of(await info.context.loaders.institution.get(self.row.pharmacy_id))

    @strawberry.field(description="药品; 涉及多种时为空")
    async def drug(self, info: Info) -> Drug | None:
        row = await info.context.loaders.drug.find(self.row.drug_id)
        return Drug.of(row) if row else None

    @strawberry.field(description="配药; 无权查看时为空")
    async def fill(self, info: Info) -> Fill | None:
        row = await info.context.loaders.fill.find(self.row.fill_id)
        return Fill.of(row) if row else None
