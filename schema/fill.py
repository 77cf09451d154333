"""Fills, reviews and identity checks as callers see them."""

from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import CardReading, DeclineReason, FillState, IdentityMethod, PersonalData, Verdict
from schema.ahead import many, one
from schema.context import Info
from schema.drug import Drug
from schema.face import FaceFinding
from schema.fee_list import FeeListSignature
from schema.institution import Pharmacy
from schema.member import Member
from schema.payment import Payment
from schema.prescription import Prescription
from schema.scalars import Instant, Price, Quantity
from schema.settlement import Settlement
from schema.shown import needs, shown, shows
from services import people
from services.card_reading import advice_on
from services.fee_lists import digest_of
from services.identity import DOCUMENT_OF
from services.reading import note


@shows(models.FillLine)
@strawberry.type(description="配药明细")
class FillLine:
    drug_id: Private[str]
    id: UUID = field(description="配药明细编号")
    prescription_line_id: UUID = field(description="处方明细编号")
    quantity: Quantity = field(description="数量, 包装")
    price: Price = field(description="销售价, 元/包装")
    trace_codes: list[str] = field(description="药品追溯码")

    @classmethod
    def of(cls, row: models.FillLine) -> Self:
        return shown(cls, row)

    drug: Drug = one(Drug, "drug", "drug_id", "实配药品")

    @strawberry.field(
        description="所代替的处方药品; 空为按处方产品配药", metadata=needs("prescription_line_id", "drug_id")
    )
    async def stands_for(self, info: Info) -> Drug | None:
        loaders = info.context.loaders
        line = await loaders.prescription_line.get(self.prescription_line_id)
        if line.drug_id == self.drug_id:
            return None
        return Drug.of(await loaders.drug.get(line.drug_id))


@strawberry.type(description="审方质疑与答复")
class PrescriberQuery:
    row: Private[models.PrescriberQuery]
    id: UUID = field(description="质疑编号")
    question: str = field(description="药师的疑问")
    asked_at: Instant = field(description="提出时间")
    answer: str = field(description="医师的答复")
    upholds: bool | None = field(description="医师坚持原方")
    answered_at: Instant | None = field(description="答复时间")

    @classmethod
    def of(cls, row: models.PrescriberQuery) -> Self:
        return cls(
            row=row,
            id=row.id,
            question=row.question,
            asked_at=Instant(row.asked_at),
            answer=row.answer,
            upholds=row.upholds,
            answered_at=Instant(row.answered_at) if row.answered_at else None,
        )


@strawberry.type(description="扫描的身份证及识读结果")
class ScannedCard:
    document: str = field(description="证件: 身份证(购药人), 或参保人身份证")
    reading: CardReading | None = field(description="识读结果; 为空则仍在识读")
    matched: list[str] = field(description="与登记一致的栏目: NUMBER 号码, NAME 姓名")
    reason: str = field(description="未能识读的原因代码, 与照片的原因代码相同")
    advice: str = field(description="给店员的提示")
    reader: str = field(description="识读引擎与版本")

    @classmethod
    def of(cls, row: models.IdentityImage) -> Self:
        return cls(
            document=DOCUMENT_OF[row.kind],
            reading=row.reading,
            matched=[name for name in row.matched.split(",") if name],
            reason=row.unread_reason,
            advice=advice_on(row),
            reader=row.reader,
        )


@strawberry.type(description="人证相符核验")
class IdentityCheck:
    row: Private[models.IdentityCheck]
    id: UUID = field(description="核验编号")
    method: IdentityMethod = field(description="核验方式")
    verdict: Verdict | None = field(description="结论; 为空则仍在比对")
    reason: str = field(description="原因代码")
    advice: str = field(description="给店员的提示")
    distance: Quantity | None = field(description="人脸距离, 越小越像")
    engine: str = field(description="引擎与版本")
    bands_version: str = field(description="阈值版本")
    findings: list[FaceFinding] = field(description="各人脸引擎的结果; 无法核验或人工核验时为空")
    submitted_at: Instant = field(description="提交时间")
    decided_at: Instant | None = field(description="结论时间")

    @classmethod
    def of(cls, row: models.IdentityCheck) -> Self:
        note(row.person_id, PersonalData.IDENTITY)
        return cls(
            row=row,
            id=row.id,
            method=row.method,
            verdict=row.verdict,
            reason=row.reason,
            advice=row.advice,
            distance=Quantity(Decimal(row.distance)) if row.distance is not None else None,
            engine=row.engine,
            bands_version=row.bands_version,
            findings=[FaceFinding.of(finding) for finding in row.findings],
            submitted_at=Instant(row.submitted_at),
            decided_at=Instant(row.decided_at) if row.decided_at else None,
        )

    @strawberry.field(description="扫描的身份证及识读结果")
    async def cards(self, info: Info) -> list[ScannedCard]:
        rows = await info.context.loaders.images_of_check.of(self.row.id)
        return [ScannedCard.of(row) for row in rows if row.kind in DOCUMENT_OF]


