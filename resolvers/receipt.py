"""Verify receipts."""

from typing import Annotated

import strawberry

from schema.context import Info
from schema.receipt import ReceiptCheck
from services import receipts

VerifyCode = Annotated[str, strawberry.argument(description="结算单上的核验码, 或二维码地址的最后一段")]


@strawberry.type
class ReceiptQuery:
    @strawberry.field(description="核验结算单: 持核验码者均可查, 无须登录")
    async def verify_receipt(self, info: Info, code: VerifyCode) -> ReceiptCheck:
        return ReceiptCheck.of(await receipts.verify(info.context.tools, code.strip()))
