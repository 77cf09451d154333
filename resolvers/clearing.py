"""Monthly claims, and what a year cost by prescribing institution."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from tortoise.expressions import Q

import models
from resolvers.arguments import KEY_WORDS
from schema.clearing import ClearingClaim, ClearingItem, HospitalYear
from schema.context import Info, call_of
from schema.paging import (
    FIRST_DEFAULT,
    After,
    Connection,
    First,
    check_first,
    connection,
    cursor_text,
    newest_first,
    text_cursor,
)
from schema.refusal import Refusal
from schema.scalars import Money
from services import attribution, clearing


@strawberry.input(description="清算申报")
class SubmitClearingClaimInput:
    idempotency_key: str = field(description=KEY_WORDS)
    month: date = field(description="清算月份: 该月任一日; 须已结束")
    area: str = field(description="参保统筹区: 由它的经办机构支付")


@strawberry.input(description="审核扣减: 一笔结算的统筹基金少付多少")
class ClaimCutInput:
    number: str = field(description="结算单号")
    amount: Money = field(description="扣减金额, 大于 0, 不超过该笔统筹基金")
    reason: str = field(description="理由, 药店会看到")


@strawberry.input(description="清算审核")
class ReviewClearingClaimInput:
    idempotency_key: str = field(description=KEY_WORDS)
    claim_id: UUID = field(description="申报编号")
    cuts: list[ClaimCutInput] = field(default_factory=list, description="扣减; 支付前可再审, 以最后一次为准")
    note: str = field(default="", description="审核说明")


@strawberry.input(description="清算支付")
class PayClearingClaimInput:
    idempotency_key: str = field(description=KEY_WORDS)
    claim_id: UUID = field(description="申报编号")
    payment_reference: str = field(description="支付凭据号")


SubmitClearingClaimResult = Annotated[
    ClearingClaim | Refusal, strawberry.union("SubmitClearingClaimResult", description="清算申报结果")
]
ReviewClearingClaimResult = Annotated[
    ClearingClaim | Refusal, strawberry.union("ReviewClearingClaimResult", description="清算审核结果")
]
PayClearingClaimResult = Annotated[
    ClearingClaim | Refusal, strawberry.union("PayClearingClaimResult", description="清算支付结果")
]
ClaimId = Annotated[UUID, strawberry.argument(description="申报编号")]
Year = Annotated[int, strawberry.argument(description="年度")]


@strawberry.type
class ClearingQuery:
    @strawberry.field(description="清算申报, 新的在前: 药店看本店的, 经办机构看本统筹区的")
    async def clearing_claims(
        self, info: Info, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[ClearingClaim]:
        seen = clearing.claims_of(call_of(info).actor)
        return await newest_first(models.ClearingClaim, seen, "submitted_at", first, after, ClearingClaim.of)

    @strawberry.field(description="一份清算申报")
    async def clearing_claim(self, info: Info, id: ClaimId) -> ClearingClaim:
        return ClearingClaim.of(await clearing.get_claim(call_of(info).actor, id))

    @strawberry.field(description="一份清算申报中的结算与冲正, 新的在前")
    async def clearing_items(
        self, info: Info, claim_id: ClaimId, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[ClearingItem]:
        claim = await clearing.get_claim(call_of(info).actor, claim_id)
        own = Q(claim_id=claim.id)
        return await newest_first(models.ClearingItem, own, "happened_at", first, after, ClearingItem.of)

    @strawberry.field(
        description="年终归属 (FJ-7.2) 与年度考核指标 (SX-16), 按开方机构; 医院看本院, 经办机构看本统筹区"
    )
    async def hospital_years(
        self, info: Info, year: Year, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[HospitalYear]:
        check_first(first)
        code = cursor_text(after) or ""
        rows = await attribution.hospital_years(call_of(info), year, first + 1, code)
        shown = [(text_cursor(row.hospital.code), HospitalYear.of(row)) for row in rows[:first]]
        return connection(shown, len(rows) > first)


@strawberry.type
class ClearingMutation:
    @strawberry.mutation(description="药店申报一个月的清算: 此前未申报的结算与冲正, 每笔只申报一次")
    async def submit_clearing_claim(
        self, info: Info, input: Annotated[SubmitClearingClaimInput, strawberry.argument(description="申报")]
    ) -> SubmitClearingClaimResult:
        call = call_of(info, input.idempotency_key)
        return ClearingClaim.of(await clearing.submit_claim(call, month=input.month, area=input.area))

    @strawberry.mutation(description="经办机构审核清算申报, 可逐笔扣减并说明理由")
    async def review_clearing_claim(
        self, info: Info, input: Annotated[ReviewClearingClaimInput, strawberry.argument(description="审核")]
    ) -> ReviewClearingClaimResult:
        row = await clearing.review_claim(
            call_of(info, input.idempotency_key),
            claim_id=input.claim_id,
            cuts=[clearing.Cut(one.number, one.amount, one.reason) for one in input.cuts],
            note=input.note,
        )
        return ClearingClaim.of(row)

    @strawberry.mutation(description="经办机构支付已审核的清算申报, 并记账 (SX-28)")
    async def pay_clearing_claim(
        self, info: Info, input: Annotated[PayClearingClaimInput, strawberry.argument(description="支付")]
    ) -> PayClearingClaimResult:
        row = await clearing.pay_claim(
            call_of(info, input.idempotency_key),
            claim_id=input.claim_id,
            payment_reference=input.payment_reference,
        )
        return ClearingClaim.of(row)
