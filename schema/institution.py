"""Hospitals and pharmacies as callers see them."""

from typing import Self

import strawberry
from strawberry import field

import models
from policy.terms import InstitutionKind
from schema.ahead import many
from schema.shown import shown, shows


@strawberry.type(description="位置, 国测局坐标(GCJ-02)")
class Position:
    longitude: float = field(description="经度")
    latitude: float = field(description="纬度")


@shows(models.OpeningHours)
@strawberry.type(description="一段营业时间")
class OpeningSpan:
    weekday: int = field(description="星期, 0 为星期一")
    opens: int = field(description="开门, 当日分钟数")
    closes: int = field(description="关门, 当日分钟数, 1440 为 24 点")

    @classmethod
    def of(cls, row: models.OpeningHours) -> Self:
        return shown(cls, row)


@shows(models.Institution)
@strawberry.type(description="定点零售药店")
class Pharmacy:
    code: str = field(description="定点医药机构编码")
    name: str = field(description="药店名称")
    address: str = field(description="地址")
    phone: str = field(description="联系电话")
    area: str = field(description="统筹区")
    position: Position = field(description="位置")
    is_dual_channel: bool = field(description="双通道药店")
    delivers: bool = field(description="提供配送")
    accepts_family_code: bool = field(description="可用亲情展码代购")

    @classmethod
    def of(cls, row: models.Institution) -> Self:
        position = Position(longitude=row.longitude, latitude=row.latitude)
        return shown(cls, row, position=position)

    opening_hours: list[OpeningSpan] = many(OpeningSpan, "hours_of_institution", "code", "营业时间")


@shows(models.Institution)
@strawberry.type(description="定点医疗机构")
class Hospital:
    code: str = field(description="定点医药机构编码")
    kind: InstitutionKind = field(description="机构类别")
    name: str = field(description="机构名称")
    address: str = field(description="地址")
    phone: str = field(description="联系电话")
    area: str = field(description="统筹区")
    tier: int | None = field(description="医疗机构等级")
    position: Position = field(description="位置")

    @classmethod
    def of(cls, row: models.Institution) -> Self:
        position = Position(longitude=row.longitude, latitude=row.latitude)
        return shown(cls, row, position=position)


@shows(models.Doctor)
@strawberry.type(description="医保医师")
class Doctor:
    code: str = field(description="医保医师编码")
    name: str = field(description="姓名")
    phone: str = field(description="联系电话")

    @classmethod
    def of(cls, row: models.Doctor) -> Self:
        return shown(cls, row)
