"""Family: invite, accept, decline, revoke, read; show the code and take it at the counter."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

import models
from policy.terms import FamilyRelation, GrantScope, Role
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.family import FamilyCode, FamilyGrant, FamilyInvitation
from schema.fill import IdentityCheck
from schema.paging import FIRST_DEFAULT, After, Connection, First, newest_first
from schema.refusal import Refusal
from schema.scalars import Instant, Money
from services import access, family, family_codes
from services.family_offers import Offer

TAIL_WORDS = "本人身份证号码后 6 位, 确认本人身份"


@strawberry.input(description="邀请亲情共济")
class InviteFamilyInput:
    idempotency_key: str = field(description=KEY_WORDS)
    own_id_tail: str = field(description=TAIL_WORDS)
    relation: FamilyRelation = field(description="被邀请人是本人的")
    scopes: list[GrantScope] = field(description="授权范围; BUY 含 SEE")
    proxy_id_number: str = field(default="", description="被邀请人身份证号码; 与姓名一起留空则生成邀请码")
    proxy_name: str = field(default="", description="被邀请人姓名")
    pay_limit: Money | None = field(default=None, description="单笔代付上限; 为空则不设")
    pay_limit_month: Money | None = field(default=None, description="每月代付上限; 为空则不设")
    pay_limit_year: Money | None = field(default=None, description="每年代付上限; 为空则不设")
    term_days: int | None = field(default=None, description="授权期限, 天; 缺省为允许的最长期限")

    def offer(self) -> Offer:
        """The offer as the use case takes it."""
        limits = (self.pay_limit, self.pay_limit_month, self.pay_limit_year)
        return Offer(self.relation, self.scopes, *limits, self.term_days)


@strawberry.input(description="接受亲情共济: 被邀请人接受, 或授权人确认凭码接受的人")
class AcceptFamilyInput:
    idempotency_key: str = field(description=KEY_WORDS)
    own_id_tail: str = field(description=TAIL_WORDS)
    invitation_id: UUID | None = field(default=None, description="邀请编号; 与邀请码二者之一")
    code: str | None = field(default=None, description="十位邀请码")


@strawberry.input(description="谢绝或撤回亲情共济邀请")
class DeclineFamilyInput:
    idempotency_key: str = field(description=KEY_WORDS)
    invitation_id: UUID = field(description="邀请编号")


@strawberry.input(description="撤销亲情共济授权")
class RevokeFamilyInput:
    idempotency_key: str = field(description=KEY_WORDS)
    grant_id: UUID = field(description="授权编号")


@strawberry.input(description="出示亲情展码")
class ShowFamilyCodeInput:
    member_id: UUID = field(description="为谁代购: 授权人的参保人编号")
    fill_id: UUID | None = field(default=None, description="只用于这笔配药; 缺省可用于为其代购的任一笔")


@strawberry.input(description="核验亲情展码")
class SubmitFamilyCodeInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    code: str = field(description="代购人出示的 24 位亲情展码")
    goods: list[str] = field(default_factory=list, description="结算物品; 缺省取追溯码")


InviteFamilyResult = Annotated[
    FamilyInvitation | Refusal, strawberry.union("InviteFamilyResult", description="邀请亲情共济结果")
]
AcceptFamilyResult = Annotated[
    FamilyInvitation | Refusal, strawberry.union("AcceptFamilyResult", description="接受亲情共济结果")
]
DeclineFamilyResult = Annotated[
    FamilyInvitation | Refusal, strawberry.union("DeclineFamilyResult", description="谢绝亲情共济结果")
]
RevokeFamilyResult = Annotated[
    FamilyGrant | Refusal, strawberry.union("RevokeFamilyResult", description="撤销亲情共济结果")
]
ShowFamilyCodeResult = Annotated[
    FamilyCode | Refusal, strawberry.union("ShowFamilyCodeResult", description="出示亲情展码结果")
]
SubmitFamilyCodeResult = Annotated[
    IdentityCheck | Refusal, strawberry.union("SubmitFamilyCodeResult", description="核验亲情展码结果")
]


@strawberry.type
class FamilyQuery:
    @strawberry.field(description="本人给出或持有的亲情共济授权, 新的在前")
    async def family_grants(
        self,
        info: Info,
        live_only: Annotated[bool, strawberry.argument(description="只看未撤销且未到期的")] = True,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[FamilyGrant]:
        call = call_of(info)
        call.require("查看亲情共济授权", Role.PATIENT)
        seen = family.grants_of(call.actor)
        wanted = seen & access.live_grants(call.now) if live_only else seen
        return await newest_first(models.FamilyGrant, wanted, "since", first, after, FamilyGrant.of)

    @strawberry.field(description="本人发出或收到的亲情共济邀请, 新的在前")
    async def family_invitations(
        self, info: Info, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[FamilyInvitation]:
        call = call_of(info)
        call.require("查看亲情共济邀请", Role.PATIENT)
        seen = family.invitations_of(call.actor)
        return await newest_first(
            models.FamilyInvitation, seen, "invited_at", first, after, FamilyInvitation.of
        )


@strawberry.type
class FamilyMutation:
    @strawberry.mutation(description="邀请家人: 按证件号码和姓名指名, 或生成邀请码; 对方接受后生效")
    async def invite_family(
        self,
        info: Info,
        input: Annotated[InviteFamilyInput, strawberry.argument(description="亲情共济邀请")],
    ) -> InviteFamilyResult:
        row = await family.invite_family(
            call_of(info, input.idempotency_key),
            input.offer(),
            input.own_id_tail,
            input.proxy_id_number,
            input.proxy_name,
        )
        return FamilyInvitation.of(row)

    @strawberry.mutation(description="接受亲情共济邀请; 凭码接受的, 授权人看过是谁之后再确认一次")
    async def accept_family(
        self,
        info: Info,
        input: Annotated[AcceptFamilyInput, strawberry.argument(description="接受亲情共济")],
    ) -> AcceptFamilyResult:
        row = await family.accept_family(
            call_of(info, input.idempotency_key), input.own_id_tail, input.invitation_id, input.code
        )
        return FamilyInvitation.of(row)

    @strawberry.mutation(description="谢绝收到的邀请, 或撤回自己发出的邀请")
    async def decline_family(
        self,
        info: Info,
        input: Annotated[DeclineFamilyInput, strawberry.argument(description="谢绝亲情共济")],
    ) -> DeclineFamilyResult:
        call = call_of(info, input.idempotency_key)
        return FamilyInvitation.of(await family.decline_family(call, invitation_id=input.invitation_id))

    @strawberry.mutation(description="撤销亲情共济授权, 双方都可以, 立即生效, 已打开的订阅也随即结束")
    async def revoke_family(
        self,
        info: Info,
        input: Annotated[RevokeFamilyInput, strawberry.argument(description="撤销亲情共济")],
    ) -> RevokeFamilyResult:
        call = call_of(info, input.idempotency_key)
        return FamilyGrant.of(await family.revoke_family(call, grant_id=input.grant_id))

    @strawberry.mutation(description="出示亲情展码: 每次都是新码, 旧码随即失效 (FJ-7.5)")
    async def show_family_code(
        self,
        info: Info,
        input: Annotated[ShowFamilyCodeInput, strawberry.argument(description="出示亲情展码")],
    ) -> ShowFamilyCodeResult:
        call = call_of(info)
        row = await family_codes.show_family_code(call, member_id=input.member_id, fill_id=input.fill_id)
        code = family_codes.code_of(row, call.tools.keys)
        return FamilyCode(code=code, expires_at=Instant(row.expires_at))

    @strawberry.mutation(description="柜台核验代购人出示的亲情展码, 免验双方身份证 (FJ-7.5)")
    async def submit_family_code(
        self,
        info: Info,
        input: Annotated[SubmitFamilyCodeInput, strawberry.argument(description="核验亲情展码")],
    ) -> SubmitFamilyCodeResult:
        row = await family_codes.submit_family_code(
            call_of(info, input.idempotency_key), fill_id=input.fill_id, code=input.code, goods=input.goods
        )
        return IdentityCheck.of(row)
