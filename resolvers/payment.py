"""Start, cancel and read external payments."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from tortoise.expressions import Q

import models
from policy.terms import PaymentState
from resolvers.arguments import KEY_WORDS
from resolvers.settlement import TenderInput
from schema.context import Info, call_of
from schema.paging import FIRST_DEFAULT, After, Connection, First, newest_first
from schema.payment import Payment
from schema.refusal import Refusal
from services import access, paying


@strawberry.input(description="发起线上支付")
class StartPaymentInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号; 须备药完成")
    tender: TenderInput = field(description="支付方式; 结算时须相同, 否则现金部分可能不同")
    statement_digest: str | None = field(
        default=None, description="预结算返回的清单摘要; 费用已变化则拒绝发起"
    )


@strawberry.input(description="取消线上支付")
class CancelPaymentInput:
    idempotency_key: str = field(description=KEY_WORDS)
    payment_id: UUID = field(description="支付编号")


StartPaymentResult = Annotated[
    Payment | Refusal, strawberry.union("StartPaymentResult", description="发起线上支付结果")
]
CancelPaymentResult = Annotated[
    Payment | Refusal, strawberry.union("CancelPaymentResult", description="取消线上支付结果")
]
PaymentId = Annotated[UUID, strawberry.argument(description="支付编号")]
State = Annotated[PaymentState | None, strawberry.argument(description="只要这一状态的")]


@strawberry.type
class PaymentQuery:
    @strawberry.field(description="一笔线上支付")
    async def payment(self, info: Info, id: PaymentId) -> Payment:
        call = call_of(info)
        return Payment.of(await access.get_payment(call.actor, id, call.now))

    @strawberry.field(description="有权查看的线上支付, 新的在前: 患者看本人与授权家人的, 药店看本店的")
    async def payments(
        self, info: Info, state: State = None, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[Payment]:
        call = call_of(info)
        seen = await access.payments_of(call.actor, call.now)
        wanted = seen if state is None else seen & Q(state=state)
        return await newest_first(models.Payment, wanted, "created_at", first, after, Payment.of)


@strawberry.type
class PaymentMutation:
    @strawberry.mutation(
        description="发起线上支付: 按此刻预结算的个人现金部分下单; 付款后由药店结算, 未用于结算的退回"
    )
    async def start_payment(
        self, info: Info, input: Annotated[StartPaymentInput, strawberry.argument(description="线上支付")]
    ) -> StartPaymentResult:
        row = await paying.start_payment(
            call_of(info, input.idempotency_key),
            fill_id=input.fill_id,
            tender=input.tender.tender(),
            statement_digest=input.statement_digest,
        )
        return Payment.of(row)

    @strawberry.mutation(description="取消线上支付: 未付款的关闭, 已付款而未用于结算的退回")
    async def cancel_payment(
        self, info: Info, input: Annotated[CancelPaymentInput, strawberry.argument(description="取消支付")]
    ) -> CancelPaymentResult:
        call = call_of(info, input.idempotency_key)
        return Payment.of(await paying.cancel_payment(call, payment_id=input.payment_id))
