"""How a family grant comes about, and the code by which it is shown at a counter."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.fill import Fill
from models.member import FamilyGrant, Member
from models.row import Row
from policy.terms import FamilyRelation, InvitationState


class FamilyInvitation(Row):
    """What one member offers another, until both have accepted (亲情共济邀请).

    `is_named`: the owner named the proxy by ID number and name; otherwise whoever types the code is asked
    for the owner's word. A named proxy whom nobody knows leaves `proxy` empty: the owner does not learn it.
    """

    id = fields.UUIDField(primary_key=True)
    owner: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="invitations_sent", description="授权人"
    )
    owner_id: UUID
    proxy: fields.ForeignKeyNullableRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="invitations_received", null=True, description="被邀请人"
    )
    proxy_id: UUID | None
    is_named = fields.BooleanField(description="指名邀请, 否则凭邀请码")
    code_hash = fields.CharField(max_length=64, null=True, unique=True, description="邀请码散列")
    relation = fields.CharEnumField(FamilyRelation, max_length=16, description="被授权人是授权人的")
    scopes: fields.JSONField[list[str]] = fields.JSONField(default=list, description="授权范围")
    pay_limit = fields.DecimalField(max_digits=16, decimal_places=2, null=True, description="单笔代付上限")
    pay_limit_month = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="每月代付上限"
    )
    pay_limit_year = fields.DecimalField(
        max_digits=16, decimal_places=2, null=True, description="每年代付上限"
    )
    term_days = fields.IntField(description="授权期限, 天")
    state = fields.CharEnumField(
        InvitationState, max_length=32, default=InvitationState.OPEN, description="邀请状态"
    )
    invited_at = fields.DatetimeField(description="邀请时间")
    expires_at = fields.DatetimeField(description="失效时间")
    closed_at = fields.DatetimeField(null=True, description="接受或谢绝时间")
    grant: fields.ForeignKeyNullableRelation[FamilyGrant] = fields.ForeignKeyField(
        "models.FamilyGrant", related_name="invitations", null=True, description="由此产生的授权"
    )
    grant_id: UUID | None

    class Meta:
        table = "family_invitation"
        table_description = "亲情共济邀请"
        indexes = (("owner_id", "invited_at"), ("proxy_id", "invited_at"))
        constraints = (CheckConstraint(check="owner_id <> proxy_id", name="family_invitation_two_people"),)


class FamilyCode(Row):
    """A short-lived code a proxy shows at the counter (亲情展码). Only its keyed hash is kept."""

    id = fields.UUIDField(primary_key=True)
    owner: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="family_codes", description="授权人"
    )
    owner_id: UUID
    proxy: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="family_codes_shown", description="代购人"
    )
    proxy_id: UUID
    fill: fields.ForeignKeyNullableRelation[Fill] = fields.ForeignKeyField(
        "models.Fill", related_name="family_codes", null=True, description="只用于该笔配药; 空则不限"
    )
    fill_id: UUID | None
    code_hash = fields.CharField(max_length=64, unique=True, description="亲情展码散列")
    shown_at = fields.DatetimeField(description="出示时间")
    expires_at = fields.DatetimeField(description="失效时间")
    used_at = fields.DatetimeField(null=True, description="使用时间")

    class Meta:
        table = "family_code"
        table_description = "亲情展码"
        indexes = (("proxy_id", "owner_id"),)
