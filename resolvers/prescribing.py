"""Prescriptions: hospitals upload and revoke, everybody reads their own."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from tortoise.expressions import Q

from models.fetching import Together
from policy.money import ZERO
from policy.terms import BenefitKind, Credential, HospitalApproval, PrescriptionState, VisitKind
from resolvers.arguments import KEY_WORDS, PrescriptionId
from schema.context import Info, call_of
from schema.listing import page_of
from schema.paging import FIRST_DEFAULT, After, Connection, First
from schema.prescription import Precheck, Prescription
from schema.refusal import Refusal
from schema.scalars import Instant, Money, Quantity
from services import access, drafts, prescribing


@strawberry.input(description="待上传的一条处方明细")
class PrescriptionLineInput:
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(description="数量, 包装")
    dose: Quantity = field(description="单次用量, 最小制剂单位")
    times_per_day: Quantity = field(description="每日次数")
    days: int = field(description="用药天数")
    route: str = field(default="口服", description="用药途径")
    in_house_stock: Quantity = field(
        default=Quantity(ZERO),
        description="本院药房可供数量, 包装 (FJ-5.1)",
    )
    approval: HospitalApproval = field(
        default=HospitalApproval.NOT_ASKED, description="医院审批标志, 用于限制使用的药品"
    )
    allows_equivalent: bool = field(
        default=False, description="按通用名开具: 可由同通用名、同剂型、同规格的其他厂家产品代替"
    )

    def draft(self) -> drafts.DraftLine:
        """The line as the use case takes it."""
        return drafts.DraftLine(
            drug_code=self.drug_code,
            quantity=self.quantity,
            dose=self.dose,
            times_per_day=self.times_per_day,
            days=self.days,
            route=self.route,
            in_house_stock=self.in_house_stock,
            approval=self.approval,
            allows_equivalent=self.allows_equivalent,
        )


@strawberry.input(description="待上传的处方")
class PrescriptionInput:
    hospital_rx_no: str = field(description="院内处方号, 不可重复")
    visit_no: str = field(description="就诊流水号")
    visit_kind: VisitKind = field(description="就诊方式")
    doctor_code: str = field(description="开方医保医师编码; 姓名与电话由医师库带出 (FJ-5.4)")
    id_number: str = field(description="患者居民身份证号码")
    benefit: BenefitKind = field(description="待遇类型")
    disease_code: str | None = field(default=None, description="门诊特殊病种编码")
    diagnosis: str = field(description="诊断")
    issued_at: Instant = field(description="开方时间")
    consented_at: Instant | None = field(default=None, description="患者同意流转的时间")
    long_supply_reason: str = field(default="", description="长期用药理由(病情需要)")
    deductible_taken: Money = field(
        default=Money(ZERO),
        description="本次就诊在医院已收的起付标准 (SX-22)",
    )
    credential: Credential = field(default=Credential.ELECTRONIC, description="就诊时出示的凭证 (SX-7)")
    identity_verified: bool = field(default=True, description="接诊医生已核验身份 (SX-8)")
    lines: list[PrescriptionLineInput] = field(description="处方明细, 1 至 20 条")

    def draft(self) -> drafts.Draft:
        """The prescription as the use case takes it."""
        return drafts.Draft(
            hospital_rx_no=self.hospital_rx_no,
            visit_no=self.visit_no,
            visit_kind=self.visit_kind,
            doctor_code=self.doctor_code,
            id_number=self.id_number,
            benefit=self.benefit,
            disease_code=self.disease_code,
            diagnosis=self.diagnosis,
            issued_at=self.issued_at,
            consented_at=self.consented_at,
            lines=[line.draft() for line in self.lines],
            long_supply_reason=self.long_supply_reason,
            deductible_taken=self.deductible_taken,
            credential=self.credential,
            identity_verified=self.identity_verified,
        )


@strawberry.input(description="处方上传")
class UploadPrescriptionInput:
    idempotency_key: str = field(description=KEY_WORDS)
    prescription: PrescriptionInput = field(description="处方")


@strawberry.input(description="处方撤销")
class RevokePrescriptionInput:
    idempotency_key: str = field(description=KEY_WORDS)
    prescription_id: UUID = field(description="处方编号")
    reason: str = field(description="撤销原因")


@strawberry.input(description="院内取药登记")
class RecordHospitalDispenseInput:
    idempotency_key: str = field(description=KEY_WORDS)
    prescription_id: UUID = field(description="处方编号")
    line_ids: list[UUID] = field(description="在院内取走的处方明细")


UploadPrescriptionResult = Annotated[
    Prescription | Refusal, strawberry.union("UploadPrescriptionResult", description="处方上传结果")
]
RevokePrescriptionResult = Annotated[
    Prescription | Refusal, strawberry.union("RevokePrescriptionResult", description="处方撤销结果")
]
RecordHospitalDispenseResult = Annotated[
    Prescription | Refusal,
    strawberry.union("RecordHospitalDispenseResult", description="院内取药登记结果"),
]


@strawberry.type
class PrescribingQuery:
    @strawberry.field(description="处方上传预核验: 不保存, 分别给出拒绝与提醒")
    async def precheck_prescription(
        self,
        info: Info,
        prescription: Annotated[PrescriptionInput, strawberry.argument(description="处方")],
    ) -> Precheck:
        found = await prescribing.precheck_prescription(call_of(info), prescription.draft())
        return Precheck.of(found)

    @strawberry.field(description="一张处方")
    async def prescription(self, info: Info, id: PrescriptionId) -> Prescription:
        call = call_of(info)
        return Prescription.of(await access.get_prescription(call.actor, id, call.now))

    @strawberry.field(
        description="有权查看的处方, 新的在前: 患者看本人与授权家人, 医院看本院, 药店看受理过的"
    )
    async def prescriptions(
        self,
        info: Info,
        first: First = FIRST_DEFAULT,
        after: After = None,
        state: Annotated[PrescriptionState | None, strawberry.argument(description="只看此状态")] = None,
    ) -> Connection[Prescription]:
        call = call_of(info)
        async with Together():
            seen = await access.prescriptions_of(call.actor, call.now)
            wanted = seen & Q(state=state) if state else seen
            return await page_of(info, Prescription, wanted, "uploaded_at", first, after)


@strawberry.type
class PrescribingMutation:
    @strawberry.mutation(description="处方上传并流转, 推送给患者 (FJ-8.3, SX-10)")
    async def upload_prescription(
        self,
        info: Info,
        input: Annotated[UploadPrescriptionInput, strawberry.argument(description="处方上传")],
    ) -> UploadPrescriptionResult:
        call = call_of(info, input.idempotency_key)
        row = await prescribing.upload_prescription(call, draft=input.prescription.draft())
        return Prescription.of(row)

    @strawberry.mutation(description="处方撤销: 关闭未配药的明细, 取消未结算的配药")
    async def revoke_prescription(
        self,
        info: Info,
        input: Annotated[RevokePrescriptionInput, strawberry.argument(description="处方撤销")],
    ) -> RevokePrescriptionResult:
        row = await prescribing.revoke_prescription(
            call_of(info, input.idempotency_key),
            prescription_id=input.prescription_id,
            reason=input.reason,
        )
        return Prescription.of(row)

    @strawberry.mutation(description="院内取药登记: 患者在医院取走的明细随即关闭 (SX-10)")
    async def record_hospital_dispense(
        self,
        info: Info,
        input: Annotated[RecordHospitalDispenseInput, strawberry.argument(description="院内取药")],
    ) -> RecordHospitalDispenseResult:
        row = await prescribing.record_hospital_dispense(
            call_of(info, input.idempotency_key),
            prescription_id=input.prescription_id,
            line_ids=input.line_ids,
        )
        return Prescription.of(row)
