"""Electronic invoices as callers see them."""

from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import InvoiceColour
from schema.context import Info
from schema.scalars import Instant, Money

if TYPE_CHECKING:
    from schema.settlement import Settlement


@strawberry.type(description="电子发票: 由药店开具并登记; 本系统不开票")
class Invoice:
    row: Private[models.Invoice]
    id: UUID = field(description="登记编号")
    colour: InvoiceColour = field(description="红蓝标志")
    code: str = field(description="发票代码; 数电发票没有")
    number: str = field(description="发票号码")
    check_code: str = field(description="校验码; 数电发票没有")
    issued_at: Instant = field(description="开具时间")
    amount: Money = field(description="价税合计; 红字发票也为正数")

    @classmethod
    def of(cls, row: models.Invoice) -> Self:
        return cls(
            row=row,
            id=row.id,
            colour=row.colour,
            code=row.code,
            number=row.number,
            check_code=row.check_code,
            issued_at=Instant(row.issued_at),
            amount=Money(row.amount),
        )

    @strawberry.field(description="所属结算")
    async def settlement(self, info: Info) -> Annotated["Settlement", strawberry.lazy("schema.settlement")]:
        from schema.settlement import Settlement

        return Settlement.of(await info.context.loaders.settlement.get(self.row.settlement_id))
