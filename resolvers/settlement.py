"""Preview, sign, settle, and read settlements."""

from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry import field
from strawberry.file_uploads import Upload

import models
from policy.terms import Credential
from resolvers.arguments import KEY_WORDS, SettlementId
from resolvers.identity import picture
from schema.context import Info, call_of
from schema.fee_list import FeeListSignature
from schema.paging import FIRST_DEFAULT, After, Connection, First, newest_first
from schema.refusal import Refusal
from schema.settlement import Settlement, SettlementPreview
from services import access, bills, fee_lists, settling


@strawberry.input(description="支付方式")
class TenderInput:
    credential: Credential | None = field(
        default=None, description="出示的就诊凭证; 凭亲情展码代购时可不填 (FJ-7.5)"
    )
    use_account: bool = field(
        default=True, description="使用本人个人账户; 否则不动本人账户, 由共济账户与现金支付"
    )
    family_payer_id: UUID | None = field(
        default=None, description="用谁的家庭共济账户支付本人账户不足的部分 (SX-23)"
    )

    def tender(self) -> bills.Tender:
        """The tender as the use case takes it."""
        return bills.Tender(self.credential, self.use_account, self.family_payer_id)


@strawberry.input(description="预结算")
class PreviewSettlementInput:
    fill_id: UUID = field(description="配药编号")
    tender: TenderInput = field(description="支付方式")


@strawberry.input(description="结算")
class SettleFillInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    tender: TenderInput = field(description="支付方式")
    statement_digest: str | None = field(
        default=None, description="预结算返回的清单摘要; 费用已变化则拒绝结算"
    )
    payment_id: UUID | None = field(
        default=None, description="已付款的线上支付的编号, 抵付个人现金部分, 金额须相等; 缺省收现金"
    )


@strawberry.input(description="费用清单签字")
class SignFeeListInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    fee_list_sha256: str = field(description="所签费用清单的摘要, 取自配药")
    signature: str | None = field(
        default=None, description="签名数据, 例如笔迹的点列, 至多 64 KiB; 只留存其散列. 与 image 二者给一"
    )
    image: Upload | None = field(
        default=None,
        description="签名影像, JPEG、PNG、WebP 或 BMP, 短边至少 80 像素, 长边至多为短边的 4 倍, 至多 8 MiB;"
        " 加密留存, 到期清除, 散列长期保存",
    )


PreviewSettlementResult = Annotated[
    SettlementPreview | Refusal,
    strawberry.union("PreviewSettlementResult", description="预结算结果"),
]
SettleFillResult = Annotated[
    Settlement | Refusal, strawberry.union("SettleFillResult", description="结算结果")
]
SignFeeListResult = Annotated[
    FeeListSignature | Refusal, strawberry.union("SignFeeListResult", description="费用清单签字结果")
]


@strawberry.type
class SettlementQuery:
    @strawberry.field(description="一次结算")
    async def settlement(self, info: Info, id: SettlementId) -> Settlement:
        call = call_of(info)
        return Settlement.of(await access.get_settlement(call.actor, id, call.now))

    @strawberry.field(
        description="有权查看的结算, 新的在前: 患者看本人与授权家人, 药店看本店, 医院看本院开方的"
    )
    async def settlements(
        self, info: Info, first: First = FIRST_DEFAULT, after: After = None
    ) -> Connection[Settlement]:
        call = call_of(info)
        seen = await access.settlements_of(call.actor, call.now)
        return await newest_first(models.Settlement, seen, "settled_at", first, after, Settlement.of)

    @strawberry.field(description="预结算: 算出待遇清单, 并列出还不能结算的理由; 不改变任何东西")
    async def preview_settlement(
        self,
        info: Info,
        input: Annotated[PreviewSettlementInput, strawberry.argument(description="预结算")],
    ) -> PreviewSettlementResult:
        found = await settling.preview_settlement(call_of(info), input.fill_id, input.tender.tender())
        return SettlementPreview.of(found)


@strawberry.type
class SettlementMutation:
    @strawberry.mutation(description="结算: 待遇、账户、账务、库存与状态一起改变, 或都不变 (FJ-8.4, SX-12)")
    async def settle_fill(
        self,
        info: Info,
        input: Annotated[SettleFillInput, strawberry.argument(description="结算")],
    ) -> SettleFillResult:
        # left out where there is none, so that a settlement sent again has the hash it had before payments
        online: dict[str, Any] = {"payment_id": input.payment_id} if input.payment_id else {}
        row = await settling.settle_fill(
            call_of(info, input.idempotency_key),
            fill_id=input.fill_id,
            tender=input.tender.tender(),
            statement_digest=input.statement_digest,
            **online,
        )
        return Settlement.of(row)

    @strawberry.mutation(description="购药人在费用清单上签字 (FJ-8.4, SX-13)")
    async def sign_fee_list(
        self,
        info: Info,
        input: Annotated[SignFeeListInput, strawberry.argument(description="费用清单签字")],
    ) -> SignFeeListResult:
        row = await fee_lists.sign_fee_list(
            call_of(info, input.idempotency_key),
            fill_id=input.fill_id,
            fee_list_sha256=input.fee_list_sha256,
            signature=input.signature,
            image=await picture("image", input.image),
        )
        return FeeListSignature.of(row)
