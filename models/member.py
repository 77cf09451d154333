"""Insured people, their special diseases, families and enrolled faces."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.row import Row
from policy.terms import (
    EnrolmentState,
    FamilyRelation,
    InsuranceType,
    InsuredState,
    PersonStatus,
    Residence,
)


class Member(Row):
    """An insured person (参保人). Name and identity number are encrypted at rest."""

    id = fields.UUIDField(primary_key=True)
    psn_no = fields.CharField(max_length=30, unique=True, description="人员编号")
    name_sealed = fields.BinaryField(description="姓名, 加密")
    id_number_sealed = fields.BinaryField(description="证件号码, 加密")
    id_number_hash = fields.CharField(max_length=64, unique=True, description="证件号码的带钥散列")
    sex = fields.CharField(max_length=1, description="性别, 1 男 2 女")
    birth_date = fields.DateField(description="出生日期")
    area = fields.CharField(max_length=6, description="参保统筹区")
    insurance = fields.CharEnumField(InsuranceType, max_length=32, description="险种")
    status = fields.CharEnumField(PersonStatus, max_length=32, description="人员类别")
    insured = fields.CharEnumField(InsuredState, max_length=32, description="参保状态")
    residence = fields.CharEnumField(
        Residence, max_length=32, default=Residence.LOCAL, description="异地就医备案"
    )
    has_personal_account = fields.BooleanField(default=False, description="有个人账户")

    class Meta:
        table = "member"
        table_description = "参保人"


class SpecialDiseaseRecord(Row):
    """A member's confirmed special disease (门诊特殊病种备案)."""

    id = fields.UUIDField(primary_key=True)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="special_diseases", description="参保人"
    )
    member_id: UUID
    disease_code = fields.CharField(max_length=30, description="病种编码")
    disease_name = fields.CharField(max_length=100, description="病种名称")
    since = fields.DateField(description="备案起")
    until = fields.DateField(null=True, description="备案止")

    class Meta:
        table = "special_disease_record"
        table_description = "门诊特殊病种备案"
        unique_together = (("member", "disease_code"),)


class FamilyGrant(Row):
    """A permission of one member for another (亲情共济授权)."""

    id = fields.UUIDField(primary_key=True)
    owner: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="grants_given", description="授权人"
    )
    owner_id: UUID
    proxy: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="grants_held", description="被授权人"
    )
    proxy_id: UUID
    relation = fields.CharEnumField(FamilyRelation, max_length=16, description="被授权人是授权人的")
    scopes: fields.JSONField[list[str]] = fields.JSONField(default=list, description="授权范围")
    pay_limit = fields.DecimalField(max_digits=16, decimal_places=2, null=True, description="单笔代付上限")
    pay_limit_month = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="每月代付上限"
    )
    pay_limit_year = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="每年代付上限"
    )
    since = fields.DatetimeField(description="授权起")
    until = fields.DatetimeField(null=True, description="授权止")
    revoked_at = fields.DatetimeField(null=True, description="撤销时间")

    class Meta:
        table = "family_grant"
        table_description = "亲情共济授权"
        indexes = (("proxy_id", "owner_id"),)
        constraints = (CheckConstraint(check="owner_id <> proxy_id", name="family_grant_two_people"),)


class FaceEnrolment(Row):
    """A face enrolled with consent (人脸建档), by one or two pictures. They lie in the image store."""

    id = fields.UUIDField(primary_key=True)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="faces", description="参保人"
    )
    member_id: UUID
    image_key = fields.CharField(max_length=64, description="影像存储键")
    second_image_key = fields.CharField(
        max_length=64, default="", db_default="", description="第二张影像的存储键"
    )
    consented_at = fields.DatetimeField(description="同意时间")
    consent_version = fields.CharField(max_length=32, default="", db_default="", description="同意书版本")
    enrolled_by = fields.CharField(max_length=100, default="", db_default="", description="办理者")
    state = fields.CharEnumField(
        EnrolmentState,
        max_length=32,
        default=EnrolmentState.ACTIVE,
        db_default=EnrolmentState.ACTIVE,
        description="建档状态",
    )
    reason = fields.CharField(max_length=64, default="", db_default="", description="不予建档的原因代码")
    advice = fields.CharField(max_length=200, default="", db_default="", description="提示")
    decided_at = fields.DatetimeField(null=True, description="结论时间")
    confirmed_at = fields.DatetimeField(null=True, description="当面核实时间")
    withdrawn_at = fields.DatetimeField(null=True, description="撤回时间")
    purged_at = fields.DatetimeField(null=True, description="影像清除时间")

    class Meta:
        table = "face_enrolment"
        table_description = "人脸建档"
        indexes = (("member_id", "state"),)
