"""Signatures under fee lists as callers see them."""

from datetime import date
from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import Role
from schema.context import Info
from schema.member import Member
from schema.scalars import Instant


@strawberry.type(description="费用清单签字")
class FeeListSignature:
    row: Private[models.FeeListSignature]
    id: UUID = field(description="签字编号")
    fee_list_sha256: str = field(description="费用清单摘要")
    signature_sha256: str = field(description="签名数据或签名影像的散列")
    image_kept_until: date | None = field(description="签名影像保存至; 以签名数据签字的没有影像, 为空")
    image_purged_at: Instant | None = field(description="签名影像清除时间; 尚在留存期内为空")
    signed_at: Instant = field(description="签字时间")

    @classmethod
    def of(cls, row: models.FeeListSignature) -> Self:
        return cls(
            row=row,
            id=row.id,
            fee_list_sha256=row.fee_list_sha256,
            signature_sha256=row.signature_sha256,
            image_kept_until=row.kept_until,
            image_purged_at=Instant(row.purged_at) if row.purged_at else None,
            signed_at=Instant(row.signed_at),
        )

    @strawberry.field(description="签字人: 本人, 或代购的家庭成员 (SX-13); 医院看到的姓名脱敏")
    async def signed_by(self, info: Info) -> Member:
        is_masked = info.context.require_actor().role == Role.HOSPITAL
        row = await info.context.loaders.member.get(self.row.signed_by_id)
        return Member.of(row, is_masked=is_masked)
