"""After a lost reply: what became of a mutation?"""

from typing import Annotated

import strawberry
from strawberry import field

from models import IdempotencyRecord
from schema.context import Info, call_of
from schema.scalars import Instant
from services.errors import check_text


@strawberry.type(description="一次操作的结果")
class MutationOutcome:
    mutation: str = field(description="操作名")
    result_id: str = field(description="结果编号: 处方、配药、结算等的编号, 或机构编码")
    done_at: Instant = field(description="完成时间")


Key = Annotated[str, strawberry.argument(description="当时使用的幂等键")]


@strawberry.type
class OutcomeQuery:
    @strawberry.field(description="按幂等键查操作结果; 为空则该操作没有生效, 可用同一键重试")
    async def mutation_result(self, info: Info, key: Key) -> MutationOutcome | None:
        caller = call_of(info).actor.caller
        check_text("key", key, 64)
        row = await IdempotencyRecord.get_or_none(caller=caller, key=key)
        if row is None:
            return None
        return MutationOutcome(
            mutation=row.mutation, result_id=row.result_id or "", done_at=Instant(row.done_at)
        )
