"""The pharmacist reviews, asks, prepares; the prescriber answers."""

from enum import Enum
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from policy.terms import DeclineReason
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.fill import Fill, PrescriberQuery
from schema.refusal import Refusal
from services import reviewing
from services.errors import BadInput


@strawberry.enum(description="审方决定")
class ReviewDecision(Enum):
    APPROVE = strawberry.enum_value("APPROVE", description="审方通过")
    REJECT = strawberry.enum_value("REJECT", description="审方不通过")


@strawberry.input(description="审方")
class ReviewFillInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    decision: ReviewDecision = field(description="审方决定")
    advice: str = field(default="", description="用药指导, 通过时必填")
    reason: str = field(default="", description="理由, 不通过时必填")


@strawberry.input(description="审方质疑")
class QueryPrescriberInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    question: str = field(description="对处方的疑问")


@strawberry.input(description="答复审方质疑")
class AnswerQueryInput:
    idempotency_key: str = field(description=KEY_WORDS)
    query_id: UUID = field(description="质疑编号")
    answer: str = field(description="答复内容")
    upholds: bool = field(description="坚持原方")


@strawberry.input(description="一条配药明细上扫到的追溯码")
class ScannedLineInput:
    fill_line_id: UUID = field(description="配药明细编号")
    trace_codes: list[str] = field(description="药品追溯码, 每盒一个, 8 开头 20 位数字")


@strawberry.input(description="备药完成")
class MarkReadyInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    scanned: list[ScannedLineInput] = field(default_factory=list, description="扫到的追溯码")


@strawberry.input(description="拒单")
class DeclineFillInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    reason: str = field(description="原因, 患者会看到")
    kind: DeclineReason = field(
        default=DeclineReason.OTHER, description="原因类别; 查询显示有货而实际没有的, 如实选 NOT_IN_STOCK"
    )


ReviewFillResult = Annotated[Fill | Refusal, strawberry.union("ReviewFillResult", description="审方结果")]
QueryPrescriberResult = Annotated[
    PrescriberQuery | Refusal, strawberry.union("QueryPrescriberResult", description="审方质疑结果")
]
AnswerQueryResult = Annotated[
    PrescriberQuery | Refusal, strawberry.union("AnswerQueryResult", description="答复质疑结果")
]
MarkReadyResult = Annotated[Fill | Refusal, strawberry.union("MarkReadyResult", description="备药完成结果")]
DeclineFillResult = Annotated[Fill | Refusal, strawberry.union("DeclineFillResult", description="拒单结果")]


@strawberry.type
class ReviewingMutation:
    @strawberry.mutation(description="执业药师审方: 通过并给出用药指导, 或不通过 (FJ-5.5)")
    async def review_fill(
        self,
        info: Info,
        input: Annotated[ReviewFillInput, strawberry.argument(description="审方")],
    ) -> ReviewFillResult:
        call = call_of(info, input.idempotency_key)
        match input.decision:
            case ReviewDecision.APPROVE:
                row = await reviewing.approve_fill(call, fill_id=input.fill_id, advice=input.advice)
            case ReviewDecision.REJECT:
                row = await reviewing.reject_fill(call, fill_id=input.fill_id, reason=input.reason)
            case _:
                raise BadInput("decision", "应为 APPROVE 或 REJECT。")
        return Fill.of(row)

    @strawberry.mutation(description="执业药师对处方有疑问, 即时询问开方医师 (FJ-5.5)")
    async def query_prescriber(
        self,
        info: Info,
        input: Annotated[QueryPrescriberInput, strawberry.argument(description="审方质疑")],
    ) -> QueryPrescriberResult:
        row = await reviewing.query_prescriber(
            call_of(info, input.idempotency_key), fill_id=input.fill_id, question=input.question
        )
        return PrescriberQuery.of(row)

    @strawberry.mutation(description="医院答复审方质疑")
    async def answer_query(
        self,
        info: Info,
        input: Annotated[AnswerQueryInput, strawberry.argument(description="答复质疑")],
    ) -> AnswerQueryResult:
        row = await reviewing.answer_query(
            call_of(info, input.idempotency_key),
            query_id=input.query_id,
            answer=input.answer,
            upholds=input.upholds,
        )
        return PrescriberQuery.of(row)

    @strawberry.mutation(description="备药完成, 通知患者取药")
    async def mark_ready(
        self,
        info: Info,
        input: Annotated[MarkReadyInput, strawberry.argument(description="备药完成")],
    ) -> MarkReadyResult:
        row = await reviewing.mark_ready(
            call_of(info, input.idempotency_key),
            fill_id=input.fill_id,
            trace_codes=[(line.fill_line_id, line.trace_codes) for line in input.scanned],
        )
        return Fill.of(row)

    @strawberry.mutation(description="药店拒单: 释放明细与库存, 告知患者原因")
    async def decline_fill(
        self,
        info: Info,
        input: Annotated[DeclineFillInput, strawberry.argument(description="拒单")],
    ) -> DeclineFillResult:
        row = await reviewing.decline_fill(
            call_of(info, input.idempotency_key),
            fill_id=input.fill_id,
            reason=input.reason,
            kind=input.kind,
        )
        return Fill.of(row)
