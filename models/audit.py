"""Who read or changed whose data, chained so that nothing is altered, removed or put elsewhere unseen."""

from datetime import datetime
from uuid import UUID

from tortoise import fields

from models.row import Row


class AuditEntry(Row):
    """One access or change (审计记录)."""

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField(description="时间")
    actor = fields.CharField(max_length=100, description="操作者")
    verb = fields.CharField(max_length=64, description="操作")
    subject = fields.CharField(max_length=64, default="", description="对象编号")
    outcome = fields.CharField(max_length=64, description="结果: 完成或拒绝代码")
    member_id: UUID | None = fields.UUIDField(null=True, description="所涉参保人")
    actor_member_id: UUID | None = fields.UUIDField(null=True, description="操作者本人, 若为参保人")
    role = fields.CharField(max_length=32, default="", db_default="", description="操作者角色")
    institution = fields.CharField(max_length=30, default="", db_default="", description="操作者机构编码")
    things = fields.CharField(max_length=200, default="", db_default="", description="看到的内容")

    class Meta:
        table = "audit_entry"
        table_description = "审计记录"
        indexes = (("actor", "verb", "at"), ("subject", "at"), ("member_id", "at", "id"))


class AuditUnsealed(Row):
    """An entry that waits for its place in the chain (待封存审计). A trigger writes it with the entry."""

    entry_id = fields.UUIDField(primary_key=True, description="审计记录")

    class Meta:
        table = "audit_unsealed"
        table_description = "待封存的审计记录"


class AuditLink(Row):
    """An entry's place in the chain (审计链环): `hash` covers the one before and `digest`, that the entry."""

    sequence = fields.BigIntField(primary_key=True, generated=False, description="序号, 从 1 起")
    entry_id = fields.UUIDField(unique=True, description="审计记录")
    digest = fields.BinaryField(description="内容散列")
    hash = fields.BinaryField(description="链散列")

    class Meta:
        table = "audit_link"
        table_description = "审计链"


class AuditHead(Row):
    """The chain's end at one moment (审计链头), also logged, to be kept outside."""

    sequence = fields.BigIntField(primary_key=True, generated=False, description="序号")
    hash = fields.BinaryField(description="链散列")
    sealed_at: datetime = fields.DatetimeField(description="封存时间")

    class Meta:
        table = "audit_head"
        table_description = "审计链头"
