"""Record invoices."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.invoice import Invoice
from schema.refusal import Refusal
from schema.scalars import Instant, Money
from services import invoices


@strawberry.input(description="登记电子发票")
class RecordInvoiceInput:
    idempotency_key: str = field(description=KEY_WORDS)
    settlement_id: UUID = field(description="结算编号")
    reversal_id: UUID | None = field(default=None, description="登记红字发票时: 所冲的冲正编号")
    code: str = field(default="", description="发票代码: 10 或 12 位, 医疗收费电子票据 8 位; 数电发票留空")
    number: str = field(description="发票号码: 数电发票 20 位, 其余 8 或 10 位")
    check_code: str = field(default="", description="校验码: 20 位, 医疗收费电子票据 6 位; 数电发票留空")
    issued_at: Instant = field(description="开具时间")
    amount: Money = field(description="价税合计, 正数: 蓝字等于结算的医疗费总额, 红字等于冲正的医疗费总额")

    def issued(self) -> invoices.Issued:
        """The invoice as the use case takes it."""
        when: datetime = self.issued_at
        return invoices.Issued(
            self.code.strip(), self.number.strip(), self.check_code.strip(), when, self.amount
        )


RecordInvoiceResult = Annotated[
    Invoice | Refusal, strawberry.union("RecordInvoiceResult", description="登记电子发票结果")
]


@strawberry.type
class InvoiceMutation:
    @strawberry.mutation(description="登记电子发票: 药店开具后登记; 冲正后再登记红字发票 (SX-13)")
    async def record_invoice(
        self, info: Info, input: Annotated[RecordInvoiceInput, strawberry.argument(description="电子发票")]
    ) -> RecordInvoiceResult:
        row = await invoices.record_invoice(
            call_of(info, input.idempotency_key),
            settlement_id=input.settlement_id,
            invoice=input.issued(),
            reversal_id=input.reversal_id,
        )
        return Invoice.of(row)
