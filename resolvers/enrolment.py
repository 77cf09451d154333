"""Enrolling a face with consent, and withdrawing it; how often people are checked by hand."""

from datetime import date
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field
from strawberry.file_uploads import Upload

from policy.terms import Role
from resolvers.arguments import KEY_WORDS
from resolvers.identity import picture
from schema.context import Info, call_of
from schema.enrolment import FaceEnrolment, ManualVerifications
from schema.paging import (
    FIRST_DEFAULT,
    After,
    Connection,
    First,
    check_first,
    connection,
    cursor_text,
    text_cursor,
)
from schema.refusal import Refusal
from services import enrolment
from services.manual_checks import manual_checks

MEMBER_WORDS = "参保人编号; 本人办理时缺省, 经办代为办理时必填"
OfMember = Annotated[UUID | None, strawberry.argument(description=MEMBER_WORDS)]


@strawberry.input(description="人脸建档")
class EnrolFaceInput:
    idempotency_key: str = field(description=KEY_WORDS)
    consent_version: str = field(description="本人已阅读并同意的同意书版本")
    picture: Upload = field(description="本人正面照片, JPEG、PNG、WebP 或 BMP, 至多 8 MiB")
    second_picture: Upload | None = field(default=None, description="第二张本人正面照片; 有两张时比对更准")
    member_id: UUID | None = field(default=None, description=MEMBER_WORDS)


@strawberry.input(description="撤回人脸建档")
class WithdrawFaceInput:
    idempotency_key: str = field(description=KEY_WORDS)
    member_id: UUID | None = field(default=None, description=MEMBER_WORDS)


EnrolFaceResult = Annotated[
    FaceEnrolment | Refusal, strawberry.union("EnrolFaceResult", description="人脸建档结果")
]
WithdrawFaceResult = Annotated[
    FaceEnrolment | Refusal, strawberry.union("WithdrawFaceResult", description="撤回人脸建档结果")
]


@strawberry.type
class EnrolmentQuery:
    @strawberry.field(description="最近一次人脸建档; 为空则从未建档")
    async def face_enrolment(self, info: Info, member_id: OfMember = None) -> FaceEnrolment | None:
        row = await enrolment.enrolment_of(call_of(info), member_id)
        return FaceEnrolment.of(row) if row else None

    @strawberry.field(description="本统筹区各药店一段时间内的特殊登记, 按药店编码排列")
    async def manual_verifications(
        self,
        info: Info,
        since: Annotated[date, strawberry.argument(description="起始日, 含")],
        until: Annotated[date, strawberry.argument(description="终止日, 含; 至多一年")],
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[ManualVerifications]:
        check_first(first)
        found = await manual_checks(call_of(info), since, until, first + 1, cursor_text(after))
        shown = [
            (text_cursor(one.pharmacy_code), ManualVerifications.of(one, until)) for one in found[:first]
        ]
        return connection(shown, len(found) > first)


@strawberry.type
class EnrolmentMutation:
    @strawberry.mutation(description="经本人同意建立人脸档案; 照片由后台检查, 结论以事件告知")
    async def enrol_face(
        self,
        info: Info,
        input: Annotated[EnrolFaceInput, strawberry.argument(description="人脸建档")],
    ) -> EnrolFaceResult:
        call = call_of(info, input.idempotency_key)
        call.require("人脸建档", Role.PATIENT, Role.AGENCY)
        uploads = {"picture": input.picture, "secondPicture": input.second_picture}
        pictures = [await picture(name, upload) for name, upload in uploads.items() if upload]
        row = await enrolment.enrol_face(
            call, input.member_id, input.consent_version, [data for data in pictures if data is not None]
        )
        return FaceEnrolment.of(row)

    @strawberry.mutation(description="撤回人脸建档: 立即停用, 影像随即删除")
    async def withdraw_face(
        self,
        info: Info,
        input: Annotated[WithdrawFaceInput, strawberry.argument(description="撤回人脸建档")],
    ) -> WithdrawFaceResult:
        call = call_of(info, input.idempotency_key)
        return FaceEnrolment.of(await enrolment.withdraw_face(call, input.member_id))
