"""Arguments that many fields share."""

from typing import Annotated
from uuid import UUID

import strawberry

KEY_WORDS = "幂等键: 每个操作一个新的 UUID; 未收到答复时用同一键原样重试"

PrescriptionId = Annotated[UUID, strawberry.argument(description="处方编号")]
FillId = Annotated[UUID, strawberry.argument(description="配药编号")]
SettlementId = Annotated[UUID, strawberry.argument(description="结算编号")]
MemberId = Annotated[UUID | None, strawberry.argument(description="参保人编号; 缺省为本人")]
