"""Signing in from a mini-program: who is linked, on which devices, and the code that allows the link."""

from uuid import UUID

from tortoise import fields

from models.member import Member
from models.row import Row


class Device(Row):
    """One phone that signed in (登录设备). Its refresh tokens are derived from `generation` and kept nowhere.

    `member` is empty until the mini-program's account is linked to one.
    """

    id = fields.UUIDField(primary_key=True)
    openid_hash = fields.CharField(max_length=64, description="openid 的带钥散列")
    openid_sealed = fields.BinaryField(null=True, description="openid, 加密; 旧行为空")
    member: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="devices", null=True, description="参保人"
    )
    member_id: UUID | None
    name = fields.CharField(max_length=50, description="设备名称")
    generation = fields.IntField(default=0, description="刷新令牌的代")
    signed_in_at = fields.DatetimeField(description="登录时间")
    refreshed_at = fields.DatetimeField(description="最近刷新时间")
    expires_at = fields.DatetimeField(description="失效时间")
    ended_at = fields.DatetimeField(null=True, description="退出时间")

    class Meta:
        table = "device"
        table_description = "登录设备"
        indexes = (("member_id", "signed_in_at"), ("openid_hash",))


class AccountLink(Row):
    """A mini-program's account that belongs to a member (小程序账号绑定)."""

    id = fields.UUIDField(primary_key=True)
    openid_hash = fields.CharField(max_length=64, unique=True, description="openid 的带钥散列")
    openid_sealed = fields.BinaryField(null=True, description="openid, 加密; 旧行为空")
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="account_links", description="参保人"
    )
    member_id: UUID
    linked_at = fields.DatetimeField(description="绑定时间")

    class Meta:
        table = "account_link"
        table_description = "小程序账号绑定"


class LinkCode(Row):
    """A code that says somebody has looked at the member's identity (绑定码). Only its keyed hash is kept."""

    id = fields.UUIDField(primary_key=True)
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="link_codes", description="参保人"
    )
    member_id: UUID
    code_hash = fields.CharField(max_length=64, unique=True, description="绑定码散列")
    issued_by = fields.CharField(max_length=100, description="发码者")
    issued_at = fields.DatetimeField(description="发码时间")
    expires_at = fields.DatetimeField(description="失效时间")
    used_at = fields.DatetimeField(null=True, description="使用时间")

    class Meta:
        table = "link_code"
        table_description = "绑定码"
        indexes = (("member_id", "issued_at"),)
