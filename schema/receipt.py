"""Receipts and their verification as callers see them."""

from typing import Self

import strawberry
from strawberry import field

from schema.scalars import Instant, Money
from services import receipts


@strawberry.type(description="结算单: 核验码与文件链接; 内容即该结算的待遇清单与明细 (SX-13)")
class Receipt:
    verify_code: str = field(description="核验码, 印在结算单的二维码中")
    verify_url: str = field(description="核验页面的地址, 即二维码的内容")
    pdf_url: str = field(description="PDF 文件的地址, 限时有效, 凭链接即可打开, 请勿转发")
    expires_at: Instant = field(description="文件地址在此时失效; 过后重新查询")

    @classmethod
    def of(cls, found: receipts.Receipt) -> Self:
        return cls(
            verify_code=found.code,
            verify_url=found.verify_url,
            pdf_url=found.file_url,
            expires_at=Instant(found.until),
        )


@strawberry.type(description="结算单核验结果; 不属实时其余各项为空")
class ReceiptCheck:
    is_genuine: bool = field(description="是否本系统出具")
    number: str | None = field(default=None, description="结算单号")
    settled_at: Instant | None = field(default=None, description="结算时间")
    pharmacy_name: str | None = field(default=None, description="药店名称")
    member_name: str | None = field(default=None, description="参保人姓名, 脱敏")
    total: Money | None = field(default=None, description="医疗费总额")
    fund_total: Money | None = field(default=None, description="基金支付总额")
    personal_total: Money | None = field(default=None, description="个人负担总额")
    reversed_total: Money | None = field(default=None, description="已冲正的医疗费; 未冲正为 0")
    is_wholly_reversed: bool | None = field(default=None, description="是否已全部冲正")

    @classmethod
    def of(cls, found: receipts.Genuine | None) -> Self:
        if found is None:
            return cls(is_genuine=False)
        row = found.settlement
        return cls(
            is_genuine=True,
            number=row.number,
            settled_at=Instant(row.settled_at),
            pharmacy_name=found.pharmacy,
            member_name=found.member,
            total=Money(row.total),
            fund_total=Money(row.fund_total),
            personal_total=Money(row.personal_total),
            reversed_total=Money(found.reversed_total),
            is_wholly_reversed=found.is_wholly_reversed,
        )
