"""Nearby pharmacies and hospitals as a patient sees them."""

from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

from schema.context import Info
from schema.drug import Drug
from schema.institution import Hospital, Pharmacy
from schema.scalars import Instant, Money, Price, Quantity
from schema.settlement import BenefitStatement
from services import nearby


@strawberry.type(description="药店对一条处方明细的可供情况, 是当时的说法")
class Offer:
    line_id: UUID | None = field(description="处方明细编号")
    drug_code: str = field(description="医保药品编码")
    wanted: Quantity = field(description="需要的数量, 包装")
    available: Quantity = field(description="可供数量, 包装, 已扣除为他人预留的")
    suffices: bool = field(description="足够")
    price: Price | None = field(description="销售价, 元/包装")
    moved_at: Instant | None = field(description="该库存最近变动时间")

    @classmethod
    def of(cls, offer: nearby.Offer) -> Self:
        return cls(
            line_id=offer.line_id,
            drug_code=offer.drug_code,
            wanted=Quantity(offer.wanted),
            available=Quantity(offer.available),
            suffices=offer.suffices,
            price=Price(offer.price) if offer.price is not None else None,
            moved_at=Instant(offer.moved_at) if offer.moved_at else None,
        )

    @strawberry.field(description="药品")
    async def drug(self, info: Info) -> Drug:
        return Drug.of(await info.context.loaders.drug.get(self.drug_code))


@strawberry.type(description="附近药店")
class NearbyPharmacy:
    found: Private[nearby.NearbyPharmacy]
    distance: int = field(description="距离, 米")
    is_open: bool = field(description="正在营业")
    pharmacist_on_duty: bool = field(description="有执业药师在岗")
    fills_all: bool = field(description="可一次配齐")
    total: Money | None = field(description="可供部分的总价")
    estimate: BenefitStatement | None = field(description="可供部分的待遇估算")
    offers: list[Offer] = field(description="各明细的可供情况")

    @classmethod
    def of(cls, found: nearby.NearbyPharmacy) -> Self:
        return cls(
            found=found,
            distance=round(found.distance),
            is_open=found.is_open,
            pharmacist_on_duty=found.pharmacist_on_duty,
            fills_all=found.fills_all,
            total=Money(found.total) if found.total is not None else None,
            estimate=BenefitStatement.of(found.estimate) if found.estimate else None,
            offers=[Offer.of(offer) for offer in found.offers],
        )

    @strawberry.field(description="药店")
    async def pharmacy(self, info: Info) -> Pharmacy:
        return Pharmacy.of(await info.context.loaders.institution.get(self.found.code))


@strawberry.type(description="附近的流转处方医疗机构")
class NearbyHospital:
    distance: int = field(description="距离, 米")
    hospital: Hospital = field(description="医疗机构")
