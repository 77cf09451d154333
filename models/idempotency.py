"""What each caller already did under which key."""

from tortoise import fields

from models.row import Row


class IdempotencyRecord(Row):
    """The stored outcome of a mutation (幂等记录), written in the mutation's own transaction."""

    id = fields.UUIDField(primary_key=True)
    caller = fields.CharField(max_length=100, description="调用方")
    key = fields.CharField(max_length=64, description="幂等键")
    mutation = fields.CharField(max_length=64, description="操作")
    request_hash = fields.CharField(max_length=64, description="请求散列")
    result_id = fields.CharField(max_length=36, null=True, description="结果编号")
    done_at = fields.DatetimeField(description="完成时间")

    class Meta:
        table = "idempotency_record"
        table_description = "幂等记录"
        unique_together = (("caller", "key"),)
