"""What somebody has to look into: a pharmacy whose word and facts differ."""

from datetime import date, datetime
from uuid import UUID

from tortoise import fields

from models.drug import Drug
from models.institution import Institution
from models.row import Row
from policy.terms import CaseKind, CaseState


class Case(Row):
    """A suspicion against a pharmacy (监管线索), open until somebody has decided."""

    id = fields.UUIDField(primary_key=True)
    key = fields.CharField(max_length=120, unique=True, description="同一事实只立一次的标识")
    kind = fields.CharEnumField(CaseKind, max_length=32, description="线索类型")
    state = fields.CharEnumField(CaseState, max_length=32, default=CaseState.OPEN, description="线索状态")
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="cases", description="药店"
    )
    pharmacy_id: str
    drug: fields.ForeignKeyNullableRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="cases", null=True, description="药品"
    )
    drug_id: str | None
    fill_id: UUID | None = fields.UUIDField(null=True, description="配药")
    reference = fields.CharField(max_length=64, default="", description="追溯码、结算编号等")
    text = fields.CharField(max_length=500, default="", description="情况说明")
    evidence: fields.JSONField[list[str]] = fields.JSONField(default=list, description="证据的编号")
    opened_at = fields.DatetimeField(description="立案时间")
    opened_by = fields.CharField(max_length=100, description="线索来源")
    decided_at: datetime | None = fields.DatetimeField(null=True, description="认定时间")
    decided_by = fields.CharField(max_length=100, default="", description="认定人")
    decision = fields.CharField(max_length=500, default="", description="认定说明")
    answer = fields.CharField(max_length=1000, default="", db_default="", description="药店陈述申辩")
    answered_at: datetime | None = fields.DatetimeField(null=True, description="陈述申辩时间")
    complainant_id: UUID | None = fields.UUIDField(null=True, description="投诉人")
    complaint_sealed: bytes | None = fields.BinaryField(null=True, description="投诉内容, 加密")
    complained_at: datetime | None = fields.DatetimeField(null=True, description="投诉时间")

    class Meta:
        table = "case_file"
        table_description = "监管线索"
        indexes = (("pharmacy_id", "kind", "state"), ("kind", "opened_at"), ("complainant_id", "opened_at"))


class MonitorRun(Row):
    """When a pharmacy's stock account and prices were last looked at (监测记录): once a day."""

    id = fields.UUIDField(primary_key=True)
    pharmacy: fields.OneToOneRelation[Institution] = fields.OneToOneField(
        "models.Institution", related_name="monitor_run", description="药店"
    )
    pharmacy_id: str
    ran_on: date = fields.DateField(description="最近监测日")

    class Meta:
        table = "monitor_run"
        table_description = "监测记录"
