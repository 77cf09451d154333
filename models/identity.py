"""Checks of the person present at the counter."""

from typing import Any
from uuid import UUID

from tortoise import fields

from models.fill import Fill
from models.member import Member
from models.row import Row
from policy.terms import CardReading, IdentityMethod, Verdict


class IdentityCheck(Row):
    """One check that the person present is the member or the proxy (人证相符核验)."""

    id = fields.UUIDField(primary_key=True)
    fill: fields.ForeignKeyRelation[Fill] = fields.ForeignKeyField(
        "models.Fill", related_name="identity_checks", description="配药"
    )
    fill_id: UUID
    person: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="identity_checks", description="被核验人"
    )
    person_id: UUID
    method = fields.CharEnumField(IdentityMethod, max_length=32, description="核验方式")
    verdict = fields.CharEnumField(Verdict, max_length=32, null=True, description="结论")
    reason = fields.CharField(max_length=64, default="", description="原因代码")
    advice = fields.CharField(max_length=200, default="", description="给店员的提示")
    distance = fields.DecimalField(max_digits=8, decimal_places=6, null=True, description="人脸距离")
    engine = fields.CharField(max_length=200, default="", description="引擎与版本")
    bands_version = fields.CharField(max_length=200, default="", description="阈值版本")
    findings: fields.JSONField[list[dict[str, Any]]] = fields.JSONField(
        default=list, db_default=[], description="各引擎的结果"
    )
    goods: fields.JSONField[list[str]] = fields.JSONField(default=list, description="结算物品")
    documents: fields.JSONField[list[str]] = fields.JSONField(default=list, description="查验的证件")
    operator = fields.CharField(max_length=64, description="操作员")
    tries = fields.SmallIntField(default=0, description="已试次数")
    likeness_id = fields.UUIDField(null=True, description="与之相符的待核实建档")
    by_card = fields.BooleanField(default=False, db_default=False, description="与证件照比对, 而非建档照")
    submitted_at = fields.DatetimeField(description="提交时间")
    decided_at = fields.DatetimeField(null=True, description="结论时间")

    class Meta:
        table = "identity_check"
        table_description = "人证相符核验"
        indexes = (("fill_id", "submitted_at"),)


class IdentityImage(Row):
    """A picture kept with a check (核验影像): the live face, or an ID card's."""

    id = fields.UUIDField(primary_key=True)
    check_row: fields.ForeignKeyRelation[IdentityCheck] = fields.ForeignKeyField(
        "models.IdentityCheck", related_name="images", description="核验"
    )
    check_row_id: UUID
    kind = fields.CharField(max_length=16, description="LIVE 现场, CARD 证件, PROXY_CARD 代购人证件")
    reading = fields.CharEnumField(CardReading, max_length=32, null=True, description="证件识读结果")
    matched = fields.CharField(max_length=32, default="", db_default="", description="识读一致的栏目")
    has_number = fields.BooleanField(default=False, db_default=False, description="读卡器给出的号码一致")
    unread_reason = fields.CharField(
        max_length=64, default="", db_default="", description="未能识读的原因代码"
    )
    reader = fields.CharField(max_length=64, default="", db_default="", description="识读引擎与版本")
    image_key = fields.CharField(max_length=64, description="影像存储键")
    sha256 = fields.CharField(max_length=64, description="原图散列")
    kept_until = fields.DateField(description="保存至")
    purged_at = fields.DatetimeField(null=True, description="清除时间")

    class Meta:
        table = "identity_image"
        table_description = "核验影像"
