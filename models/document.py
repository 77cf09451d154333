"""The documents that clients of ours may send."""

from tortoise import fields

from models.row import Row
from policy.terms import Role


class TrustedDocument(Row):
    """A GraphQL document registered before it is used (受信任文档); known by the SHA-256 of its text."""

    sha256 = fields.CharField(max_length=64, primary_key=True, description="文档文本的 SHA-256")
    name = fields.CharField(max_length=100, description="操作名称")
    text = fields.TextField(description="文档文本")
    roles: fields.JSONField[list[Role]] = fields.JSONField(default=list, description="可使用的角色; 空为全部")
    registered_at = fields.DatetimeField(description="登记时间")

    class Meta:
        table = "trusted_document"
        table_description = "受信任文档"
