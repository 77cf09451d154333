"""What happened, in order, per topic."""

from tortoise import fields

from models.row import Row
from policy.terms import EventKind


class Topic(Row):
    """A stream of events (事件主题) and the number of its last one."""

    name = fields.CharField(max_length=64, primary_key=True, description="主题")
    sequence = fields.BigIntField(default=0, description="最近序号")

    class Meta:
        table = "topic"
        table_description = "事件主题"


class Event(Row):
    """One event (事件): ids and kinds only, never personal or health data."""

    id = fields.UUIDField(primary_key=True)
    topic = fields.CharField(max_length=64, description="主题")
    sequence = fields.BigIntField(description="主题内序号")
    kind = fields.CharEnumField(EventKind, max_length=32, description="事件类型")
    prescription_id = fields.UUIDField(null=True, description="处方")
    fill_id = fields.UUIDField(null=True, description="配药")
    subject_id = fields.UUIDField(null=True, description="质疑、核验或结算")
    occurred_at = fields.DatetimeField(description="发生时间")

    class Meta:
        table = "event"
        table_description = "事件"
        unique_together = (("topic", "sequence"),)
