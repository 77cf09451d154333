"""What is near: pharmacies that have the drugs, hospitals that circulate prescriptions."""

from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from models import Institution
from policy.geography import CoordinateSystem, to_gcj02
from schema.context import Info, call_of
from schema.institution import Hospital
from schema.nearby import NearbyHospital, NearbyPharmacy, SplitProposal
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
from schema.scalars import Quantity
from services import nearby, split
from services.errors import BadInput
from services.nearby_offers import NearbyPharmacy as Found
from services.nearby_search import Filters, Place, Search
from services.nearby_search import PharmacyOrder as Order
from services.nearby_wants import Asked


@strawberry.input(description="位置")
class LocationInput:
    longitude: float = field(description="经度")
    latitude: float = field(description="纬度")
    system: CoordinateSystem = field(default=CoordinateSystem.GCJ02, description="坐标系; 微信小程序取 GCJ02")

    def place(self) -> Place:
        """The place in the system that is used inside."""
        try:
            point = to_gcj02(self.longitude, self.latitude, self.system)
        except ValueError as error:
            raise BadInput("location", "经纬度超出范围,请核对(经度在前)。") from error
        return Place(point.longitude, point.latitude)


@strawberry.input(description="所询药品")
class AskedDrugInput:
    drug_code: str = field(description="医保药品编码")
    quantity: Quantity = field(default=Quantity(Decimal(1)), description="需要的数量, 包装")


@strawberry.input(description="药店筛选条件; 各项同时满足")
class PharmacyFilterInput:
    is_open: bool = field(default=False, description="正在营业")
    fills_all: bool = field(default=False, description="可一次配齐")
    pharmacist_on_duty: bool = field(default=False, description="有执业药师在岗")
    dual_channel: bool = field(default=False, description="双通道药店")
    delivers: bool = field(default=False, description="提供配送")
    accepts_family_code: bool = field(default=False, description="可用亲情展码代购")


Radius = Annotated[int, strawberry.argument(description="半径, 米, 100 至 50000")]
Location = Annotated[LocationInput, strawberry.argument(description="位置")]
EQUIVALENTS = "也看同通用名、同剂型、同规格的其他产品; 缺省: 按处方时看处方允许代替的明细, 按药品编码时不看"
ORDER_WORDS = "排序方式; 久未上报的药店总在最后; 按价格时只比较最近 300 家有药的药店"


def cursor_of(order: Order, one: Found) -> str:
    """The cursor of a pharmacy: its whole place in the order, so that no row of a page before is needed."""
    stale, incomplete, amount, away, code = nearby.key_of(order, one)
    return text_cursor(f"{order}|{int(stale)}|{int(incomplete)}|{amount}|{away!r}|{code}")


def key_behind(order: Order, after: str | None) -> nearby.Key | None:
    """The place a cursor stands for; a cursor of another order is refused."""
    text = cursor_text(after)
    if text is None:
        return None
    try:
        of_order, stale, incomplete, amount, away, code = text.split("|")
        key = (bool(int(stale)), bool(int(incomplete)), Decimal(amount), float(away), code)
        if of_order != order or key[2].is_nan() or not isfinite(key[3]) or len(code) > 12:
            raise ValueError
        return key
    except (ValueError, InvalidOperation) as error:
        raise BadInput("after", "游标无效,请使用同一排序方式下上一页返回的 endCursor。") from error


@strawberry.type
class NearbyQuery:
    @strawberry.field(
        description="附近已签协议、有这张处方(或所询)药品的药店, 附价格与个人负担估算; 可供情况是当时的说法"
    )
    async def nearby_pharmacies(
        self,
        info: Info,
        location: Location,
        prescription_id: Annotated[
            UUID | None, strawberry.argument(description="处方编号; 与 drugs 都缺省则只列药店")
        ] = None,
        drugs: Annotated[
            list[AskedDrugInput] | None,
            strawberry.argument(description="所询药品, 至多 20 种; 不能与处方并用"),
        ] = None,
        equivalents: Annotated[bool | None, strawberry.argument(description=EQUIVALENTS)] = None,
        radius: Radius = 10_000,
        order: Annotated[Order, strawberry.argument(description=ORDER_WORDS)] = Order.DISTANCE,
        filter: Annotated[PharmacyFilterInput | None, strawberry.argument(description="药店筛选条件")] = None,
        only_open: Annotated[bool, strawberry.argument(description="只看正在营业的")] = False,
        only_complete: Annotated[bool, strawberry.argument(description="只看可一次配齐的")] = False,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[NearbyPharmacy]:
        check_first(first)
        wish = filter or PharmacyFilterInput()
        filters = Filters(
            is_open=wish.is_open or only_open,
            fills_all=wish.fills_all or only_complete,
            pharmacist_on_duty=wish.pharmacist_on_duty,
            dual_channel=wish.dual_channel,
            delivers=wish.delivers,
            accepts_family_code=wish.accepts_family_code,
        )
        asked = [Asked(one.drug_code, one.quantity) for one in drugs or ()]
        page = await nearby.nearby_pharmacies(
            call_of(info),
            Search(location.place(), radius, order, filters),
            nearby.Request(prescription_id, asked, equivalents),
            first,
            key_behind(order, after),
        )
        shown = [(cursor_of(order, one), NearbyPharmacy.of(one)) for one in page.pharmacies]
        return connection(shown, page.has_next)

    @strawberry.field(description="一处配不齐时: 最少几家药店合起来能配齐, 同一药品只在一家 (SX-14)")
    async def split_proposal(
        self,
        info: Info,
        prescription_id: Annotated[UUID, strawberry.argument(description="处方编号")],
        location: Location,
        radius: Radius = 10_000,
        only_open: Annotated[bool, strawberry.argument(description="只用正在营业且药师在岗的药店")] = True,
    ) -> SplitProposal:
        filters = Filters(is_open=only_open, pharmacist_on_duty=only_open)
        search = Search(location.place(), radius, filters=filters)
        return SplitProposal.of(await split.propose_split(call_of(info), search, prescription_id))

    @strawberry.field(description="附近开展处方流转的医疗机构, 近的在前 (FJ-9.1)")
    async def nearby_hospitals(
        self, info: Info, location: Location, radius: Radius = 20_000
    ) -> list[NearbyHospital]:
        call_of(info)
        found = await nearby.nearby_hospitals(Search(location.place(), radius))
        rows = {row.code: row for row in await Institution.filter(code__in=[code for code, _ in found])}
        return [
            NearbyHospital(distance=round(distance), hospital=Hospital.of(rows[code]))
            for code, distance in found
        ]
