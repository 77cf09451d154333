"""Who read or changed whose data."""

from tortoise import fields
from tortoise.models import Model


class AuditEntry(Model):
    """One access or change (审计记录)."""

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField(description="时间")
    actor = fields.CharField(max_length=100, description="操作者")
    verb = fields.CharField(max_length=64, description="操作")
    subject = fields.CharField(max_length=64, default="", description="对象编号")
    outcome = fields.CharField(max_length=64, description="结果: 完成或拒绝代码")

    class Meta:
        table = "audit_entry"
        table_description = "审计记录"
        indexes = (("actor", "verb", "at"), ("subject", "at"))
