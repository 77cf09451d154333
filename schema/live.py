"""Changes of what pharmacies can promise, as subscribers see them."""

from datetime import datetime
from decimal import Decimal
from typing import Self

import strawberry
from strawberry import field

from schema.context import Info
from schema.drug import Drug
from schema.institution import Pharmacy
from schema.scalars import Instant, Price, Quantity
from services.availability import Availability
from services.nearby_watch import Change


@strawberry.type(description="一种药品现时的可供情况")
class DrugAvailability:
    drug_code: str = field(description="医保药品编码")
    available: Quantity = field(description="可供数量, 包装, 已扣除预留、过期与召回")
    price: Price | None = field(description="销售价, 元/包装; 空为不售")
    moved_at: Instant | None = field(description="该库存最近变动时间")

    @classmethod
    def of(cls, code: str, found: Availability) -> Self:
        return cls(
            drug_code=code,
            available=Quantity(found.available if found.price is not None else Decimal(0)),
            price=Price(found.price) if found.price is not None else None,
            moved_at=Instant(found.moved_at) if found.moved_at else None,
        )

    @strawberry.field(description="药品")
    async def drug(self, info: Info) -> Drug:
        return Drug.of(await info.context.loaders.drug.get(self.drug_code))


@strawberry.type(description="一家药店可供情况的变化; 其间的多次变动合为一条")
class StockChange:
    pharmacy_code: str = field(description="定点医药机构编码")
    distance: int = field(description="距离, 米")
    as_of: Instant = field(description="数据时点")
    drugs: list[DrugAvailability] = field(description="有变化的药品")

    @classmethod
    def of(cls, change: Change, now: datetime) -> Self:
        return cls(
            pharmacy_code=change.code,
            distance=round(change.distance),
            as_of=Instant(now),
            drugs=[DrugAvailability.of(code, found) for code, found in change.drugs.items()],
        )

    @strawberry.field(description="药店")
    async def pharmacy(self, info: Info) -> Pharmacy:
        return Pharmacy.of(await info.context.loaders.institution.get(self.pharmacy_code))
