"""Hand over, or deliver."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.fill import Fill
from schema.refusal import Refusal
from services import delivering


@strawberry.input(description="交付药品")
class HandOverInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")


@strawberry.input(description="发起配送")
class DispatchDeliveryInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    courier: str = field(description="配送单位与单号; 配送费不纳入医保支付 (FJ-7.6)")


@strawberry.input(description="确认送达")
class ConfirmDeliveryInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")


HandOverResult = Annotated[Fill | Refusal, strawberry.union("HandOverResult", description="交付药品结果")]
DispatchDeliveryResult = Annotated[
    Fill | Refusal, strawberry.union("DispatchDeliveryResult", description="发起配送结果")
]
ConfirmDeliveryResult = Annotated[
    Fill | Refusal, strawberry.union("ConfirmDeliveryResult", description="确认送达结果")
]


@strawberry.type
class DeliveryMutation:
    @strawberry.mutation(description="在柜台交付药品")
    async def hand_over(
        self, info: Info, input: Annotated[HandOverInput, strawberry.argument(description="交付")]
    ) -> HandOverResult:
        row = await delivering.hand_over(call_of(info, input.idempotency_key), fill_id=input.fill_id)
        return Fill.of(row)

    @strawberry.mutation(description="发起配送 (FJ-7.6)")
    async def dispatch_delivery(
        self,
        info: Info,
        input: Annotated[DispatchDeliveryInput, strawberry.argument(description="配送")],
    ) -> DispatchDeliveryResult:
        row = await delivering.dispatch_delivery(
            call_of(info, input.idempotency_key), fill_id=input.fill_id, courier=input.courier
        )
        return Fill.of(row)

    @strawberry.mutation(description="确认送达")
    async def confirm_delivery(
        self,
        info: Info,
        input: Annotated[ConfirmDeliveryInput, strawberry.argument(description="送达")],
    ) -> ConfirmDeliveryResult:
        row = await delivering.confirm_delivery(call_of(info, input.idempotency_key), fill_id=input.fill_id)
        return Fill.of(row)
