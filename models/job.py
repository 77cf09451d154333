"""Work to be done in the background; the row is the truth, the queue only rings."""

from enum import StrEnum

from tortoise import fields

from models.row import Row


class JobKind(StrEnum):
    """Kind of background work (后台任务类型)."""

    IDENTITY_CHECK = "IDENTITY_CHECK"
    CARD_READING = "CARD_READING"
    FACE_ENROLMENT = "FACE_ENROLMENT"
    PAYMENT_ORDER = "PAYMENT_ORDER"
    PAYMENT_REFUND = "PAYMENT_REFUND"


class JobState(StrEnum):
    """State of a job (任务状态)."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


class Job(Row):
    """One piece of background work (后台任务)."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(JobKind, max_length=32, description="任务类型")
    subject_id = fields.UUIDField(description="对象")
    state = fields.CharEnumField(JobState, max_length=32, default=JobState.PENDING, description="状态")
    attempts = fields.SmallIntField(default=0, description="已试次数")
    due_at = fields.DatetimeField(description="应执行时间")
    error = fields.CharField(max_length=200, default="", description="最近错误代码")
    created_at = fields.DatetimeField(description="建立时间")
    # whatever an older version writes beside this one has neither
    request_id = fields.CharField(max_length=64, default="", db_default="", description="来源请求编号")
    traceparent = fields.CharField(max_length=55, default="", db_default="", description="来源链路")

    class Meta:
        table = "job"
        table_description = "后台任务"
        indexes = (("state", "due_at"),)
