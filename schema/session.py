"""Devices and sessions as a mini-program sees them."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import field

import models
from schema.scalars import Instant
from services import sessions


@strawberry.type(description="登录设备")
class Device:
    id: UUID = field(description="设备编号")
    name: str = field(description="设备名称")
    signed_in_at: Instant = field(description="登录时间")
    refreshed_at: Instant = field(description="最近使用时间, 精确到最近一次刷新")
    expires_at: Instant = field(description="不再使用则在此时失效")
    ended_at: Instant | None = field(description="退出时间; 为空则仍登录")

    @classmethod
    def of(cls, row: models.Device) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            signed_in_at=Instant(row.signed_in_at),
            refreshed_at=Instant(row.refreshed_at),
            expires_at=Instant(row.expires_at),
            ended_at=Instant(row.ended_at) if row.ended_at else None,
        )


@strawberry.type(description="小程序会话")
class Session:
    device: Device = field(description="登录设备")
    is_linked: bool = field(description="已绑定参保人; 未绑定时先调用 linkMember")
    access_token: str | None = field(description="访问令牌, 放入 Authorization 请求头; 未绑定时为空")
    access_expires_at: Instant | None = field(description="访问令牌失效时间, 此前用 refreshSession 换新")
    refresh_token: str = field(description="刷新令牌, 用一次即换新, 请妥善保存")

    @classmethod
    def of(cls, found: sessions.Session) -> Self:
        ends = found.access_expires_at
        return cls(
            device=Device.of(found.device),
            is_linked=found.access_token is not None,
            access_token=found.access_token,
            access_expires_at=Instant(ends) if ends else None,
            refresh_token=found.refresh_token,
        )


@strawberry.type(description="绑定码: 窗口核验身份后发给参保人, 半小时内有效, 只能用一次")
class LinkCode:
    id: UUID = field(description="绑定码编号")
    code: str = field(description="十位数字")
    expires_at: Instant = field(description="失效时间")
