"""Nearby pharmacies and hospitals as a patient sees them."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import field

from schema.ahead import one
from schema.drug import Drug
from schema.institution import Hospital, Pharmacy
from schema.scalars import Instant, Money, Price, Quantity
from schema.settlement import BenefitStatement
from services import split
from services.nearby_offers import NearbyPharmacy as Found
from services.nearby_offers import Offer as FoundOffer


@strawberry.type(description="药店对一条处方明细的可供情况, 是当时的说法")
class Offer:
    line_id: UUID | None = field(description="处方明细编号")
    drug_code: str = field(description="医保药品编码")
    wanted: Quantity = field(description="需要的数量, 包装")
    available: Quantity = field(description="可供数量, 包装, 已扣除为他人预留的")
    suffices: bool = field(description="足够")
    price: Price | None = field(description="销售价, 元/包装")
    moved_at: Instant | None = field(description="该库存最近变动时间")
    as_of: Instant | None = field(description="数据时点: 药店最近一次变动该库存或上报的时间")
    stands_for: str | None = field(description="所代替的药品编码; 空为所询药品本身")
    is_counted: bool = field(description="计入总价与待遇估算: 同一明细足量的各产品中最便宜的一种")

    @classmethod
    def of(cls, offer: FoundOffer) -> Self:
        return cls(
            line_id=offer.line_id,
            drug_code=offer.drug_code,
            wanted=Quantity(offer.wanted),
            available=Quantity(offer.available),
            suffices=offer.suffices,
            price=Price(offer.price) if offer.price is not None else None,
            moved_at=Instant(offer.moved_at) if offer.moved_at else None,
            as_of=Instant(offer.as_of) if offer.as_of else None,
            stands_for=offer.stands_for,
            is_counted=offer.is_counted,
        )

    drug: Drug = one(Drug, "drug", "drug_code", "药品")


@strawberry.type(description="附近药店")
class NearbyPharmacy:
    pharmacy: Pharmacy = field(description="药店")
    distance: int = field(description="距离, 米")
    is_stale: bool = field(description="久未上报: 24 小时没有进销存变动或心跳, 可供情况可能已过时; 排在最后")
    heard_at: Instant | None = field(description="最近一次进销存变动或心跳")
    is_open: bool = field(description="正在营业")
    pharmacist_on_duty: bool = field(description="有执业药师在岗")
    fills_all: bool = field(description="可一次配齐")
    total: Money | None = field(description="可供部分的总价")
    estimate: BenefitStatement | None = field(description="可供部分的待遇估算")
    offers: list[Offer] = field(
        description="各明细的可供情况; 同一明细先是药品本身, 再是可代替的, 依统筹区的优先次序 (SX-18)"
    )

    @classmethod
    def of(cls, found: Found) -> Self:
        return cls(
            pharmacy=Pharmacy.of(found.pharmacy),
            distance=round(found.distance),
            is_stale=found.is_stale,
            heard_at=Instant(found.heard_at) if found.heard_at else None,
            is_open=found.is_open,
            pharmacist_on_duty=found.pharmacist_on_duty,
            fills_all=found.fills_all,
            total=Money(found.total) if found.total is not None else None,
            estimate=BenefitStatement.of(found.estimate) if found.estimate else None,
            offers=[Offer.of(offer) for offer in found.offers],
        )


@strawberry.type(description="改配: 一条可代替的明细与实配的产品")
class Substitute:
    line_id: UUID = field(description="处方明细编号")
    drug_code: str = field(description="实配药品的医保药品编码")


@strawberry.type(description="分开配药的一份: 向这家药店申请这些明细")
class SplitPart:
    pharmacy: NearbyPharmacy = field(description="药店; 其 offers 为全部待配药品的可供情况")
    line_ids: list[UUID] = field(description="在这家配的处方明细")
    substitutes: list[Substitute] = field(description="须改配的明细, 申请配药时填入 substitutes")


@strawberry.type(description="分开配药方案: 药店数最少, 同数时路程最短; 同一药品只在一家 (SX-14)")
class SplitProposal:
    parts: list[SplitPart] = field(description="各药店与其明细; 一家可配齐时只有一份")
    missing_line_ids: list[UUID] = field(description="范围内没有药店能足量供应的明细")
    needs_reason: bool = field(description="申请时须填写 splitReason")

    @classmethod
    def of(cls, found: split.Proposal) -> Self:
        parts = [
            SplitPart(
                pharmacy=NearbyPharmacy.of(part.pharmacy),
                line_ids=list(part.line_ids),
                substitutes=[Substitute(line_id=key, drug_code=code) for key, code in part.substitutes],
            )
            for part in found.parts
        ]
        return cls(parts=parts, missing_line_ids=list(found.missing), needs_reason=found.needs_reason)


@strawberry.type(description="附近的流转处方医疗机构")
class NearbyHospital:
    distance: int = field(description="距离, 米")
    hospital: Hospital = field(description="医疗机构")
