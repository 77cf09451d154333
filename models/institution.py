"""Hospitals and pharmacies, their contracts and opening hours."""

from datetime import datetime

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.row import Row
from policy.terms import AgreementState, InstitutionKind


class Institution(Row):
    """A contracted hospital or pharmacy (定点医药机构)."""

    code = fields.CharField(max_length=12, primary_key=True, description="定点医药机构编码")
    kind = fields.CharEnumField(InstitutionKind, max_length=32, description="机构类别")
    name = fields.CharField(max_length=200, description="机构名称")
    adcode = fields.CharField(max_length=6, description="县级行政区划代码")
    area = fields.CharField(max_length=6, db_index=True, description="统筹区")
    address = fields.CharField(max_length=300, default="", description="地址")
    phone = fields.CharField(max_length=32, default="", description="联系电话")
    tier = fields.SmallIntField(null=True, description="医疗机构等级")
    is_public = fields.BooleanField(default=False, description="公立")
    circulates = fields.BooleanField(default=False, description="开展处方流转")
    parent: fields.ForeignKeyNullableRelation["Institution"] = fields.ForeignKeyField(
        "models.Institution", null=True, related_name="branches", description="依托的实体医疗机构"
    )
    parent_id: str | None
    longitude = fields.FloatField(description="经度, GCJ-02")
    latitude = fields.FloatField(description="纬度, GCJ-02")
    x = fields.FloatField(description="等角投影东向坐标, 米")
    y = fields.FloatField(description="等角投影北向坐标, 米")
    is_dual_channel = fields.BooleanField(default=False, description="双通道")
    delivers = fields.BooleanField(default=False, description="提供配送")
    joined_vbp = fields.BooleanField(default=False, description="参加集中带量采购")
    accepts_family_code = fields.BooleanField(default=False, description="可用亲情展码")
    heard_at: datetime | None = fields.DatetimeField(
        null=True, description="最近一次进销存变动或心跳; 空为从未"
    )

    class Meta:
        table = "institution"
        table_description = "定点医药机构"


class Agreement(Row):
    """A contract for outpatient pooling service (门诊统筹补充协议)."""

    id = fields.UUIDField(primary_key=True)
    institution: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="agreements", description="机构"
    )
    institution_id: str
    state = fields.CharEnumField(AgreementState, max_length=32, description="协议状态")
    since = fields.DateField(description="生效日")
    until = fields.DateField(null=True, description="终止日")

    class Meta:
        table = "agreement"
        table_description = "门诊统筹协议"
        indexes = (("institution_id", "state"),)


class OpeningHours(Row):
    """One opening span of a weekday (营业时间), in minutes since midnight, Asia/Shanghai."""

    id = fields.UUIDField(primary_key=True)
    institution: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="opening_hours", description="机构"
    )
    institution_id: str
    weekday = fields.SmallIntField(description="星期, 0 为星期一")
    opens = fields.SmallIntField(description="开门, 当日分钟")
    closes = fields.SmallIntField(description="关门, 当日分钟, 至多 1440")

    class Meta:
        table = "opening_hours"
        table_description = "营业时间"
        unique_together = (("institution", "weekday", "opens"),)
        constraints = (
            CheckConstraint(
                check="weekday BETWEEN 0 AND 6 AND opens >= 0 AND opens < closes AND closes <= 1440",
                name="opening_hours_span",
            ),
        )