@shows(models.Fill, PersonalData.FILL)
@strawberry.type(description="配药: 一家药店受理的处方明细")
class Fill:
    row: Private[models.Fill]
    prescription_id: Private[UUID]
    pharmacy_id: Private[str]
    member_id: Private[UUID]
    id: UUID = field(description="配药编号")
    state: FillState = field(description="配药状态")
    requested_at: Instant = field(description="申请时间")
    expires_at: Instant = field(description="预留到期时间")
    split_reason: str = field(description="分开配药原因")
    reviewed_at: Instant | None = field(description="审方时间")
    advice: str = field(description="用药指导")
    end_reason: str = field(description="终止原因")
    decline_reason: DeclineReason | None = field(description="拒单原因类别; 未拒单或旧记录为空")
    ready_at: Instant | None = field(description="备药完成时间")
    courier: str = field(description="配送单位与单号")
    is_proxy: bool = field(description="由他人代购")

    @classmethod
    def of(cls, row: models.Fill) -> Self:
        return shown(cls, row, row=row, is_proxy=row.buyer_id != row.member_id)

    @strawberry.field(description="处方", metadata=needs("prescription_id"))
    async def prescription(self, info: Info) -> Prescription | None:
        row = await info.context.loaders.prescription.find(self.prescription_id)
        return Prescription.of(row) if row else None

    pharmacy: Pharmacy = one(Pharmacy, "institution", "pharmacy_id", "药店")

    @strawberry.field(
        description="参保人; 未成交而终止后药店看到的是脱敏姓名", metadata=needs("member_id", "state")
    )
    async def member(self, info: Info) -> Member:
        row = await info.context.loaders.member.get(self.member_id)
        return Member.of(row, is_masked=people.is_over(info.context.require_actor(), self.state))

    @strawberry.field(description="配送地址; 只有患者与受理的药店能看到")
    def delivery_address(self, info: Info) -> str:
        is_needed = people.sees_address(info.context.require_actor(), self.row.state)
        return self.row.delivery_address if is_needed else ""

    @strawberry.field(description="购药人: 本人, 或有授权的家庭成员; 医院看到的家庭成员姓名脱敏")
    async def buyer(self, info: Info) -> Member:
        actor = info.context.require_actor()
        is_known = people.knows_buyer(actor, self.row.state, is_proxy=self.is_proxy)
        return Member.of(await info.context.loaders.member.get(self.row.buyer_id), is_masked=not is_known)

    lines: list[FillLine] = many(FillLine, "lines_of_fill", "id", "配药明细")

    @strawberry.field(description="审方质疑; 未成交而终止后药店不再能看到", metadata=needs("id", "state"))
    async def queries(self, info: Info) -> list[PrescriberQuery]:
        if not people.sees_questions(info.context.require_actor(), self.state):
            return []
        rows = await info.context.loaders.queries_of_fill.of(self.id)
        return [PrescriberQuery.of(row) for row in rows]

    @strawberry.field(
        description="身份核验; 医院看不到, 未成交而终止后药店也不再能看到", metadata=needs("id", "state")
    )
    async def identity_checks(self, info: Info) -> list[IdentityCheck]:
        if not people.sees_identity_checks(info.context.require_actor(), self.state):
            return []
        rows = await info.context.loaders.checks_of_fill.of(self.id)
        return [IdentityCheck.of(row) for row in rows]

    @strawberry.field(description="费用清单摘要, 签字时带上", metadata=needs("id"))
    async def fee_list_sha256(self, info: Info) -> str:
        return digest_of(await info.context.loaders.lines_of_fill.of(self.id))

    @strawberry.field(
        description="购药人对当前费用清单的签字; 为空则尚未签字 (FJ-8.4, SX-13)", metadata=needs("id")
    )
    async def fee_list_signature(self, info: Info) -> FeeListSignature | None:
        current = digest_of(await info.context.loaders.lines_of_fill.of(self.id))
        rows = await info.context.loaders.signatures_of_fill.of(self.id)
        found = next((row for row in rows if row.fee_list_sha256 == current), None)
        return FeeListSignature.of(found) if found else None

    @strawberry.field(
        description="线上支付, 先后排列, 含已关闭与已退款的; 只列有权查看的", metadata=needs("id")
    )
    async def payments(self, info: Info) -> list[Payment]:
        rows = await info.context.loaders.payments_of_fill.of(self.id)
        return [Payment.of(row) for row in rows]

    @strawberry.field(description="结算", metadata=needs("id"))
    async def settlement(self, info: Info) -> Settlement | None:
        row = await info.context.loaders.settlement_of_fill.find(self.id)
        return Settlement.of(row) if row else None


@strawberry.type(description="取药码: 在柜台出示, 两分钟内有效, 只能用一次")
class PickupCode:
    code: str = field(description="十位数字")
    expires_at: Instant = field(description="失效时间")
