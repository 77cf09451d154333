"""Prescriptions as callers see them, each line with its fate."""

from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import (
    BenefitKind,
    FillState,
    HospitalApproval,
    LineState,
    PersonalData,
    PrescriptionState,
    VisitKind,
)
from schema.ahead import many, one
from schema.context import Info
from schema.drug import Drug
from schema.institution import Doctor, Hospital
from schema.member import Member
from schema.refusal import Violation
from schema.scalars import Instant, Quantity
from schema.shown import needs, shown, shows
from services import prescribing

if TYPE_CHECKING:
    from schema.fill import Fill


@strawberry.type(description="处方明细的去向: 由哪一次配药占用或完成")
class LineFate:
    fill_id: UUID = field(description="配药编号")
    pharmacy_code: str = field(description="药店编码")
    pharmacy_name: str = field(description="药店名称")
    state: FillState = field(description="配药状态")
    is_reviewed: bool = field(description="已审方")
    is_dispensed: bool = field(description="已配药")
    is_settled: bool = field(description="已结算")


@shows(models.PrescriptionLine)
@strawberry.type(description="处方明细")
class PrescriptionLine:
    drug_id: Private[str]
    id: UUID = field(description="明细编号")
    number: int = field(description="序号")
    quantity: Quantity = field(description="数量, 包装")
    dose: Quantity = field(description="单次用量, 最小制剂单位")
    times_per_day: Quantity = field(description="每日次数")
    route: str = field(description="用药途径")
    days: int = field(description="用药天数")
    approval: HospitalApproval = field(description="医院审批标志")
    allows_equivalent: bool = field(description="可由同通用名、同剂型、同规格的其他厂家产品代替")
    state: LineState = field(description="明细状态")
    closed_reason: str = field(description="关闭原因")
    dispensed_at: Instant | None = field(description="配药完成时间")

    @classmethod
    def of(cls, row: models.PrescriptionLine) -> Self:
        return shown(cls, row)

    drug: Drug = one(Drug, "drug", "drug_id", "药品")

    @strawberry.field(
        description="去向; 没有占用、或由他人占用而无权查看时为空", metadata=needs("id", "state")
    )
    async def fate(self, info: Info) -> LineFate | None:
        loaders = info.context.loaders
        lines = await loaders.fill_lines_of_prescription_line.of(self.id)
        live = next((line for line in lines if line.is_live), None)
        fill = await loaders.fill.find(live.fill_id) if live else None
        if fill is None:
            return None
        pharmacy = await loaders.institution.get(fill.pharmacy_id)
        is_dispensed = self.state == LineState.DISPENSED
        return LineFate(
            fill_id=fill.id,
            pharmacy_code=pharmacy.code,
            pharmacy_name=pharmacy.name,
            state=fill.state,
            is_reviewed=fill.reviewed_at is not None,
            is_dispensed=is_dispensed,
            is_settled=is_dispensed and fill.state != FillState.REVERSED,
        )


@shows(models.Prescription, PersonalData.PRESCRIPTION)
@strawberry.type(description="流转电子处方")
class Prescription:
    hospital_id: Private[str]
    doctor_id: Private[str]
    member_id: Private[UUID]
    id: UUID = field(description="处方编号")
    rx_no: str = field(description="医保处方编号")
    hospital_rx_no: str = field(description="院内处方号")
    visit_no: str = field(description="就诊流水号")
    visit_kind: VisitKind = field(description="就诊方式")
    benefit: BenefitKind = field(description="待遇类型")
    disease_code: str | None = field(description="病种编码")
    disease_name: str = field(description="慢性疾病名称")
    diagnosis: str = field(description="诊断")
    issued_at: Instant = field(description="开方时间")
    uploaded_at: Instant = field(description="上传时间")
    expires_at: Instant = field(description="失效时间; 须在此之前结算")
    state: PrescriptionState = field(description="处方状态")
    revoked_at: Instant | None = field(description="撤销时间")
    revoke_reason: str = field(description="撤销原因")

    @classmethod
    def of(cls, row: models.Prescription) -> Self:
        return shown(cls, row)

    @strawberry.field(description="剩余有效秒数; 已失效为 0", metadata=needs("expires_at"))
    def seconds_left(self, info: Info) -> int:
        return max(0, int((self.expires_at - Instant(info.context.now())).total_seconds()))

    hospital: Hospital = one(Hospital, "institution", "hospital_id", "开方机构")
    doctor: Doctor = one(Doctor, "doctor", "doctor_id", "开方医师")
    member: Member = one(Member, "member", "member_id", "参保人")
    lines: list[PrescriptionLine] = many(PrescriptionLine, "lines_of_prescription", "id", "处方明细")

    @strawberry.field(description="这张处方的配药, 只含有权查看的", metadata=needs("id"))
    async def fills(self, info: Info) -> list[Annotated["Fill", strawberry.lazy("schema.fill")]]:
        from schema.fill import Fill

        rows = await info.context.loaders.fills_of_prescription.of(self.id)
        return [Fill.of(row) for row in rows]


@strawberry.type(description="处方上传预核验的结果")
class Precheck:
    refusals: list[Violation] = field(description="不能上传的全部理由; 为空则可以上传")
    warnings: list[Violation] = field(description="提醒, 不影响上传")

    @classmethod
    def of(cls, found: prescribing.Precheck) -> Self:
        return cls(
            refusals=[Violation.of(one) for one in found.refusals],
            warnings=[Violation.of(one) for one in found.warnings],
        )
