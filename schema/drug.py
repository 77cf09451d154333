"""Drugs as callers see them."""

from typing import Self

import strawberry
from strawberry import field

import models
from policy.terms import DrugKind, DrugRestriction, ListClass
from schema.scalars import Quantity
from schema.shown import shown, shows


@shows(models.Drug)
@strawberry.type(description="医保药品")
class Drug:
    code: str = field(description="医保药品编码")
    generic_name: str = field(description="通用名")
    form: str = field(description="剂型")
    spec: str = field(description="规格")
    manufacturer: str = field(description="生产企业")
    approval_number: str = field(description="批准文号")
    kind: DrugKind = field(description="药品类别")
    list_class: ListClass = field(description="目录等级")
    restriction: DrugRestriction | None = field(description="不纳入流转的类别")
    package_unit: str = field(description="包装单位")
    base_unit: str = field(description="最小制剂单位")
    units_per_package: Quantity = field(description="每包装最小制剂单位数")
    is_essential: bool = field(description="国家基本药物")
    is_vbp: bool = field(description="集采中选药品")
    is_negotiated: bool = field(description="国谈药品")
    is_sample: bool = field(description="示例数据, 不是真实目录")

    @classmethod
    def of(cls, row: models.Drug) -> Self:
        return shown(cls, row)
