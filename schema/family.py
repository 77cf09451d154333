"""Family grants, invitations and codes as the two sides see them."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.family import Paid, left_of
from policy.money import ZERO
from policy.terms import FamilyRelation, GrantScope, InvitationState, PersonalData
from schema.context import Info
from schema.member import Member
from schema.scalars import Instant, Money
from services import family
from services.reading import note

Terms = models.FamilyGrant | models.FamilyInvitation


@strawberry.type(description="家庭共济代付上限, 为空则不设")
class PayLimits:
    purchase: Money | None = field(description="单笔上限")
    month: Money | None = field(description="每月上限, 自然月")
    year: Money | None = field(description="每年上限, 自然年")

    @classmethod
    def of(cls, row: Terms) -> Self:
        amounts = {"purchase": row.pay_limit, "month": row.pay_limit_month, "year": row.pay_limit_year}
        shown = {name: None if amount is None else Money(amount) for name, amount in amounts.items()}
        return cls(**shown)


@strawberry.type(description="亲情共济授权: 授权人让被授权人查看、代购, 或用其个人账户支付")
class FamilyGrant:
    row: Private[models.FamilyGrant]
    id: UUID = field(description="授权编号")
    relation: FamilyRelation = field(description="被授权人是授权人的")
    scopes: list[GrantScope] = field(description="授权范围")
    limits: PayLimits = field(description="代付上限, 只对 PAY 有意义")
    since: Instant = field(description="授权起")
    until: Instant | None = field(description="授权止; 为空则至撤销")
    revoked_at: Instant | None = field(description="撤销或被新授权取代的时间")

    @classmethod
    def of(cls, row: models.FamilyGrant) -> Self:
        return cls(
            row=row,
            id=row.id,
            relation=row.relation,
            scopes=[GrantScope(one) for one in row.scopes],
            limits=PayLimits.of(row),
            since=Instant(row.since),
            until=Instant(row.until) if row.until else None,
            revoked_at=Instant(row.revoked_at) if row.revoked_at else None,
        )

    @strawberry.field(description="现在是否有效")
    def is_live(self, info: Info) -> bool:
        until, now = self.row.until, info.context.now()
        return self.row.revoked_at is None and self.row.since <= now and (until is None or now < until)

    @strawberry.field(description="授权人")
    async def owner(self, info: Info) -> Member:
        return Member.of(await info.context.loaders.member.get(self.row.owner_id))

    @strawberry.field(description="被授权人")
    async def proxy(self, info: Info) -> Member:
        return Member.of(await info.context.loaders.member.get(self.row.proxy_id))

    @strawberry.field(description="本月还可代付; 不设上限或无 PAY 授权则为空")
    async def month_left(self, info: Info) -> Money | None:
        left = left_of(self.row.pay_limit_month, (await self.paid(info)).month)
        return None if left is None else Money(left)

    @strawberry.field(description="本年还可代付; 不设上限或无 PAY 授权则为空")
    async def year_left(self, info: Info) -> Money | None:
        left = left_of(self.row.pay_limit_year, (await self.paid(info)).year)
        return None if left is None else Money(left)

    async def paid(self, info: Info) -> Paid:
        """What was paid by this grant's owner for its proxy."""
        if GrantScope.PAY not in self.scopes:
            return Paid(ZERO, ZERO)
        note(self.row.owner_id, PersonalData.BALANCE)
        return await info.context.loaders.paid_of_pair.load((self.row.owner_id, self.row.proxy_id))


@strawberry.type(description="亲情共济邀请: 双方都接受后成为授权")
class FamilyInvitation:
    row: Private[models.FamilyInvitation]
    id: UUID = field(description="邀请编号")
    state: InvitationState = field(description="邀请状态")
    is_named: bool = field(description="按证件号码和姓名指名邀请; 否则凭邀请码")
    relation: FamilyRelation = field(description="被授权人是授权人的")
    scopes: list[GrantScope] = field(description="授权范围")
    limits: PayLimits = field(description="代付上限, 只对 PAY 有意义")
    term_days: int = field(description="授权期限, 天, 自双方接受起")
    invited_at: Instant = field(description="邀请时间")
    expires_at: Instant = field(description="此前须由对方接受或由授权人确认")

    @classmethod
    def of(cls, row: models.FamilyInvitation) -> Self:
        return cls(
            row=row,
            id=row.id,
            state=row.state,
            is_named=row.is_named,
            relation=row.relation,
            scopes=[GrantScope(one) for one in row.scopes],
            limits=PayLimits.of(row),
            term_days=row.term_days,
            invited_at=Instant(row.invited_at),
            expires_at=Instant(row.expires_at),
        )

    @strawberry.field(description="现在是否仍待处理")
    def is_pending(self, info: Info) -> bool:
        return self.row.state in family.PENDING and info.context.now() < self.row.expires_at

    @strawberry.field(description="授权人; 授权生效前姓名脱敏")
    async def owner(self, info: Info) -> Member:
        return await self.person(info, self.row.owner_id)

    @strawberry.field(description="被邀请人; 接受之前授权人看不到, 授权生效前姓名脱敏")
    async def proxy(self, info: Info) -> Member | None:
        key = self.row.proxy_id
        is_own = key == info.context.require_actor().member_id
        has_answered = self.row.state in (InvitationState.AWAITING_OWNER, InvitationState.ACCEPTED)
        return await self.person(info, key) if key is not None and (is_own or has_answered) else None

    @strawberry.field(description="十位邀请码, 请家人在其手机上输入; 只有授权人看得到, 用过或过期即为空")
    def code(self, info: Info) -> str | None:
        is_own = self.row.owner_id == info.context.require_actor().member_id
        is_open = self.row.state == InvitationState.OPEN and info.context.now() < self.row.expires_at
        if self.row.is_named or not is_own or not is_open:
            return None
        return family.code_of(self.row.id, info.context.tools.keys, self.row.code_hash or "")

    @strawberry.field(description="由此产生的授权")
    async def grant(self, info: Info) -> FamilyGrant | None:
        row = await info.context.loaders.family_grant.find(self.row.grant_id)
        return FamilyGrant.of(row) if row else None

    async def person(self, info: Info, key: UUID) -> Member:
        """One of the two; a stranger's name is masked until both have accepted."""
        is_masked = self.row.state != InvitationState.ACCEPTED
        return Member.of(await info.context.loaders.member.get(key), is_masked=is_masked)


@strawberry.type(description="亲情展码: 代购人在柜台出示, 短时有效, 只能用一次")
class FamilyCode:
    code: str = field(description="24 位数字, 可显示为条形码")
    expires_at: Instant = field(description="失效时间")
