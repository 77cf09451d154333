"""What a face engine found, as callers see it."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Self

import strawberry
from strawberry import field

from policy.terms import Verdict
from schema.scalars import Quantity


@strawberry.type(description="一种人脸引擎的比对结果")
class FaceFinding:
    engine: str = field(description="引擎: dlib 或 sface")
    model_version: str = field(description="模型版本")
    verdict: Verdict = field(description="该引擎的结论")
    metric: str = field(description="距离度量")
    distance: Quantity = field(description="人脸距离, 越小越像")
    bands_version: str = field(description="阈值版本: 度量、相符线/存疑线、设定地区与起始日")
    mean_version: int | None = field(description="所减去的区域均值的版本; 为空则未减")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            engine=row["engine"],
            model_version=row["model_version"],
            verdict=Verdict(row["verdict"]),
            metric=row["metric"],
            distance=Quantity(Decimal(row["distance"])),
            bands_version=row["bands_version"],
            mean_version=row["mean"],
        )
