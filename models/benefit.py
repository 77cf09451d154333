"""How much of the year's deductible and limit is used."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.institution import Institution
from models.member import Member
from models.row import Row


class Accumulator(Row):
    """A member's use of one benefit in one year (年度累计)."""

    id = fields.UUIDField(primary_key=True)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="accumulators", description="参保人"
    )
    member_id: UUID
    year = fields.SmallIntField(description="年度")
    bucket = fields.CharField(max_length=40, description="待遇类型, 特殊病种带病种编码")
    deductible_used = fields.DecimalField(
        max_digits=16, decimal_places=2, default=0, description="已付起付标准"
    )
    fund_used = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="统筹基金已支付")

    class Meta:
        table = "accumulator"
        table_description = "年度累计"
        unique_together = (("member", "year", "bucket"),)
        constraints = (
            CheckConstraint(check="deductible_used >= 0 AND fund_used >= 0", name="accumulator_positive"),
        )


class AccumulatorImport(Row):
    """What was used elsewhere, told by the agency (外部累计导入)."""

    id = fields.UUIDField(primary_key=True)
    area = fields.CharField(max_length=6, description="统筹区")
    reference = fields.CharField(max_length=64, description="来源单号")
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="accumulator_imports", description="参保人"
    )
    member_id: UUID
    year = fields.SmallIntField(description="年度")
    bucket = fields.CharField(max_length=40, description="待遇类型")
    deductible_used = fields.DecimalField(max_digits=16, decimal_places=2, description="起付标准")
    fund_used = fields.DecimalField(max_digits=16, decimal_places=2, description="统筹基金支付")
    imported_at = fields.DatetimeField(description="导入时间")

    class Meta:
        table = "accumulator_import"
        table_description = "外部累计导入"
        unique_together = (("area", "reference"),)


class VisitDeductible(Row):
    """The deductible taken within one visit (同一就诊流水号的起付标准)."""

    id = fields.UUIDField(primary_key=True)
    hospital: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="visit_deductibles", description="医疗机构"
    )
    hospital_id: str
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="visit_deductibles", description="参保人"
    )
    member_id: UUID
    visit_no = fields.CharField(max_length=30, description="就诊流水号")
    taken_at_hospital = fields.DecimalField(
        max_digits=16, decimal_places=2, default=0, description="医院已收"
    )
    taken_at_pharmacies = fields.DecimalField(
        max_digits=16, decimal_places=2, default=0, description="药店已收"
    )

    class Meta:
        table = "visit_deductible"
        table_description = "就诊起付标准"
        unique_together = (("hospital", "member", "visit_no"),)
