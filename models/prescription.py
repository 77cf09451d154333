"""Electronic prescriptions and their lines."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.drug import Drug
from models.institution import Institution
from models.member import Member
from models.practitioner import Doctor
from models.row import Row
from policy.terms import (
    BenefitKind,
    HospitalApproval,
    InsuranceType,
    LineState,
    PrescriptionState,
    VisitKind,
)


class Prescription(Row):
    """An electronic prescription in circulation (流转电子处方)."""

    id = fields.UUIDField(primary_key=True)
    rx_no = fields.CharField(max_length=30, unique=True, description="医保处方编号")
    hospital_rx_no = fields.CharField(max_length=40, description="院内处方号")
    hospital: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="prescriptions", description="开方机构"
    )
    hospital_id: str
    doctor: fields.ForeignKeyRelation[Doctor] = fields.ForeignKeyField(
        "models.Doctor", related_name="prescriptions", description="开方医师"
    )
    doctor_id: str
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="prescriptions", description="参保人"
    )
    member_id: UUID
    area = fields.CharField(max_length=6, description="开方机构统筹区")
    visit_no = fields.CharField(max_length=30, description="就诊流水号")
    visit_kind = fields.CharEnumField(VisitKind, max_length=32, description="就诊方式")
    insurance = fields.CharEnumField(InsuranceType, max_length=32, description="险种")
    benefit = fields.CharEnumField(BenefitKind, max_length=32, description="待遇类型")
    disease_code = fields.CharField(max_length=30, null=True, description="病种编码")
    disease_name = fields.CharField(max_length=100, default="", description="慢性疾病名称")
    diagnosis = fields.CharField(max_length=500, description="诊断")
    long_supply_reason = fields.CharField(max_length=200, default="", description="长期用药理由")
    consented_at = fields.DatetimeField(null=True, description="患者同意流转时间")
    issued_at = fields.DatetimeField(description="开方时间")
    uploaded_at = fields.DatetimeField(description="上传时间")
    expires_at = fields.DatetimeField(description="失效时间")
    state = fields.CharEnumField(PrescriptionState, max_length=32, description="处方状态")
    revoked_at = fields.DatetimeField(null=True, description="撤销时间")
    revoke_reason = fields.CharField(max_length=200, default="", description="撤销原因")

    lines: fields.ReverseRelation["PrescriptionLine"]

    class Meta:
        table = "prescription"
        table_description = "电子处方"
        unique_together = (("hospital", "hospital_rx_no"),)
        indexes = (("member_id", "uploaded_at"), ("hospital_id", "uploaded_at"), ("state", "expires_at"))


class PrescriptionLine(Row):
    """One drug of a prescription (处方明细)."""

    id = fields.UUIDField(primary_key=True)
    prescription: fields.ForeignKeyRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="lines", description="处方"
    )
    prescription_id: UUID
    number = fields.SmallIntField(description="序号")
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="prescribed", description="药品"
    )
    drug_id: str
    quantity = fields.DecimalField(max_digits=16, decimal_places=4, description="数量, 包装")
    dose = fields.DecimalField(max_digits=16, decimal_places=4, description="单次用量, 最小制剂单位")
    times_per_day = fields.DecimalField(max_digits=8, decimal_places=4, description="每日次数")
    route = fields.CharField(max_length=30, default="口服", description="用药途径")
    days = fields.SmallIntField(description="用药天数")
    in_house_stock = fields.DecimalField(
        max_digits=16, decimal_places=4, default=0, description="院内药房可供数量"
    )
    approval = fields.CharEnumField(HospitalApproval, max_length=32, description="医院审批标志")
    allows_equivalent = fields.BooleanField(
        default=False, db_default=False, description="按通用名开具, 可由其他厂家的同规格产品代替"
    )
    state = fields.CharEnumField(LineState, max_length=32, description="明细状态")
    closed_reason = fields.CharField(max_length=100, default="", description="关闭原因")
    dispensed_at = fields.DatetimeField(null=True, description="配药完成时间")

    class Meta:
        table = "prescription_line"
        table_description = "处方明细"
        unique_together = (("prescription", "number"),)
        constraints = (CheckConstraint(check="quantity > 0 AND days > 0", name="prescription_line_positive"),)
