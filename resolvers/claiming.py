"""Fills: patients ask, pharmacies take a shown code, everybody reads their own."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from tortoise.expressions import Q

from models.fetching import Together
from policy.terms import FillState
from resolvers.arguments import KEY_WORDS, FillId
from schema.context import Info, call_of
from schema.fill import Fill, PickupCode
from schema.listing import page_of
from schema.paging import FIRST_DEFAULT, After, Connection, First
from schema.refusal import Refusal
from schema.scalars import Instant
from services import access, claiming, pickup, reviewing
from services.equivalents import Substitute

SUBSTITUTES = "患者选择的改配药品; 没有列出的明细按处方产品配药 (YL-30)"


@strawberry.input(description="改配: 一条可代替的明细由同通用名、同剂型、同规格的另一产品配药")
class SubstituteInput:
    line_id: UUID = field(description="处方明细编号")
    drug_code: str = field(description="实配药品的医保药品编码")

    def substitute(self) -> Substitute:
        """The choice as the use case takes it."""
        return Substitute(self.line_id, self.drug_code)


@strawberry.input(description="申请配药")
class RequestFillInput:
    idempotency_key: str = field(description=KEY_WORDS)
    prescription_id: UUID = field(description="处方编号")
    pharmacy_code: str = field(description="药店编码")
    line_ids: list[UUID] | None = field(default=None, description="处方明细; 缺省为全部待配药的明细")
    split_reason: str = field(default="", description="分开配药的原因 (SX-14)")
    delivery_address: str = field(default="", description="配送地址; 为空则到店取药")
    substitutes: list[SubstituteInput] = field(default_factory=list, description=SUBSTITUTES)


@strawberry.input(description="凭取药码调取处方")
class ClaimPrescriptionInput:
    idempotency_key: str = field(description=KEY_WORDS)
    code: str = field(description="患者出示的十位取药码")
    line_ids: list[UUID] | None = field(default=None, description="处方明细; 缺省为全部待配药的明细")
    split_reason: str = field(default="", description="分开配药的原因 (SX-14)")
    substitutes: list[SubstituteInput] = field(default_factory=list, description=SUBSTITUTES)


@strawberry.input(description="取消配药")
class CancelFillInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    reason: str = field(default="", description="原因")


@strawberry.input(description="出示取药码")
class ShowPickupCodeInput:
    prescription_id: UUID = field(description="处方编号")


RequestFillResult = Annotated[
    Fill | Refusal, strawberry.union("RequestFillResult", description="申请配药结果")
]
ClaimPrescriptionResult = Annotated[
    Fill | Refusal, strawberry.union("ClaimPrescriptionResult", description="调取处方结果")
]
CancelFillResult = Annotated[Fill | Refusal, strawberry.union("CancelFillResult", description="取消配药结果")]
ShowPickupCodeResult = Annotated[
    PickupCode | Refusal, strawberry.union("ShowPickupCodeResult", description="出示取药码结果")
]


@strawberry.type
class FillQuery:
    @strawberry.field(description="一次配药")
    async def fill(self, info: Info, id: FillId) -> Fill:
        call = call_of(info)
        return Fill.of(await access.get_fill(call.actor, id, call.now))

    @strawberry.field(description="有权查看的配药, 新的在前: 患者看本人与授权家人, 药店看本店")
    async def fills(
        self,
        info: Info,
        first: First = FIRST_DEFAULT,
        after: After = None,
        state: Annotated[FillState | None, strawberry.argument(description="只看此状态")] = None,
    ) -> Connection[Fill]:
        call = call_of(info)
        async with Together():
            seen = await access.fills_of(call.actor, call.now)
            wanted = seen & Q(state=state) if state else seen
            return await page_of(info, Fill, wanted, "requested_at", first, after)


@strawberry.type
class ClaimingMutation:
    @strawberry.mutation(description="申请配药: 占用明细并预留库存, 全部成功或全部不成 (FJ-8.3)")
    async def request_fill(
        self,
        info: Info,
        input: Annotated[RequestFillInput, strawberry.argument(description="申请配药")],
    ) -> RequestFillResult:
        row = await claiming.request_fill(
            call_of(info, input.idempotency_key),
            prescription_id=input.prescription_id,
            pharmacy_code=input.pharmacy_code,
            line_ids=input.line_ids,
            split_reason=input.split_reason,
            delivery_address=input.delivery_address,
            substitutes=[one.substitute() for one in input.substitutes],
        )
        return Fill.of(row)

    @strawberry.mutation(description="药店凭患者出示的取药码调取处方 (FJ-8.3)")
    async def claim_prescription(
        self,
        info: Info,
        input: Annotated[ClaimPrescriptionInput, strawberry.argument(description="调取处方")],
    ) -> ClaimPrescriptionResult:
        row = await claiming.claim_prescription(
            call_of(info, input.idempotency_key),
            code=input.code,
            line_ids=input.line_ids,
            split_reason=input.split_reason,
            substitutes=[one.substitute() for one in input.substitutes],
        )
        return Fill.of(row)

    @strawberry.mutation(description="患者取消配药, 结算之前都可以")
    async def cancel_fill(
        self,
        info: Info,
        input: Annotated[CancelFillInput, strawberry.argument(description="取消配药")],
    ) -> CancelFillResult:
        row = await reviewing.cancel_fill(
            call_of(info, input.idempotency_key), fill_id=input.fill_id, reason=input.reason
        )
        return Fill.of(row)

    @strawberry.mutation(description="出示取药码: 每次都是新码, 旧码随即失效")
    async def show_pickup_code(
        self,
        info: Info,
        input: Annotated[ShowPickupCodeInput, strawberry.argument(description="出示取药码")],
    ) -> ShowPickupCodeResult:
        call = call_of(info)
        row = await pickup.show_pickup_code(call, prescription_id=input.prescription_id)
        code = pickup.plain_code(row.id, call.tools.keys, row.code_hash)
        return PickupCode(code=code, expires_at=Instant(row.expires_at))
