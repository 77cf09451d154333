"""Signing in from a mini-program, linking, refreshing, signing out."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from tortoise.expressions import Q

import models
from policy.terms import Role
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of, guest_call_of
from schema.paging import FIRST_DEFAULT, After, Connection, First, newest_first
from schema.refusal import Refusal
from schema.scalars import Instant
from schema.session import Device, LinkCode, Session
from services import linking, sessions


@strawberry.input(description="微信小程序登录")
class SignInWithWechatInput:
    code: str = field(description="wx.login 返回的 code, 只能用一次")
    device: str = field(default="", description="设备名称, 例如“张家的手机”; 显示在设备列表中")


@strawberry.input(description="绑定参保人")
class LinkMemberInput:
    refresh_token: str = field(description="登录时得到的刷新令牌")
    id_number: str = field(description="参保人身份证号码")
    name: str = field(description="参保人姓名")
    link_code: str = field(description="经办窗口或药店核验身份后给的十位绑定码")


@strawberry.input(description="刷新会话")
class RefreshSessionInput:
    refresh_token: str = field(description="刷新令牌; 30 秒内重发同一令牌得到同一新令牌")


@strawberry.input(description="退出登录")
class SignOutInput:
    refresh_token: str = field(description="本设备的刷新令牌")


@strawberry.input(description="退出其他设备")
class SignOutDeviceInput:
    idempotency_key: str = field(description=KEY_WORDS)
    device_id: UUID = field(description="设备编号")


@strawberry.input(description="发放绑定码")
class IssueLinkCodeInput:
    idempotency_key: str = field(description=KEY_WORDS)
    psn_no: str | None = field(default=None, description="医保经办: 当面核验的参保人的人员编号")
    check_id: UUID | None = field(default=None, description="药店: 30 分钟内通过的身份核验编号")


SignInResult = Annotated[
    Session | Refusal, strawberry.union("SignInWithWechatResult", description="小程序登录结果")
]
LinkMemberResult = Annotated[
    Session | Refusal, strawberry.union("LinkMemberResult", description="绑定参保人结果")
]
RefreshSessionResult = Annotated[
    Session | Refusal, strawberry.union("RefreshSessionResult", description="刷新会话结果")
]
SignOutResult = Annotated[Device | Refusal, strawberry.union("SignOutResult", description="退出登录结果")]
SignOutDeviceResult = Annotated[
    Device | Refusal, strawberry.union("SignOutDeviceResult", description="退出其他设备结果")
]
IssueLinkCodeResult = Annotated[
    LinkCode | Refusal, strawberry.union("IssueLinkCodeResult", description="发放绑定码结果")
]


@strawberry.type
class SessionQuery:
    @strawberry.field(description="本人登录过的设备, 新的在前")
    async def devices(
        self, info: Info, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[Device]:
        call = call_of(info)
        call.require("查看登录设备", Role.PATIENT)
        own = Q(member_id=call.actor.member_id)
        return await newest_first(models.Device, own, "signed_in_at", first, after, Device.of)


@strawberry.type
class SessionMutation:
    @strawberry.mutation(description="微信小程序登录, 无须令牌; 首次登录后还要绑定参保人")
    async def sign_in_with_wechat(
        self,
        info: Info,
        input: Annotated[SignInWithWechatInput, strawberry.argument(description="登录")],
    ) -> SignInResult:
        return Session.of(await sessions.sign_in(guest_call_of(info), input.code, input.device))

    @strawberry.mutation(description="把小程序账号绑定到参保人: 证件号码、姓名与绑定码都相符才行")
    async def link_member(
        self,
        info: Info,
        input: Annotated[LinkMemberInput, strawberry.argument(description="绑定参保人")],
    ) -> LinkMemberResult:
        found = await linking.link_member(
            guest_call_of(info), input.refresh_token, input.id_number, input.name, input.link_code
        )
        return Session.of(found)

    @strawberry.mutation(description="用刷新令牌换新的访问令牌与刷新令牌; 旧刷新令牌再次出现则该设备退出")
    async def refresh_session(
        self,
        info: Info,
        input: Annotated[RefreshSessionInput, strawberry.argument(description="刷新会话")],
    ) -> RefreshSessionResult:
        return Session.of(await sessions.refresh_session(guest_call_of(info), input.refresh_token))

    @strawberry.mutation(description="退出登录: 刷新令牌立即失效, 访问令牌至多再用十分钟")
    async def sign_out(
        self, info: Info, input: Annotated[SignOutInput, strawberry.argument(description="退出登录")]
    ) -> SignOutResult:
        return Device.of(await sessions.sign_out(guest_call_of(info), input.refresh_token))

    @strawberry.mutation(description="让本人的另一台设备退出登录")
    async def sign_out_device(
        self,
        info: Info,
        input: Annotated[SignOutDeviceInput, strawberry.argument(description="退出其他设备")],
    ) -> SignOutDeviceResult:
        call = call_of(info, input.idempotency_key)
        return Device.of(await sessions.sign_out_device(call, device_id=input.device_id))

    @strawberry.mutation(description="当面核验身份后发放绑定码: 医保经办按人员编号, 药店按刚通过的身份核验")
    async def issue_link_code(
        self,
        info: Info,
        input: Annotated[IssueLinkCodeInput, strawberry.argument(description="发放绑定码")],
    ) -> IssueLinkCodeResult:
        call = call_of(info, input.idempotency_key)
        row = await linking.issue_link_code(call, psn_no=input.psn_no, check_id=input.check_id)
        code = linking.code_of(row.id, call.tools.keys, row.code_hash)
        return LinkCode(id=row.id, code=code, expires_at=Instant(row.expires_at))
