"""Take settlements back: preview and do."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from policy.terms import GoodsFate
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.refusal import Refusal
from schema.reversal import Reversal, ReversalPreview
from services import reversing
from services.reversal_plan import Wish


@strawberry.input(description="要冲正的一条结算明细")
class ReversedLineInput:
    number: int = field(description="结算明细序号")
    goods: GoodsFate | None = field(default=None, description="退货处理; 缺省按整单的")


@strawberry.input(description="冲正预算")
class PreviewReversalInput:
    settlement_id: UUID = field(description="结算编号")
    goods: GoodsFate = field(description="退货处理")
    lines: list[ReversedLineInput] | None = field(default=None, description="要冲正的明细; 缺省为全部")

    def wish(self) -> Wish:
        """The lines as the use case takes them."""
        lines = None if self.lines is None else tuple((line.number, line.goods) for line in self.lines)
        return Wish(self.goods, lines)


@strawberry.input(description="冲正")
class ReverseSettlementInput(PreviewReversalInput):
    idempotency_key: str = field(description=KEY_WORDS)
    reason: str = field(description="冲正原因, 患者会看到")


PreviewReversalResult = Annotated[
    ReversalPreview | Refusal, strawberry.union("PreviewReversalResult", description="冲正预算结果")
]
ReverseSettlementResult = Annotated[
    Reversal | Refusal, strawberry.union("ReverseSettlementResult", description="冲正结果")
]


@strawberry.type
class ReversalQuery:
    @strawberry.field(description="冲正预算: 各支付方退多少、影响哪些结算、有何障碍; 不改变任何东西")
    async def preview_reversal(
        self, info: Info, input: Annotated[PreviewReversalInput, strawberry.argument(description="冲正预算")]
    ) -> PreviewReversalResult:
        found = await reversing.preview_reversal(call_of(info), input.settlement_id, input.wish())
        return ReversalPreview.of(found)


@strawberry.type
class ReversalMutation:
    @strawberry.mutation(
        description="冲正: 整单或按行退回金额、累计、库存与追溯码; 药店在期限内, 逾期由参保地经办机构"
    )
    async def reverse_settlement(
        self, info: Info, input: Annotated[ReverseSettlementInput, strawberry.argument(description="冲正")]
    ) -> ReverseSettlementResult:
        row = await reversing.reverse_settlement(
            call_of(info, input.idempotency_key),
            settlement_id=input.settlement_id,
            reason=input.reason,
            wish=input.wish(),
        )
        return Reversal.of(row)
