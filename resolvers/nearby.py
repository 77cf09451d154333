"""What is near: pharmacies that have the drugs, hospitals that circulate prescriptions."""

from typing import Annotated
from uuid import UUID

import strawberry
from strawberry import field

from models import Institution
from policy.geography import CoordinateSystem, to_gcj02
from schema.context import Info, call_of
from schema.institution import Hospital
from schema.nearby import NearbyHospital, NearbyPharmacy
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
from services import nearby
from services.errors import BadInput


@strawberry.input(description="位置")
class LocationInput:
    longitude: float = field(description="经度")
    latitude: float = field(description="纬度")
    system: CoordinateSystem = field(default=CoordinateSystem.GCJ02, description="坐标系; 微信小程序取 GCJ02")

    def place(self) -> nearby.Place:
        """The place in the system that is used inside."""
        try:
            point = to_gcj02(self.longitude, self.latitude, self.system)
        except ValueError as error:
            raise BadInput("location", "经纬度超出范围,请核对(经度在前)。") from error
        return nearby.Place(point.longitude, point.latitude)


Radius = Annotated[int, strawberry.argument(description="半径, 米, 100 至 50000")]
Location = Annotated[LocationInput, strawberry.argument(description="位置")]


@strawberry.type
class NearbyQuery:
    @strawberry.field(description="附近已签协议、有这张处方药品的药店, 附价格与个人负担估算")
    async def nearby_pharmacies(
        self,
        info: Info,
        location: Location,
        prescription_id: Annotated[
            UUID | None, strawberry.argument(description="处方编号; 缺省则只列药店")
        ] = None,
        radius: Radius = 10_000,
        order: Annotated[
            nearby.PharmacyOrder, strawberry.argument(description="排序方式")
        ] = nearby.PharmacyOrder.DISTANCE,
        only_open: Annotated[bool, strawberry.argument(description="只看正在营业的")] = False,
        only_complete: Annotated[bool, strawberry.argument(description="只看可一次配齐的")] = False,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[NearbyPharmacy]:
        check_first(first)
        search = nearby.Search(location.place(), radius, order, only_open, only_complete)
        page = await nearby.nearby_pharmacies(
            call_of(info), search, prescription_id, first, cursor_text(after)
        )
        shown = [(text_cursor(one.code), NearbyPharmacy.of(one)) for one in page.pharmacies]
        return connection(shown, page.has_next)

    @strawberry.field(description="附近开展处方流转的医疗机构, 近的在前 (FJ-9.1)")
    async def nearby_hospitals(
        self, info: Info, location: Location, radius: Radius = 20_000
    ) -> list[NearbyHospital]:
        call_of(info)
        found = await nearby.nearby_hospitals(nearby.Search(location.place(), radius))
        rows = {row.code: row for row in await Institution.filter(code__in=[code for code, _ in found])}
        return [
            NearbyHospital(distance=round(distance), hospital=Hospital.of(rows[code]))
            for code, distance in found
        ]
