"""Checking the person present at the counter."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from strawberry.file_uploads import Upload

from engines.pictures import Unusable, precheck
from policy.rule import broken
from policy.terms import Role
from policy.violation import Code
from resolvers.arguments import KEY_WORDS
from schema.context import Info, call_of
from schema.fill import IdentityCheck
from schema.refusal import Refusal
from services import identity
from services.errors import Refused


@strawberry.input(description="提交人脸核验")
class SubmitIdentityCheckInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    live: Upload = field(description="在场购药人的正面照片, JPEG、PNG、WebP 或 BMP, 至多 8 MiB")
    card: Upload | None = field(default=None, description="购药人身份证人像面; 没有人脸建档时必填")
    card_number: str = field(default="", description="购药人身份证号码, 由读卡器读出; 没有读卡器时由系统识读")
    member_card: Upload | None = field(default=None, description="代购时, 参保人身份证人像面")
    member_card_number: str = field(
        default="", description="参保人身份证号码, 由读卡器读出; 没有读卡器时由系统识读"
    )
    goods: list[str] = field(default_factory=list, description="结算物品; 缺省取追溯码")


@strawberry.input(description="特殊登记: 人工核验")
class VerifyManuallyInput:
    idempotency_key: str = field(description=KEY_WORDS)
    fill_id: UUID = field(description="配药编号")
    documents: list[str] = field(description="查验的证件, 至少两种; 代购时含“身份证”(购药人)与“参保人身份证”")
    reason: str = field(description="改用人工核验的原因")
    goods: list[str] = field(default_factory=list, description="结算物品; 缺省取追溯码")


SubmitIdentityCheckResult = Annotated[
    IdentityCheck | Refusal,
    strawberry.union("SubmitIdentityCheckResult", description="提交人脸核验结果"),
]
VerifyManuallyResult = Annotated[
    IdentityCheck | Refusal, strawberry.union("VerifyManuallyResult", description="特殊登记结果")
]


async def picture(name: str, upload: Upload | None) -> bytes | None:
    """An uploaded picture whose header was looked at."""
    if upload is None:
        return None
    data: bytes = await upload.read()  # type: ignore[attr-defined]  # starlette's UploadFile
    try:
        precheck(data)
    except Unusable as unusable:
        text = f"{name}({unusable.reason}):{unusable.advice}。"
        raise Refused([broken(Code.IMAGE_NOT_ACCEPTED, "YL-13", text)]) from unusable
    return data


@strawberry.type
class IdentityMutation:
    @strawberry.mutation(description="提交在场购药人的照片, 由后台比对; 结论以事件告知 (FJ-2.4, SX-12)")
    async def submit_identity_check(
        self,
        info: Info,
        input: Annotated[SubmitIdentityCheckInput, strawberry.argument(description="人脸核验")],
    ) -> SubmitIdentityCheckResult:
        call = call_of(info, input.idempotency_key)
        call.require("提交人脸核验", Role.PHARMACY, Role.PHARMACIST)
        live = await picture("live", input.live)
        assert live is not None
        pictures = identity.Pictures(
            live=live,
            card=await picture("card", input.card),
            card_number=input.card_number.strip(),
            member_card=await picture("memberCard", input.member_card),
            member_card_number=input.member_card_number.strip(),
        )
        row = await identity.submit_identity_check(
            call, fill_id=input.fill_id, pictures=pictures, goods=input.goods
        )
        return IdentityCheck.of(row)

    @strawberry.mutation(description="特殊登记: 店员查验两种证件, 任何时候都可用")
    async def verify_manually(
        self,
        info: Info,
        input: Annotated[VerifyManuallyInput, strawberry.argument(description="特殊登记")],
    ) -> VerifyManuallyResult:
        row = await identity.verify_manually(
            call_of(info, input.idempotency_key),
            fill_id=input.fill_id,
            documents=input.documents,
            reason=input.reason,
            goods=input.goods,
        )
        return IdentityCheck.of(row)
