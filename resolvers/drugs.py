"""The catalogue: drugs found by what people type."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import strawberry

from schema.context import Info, call_of
from schema.drug import Drug
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
from services import drug_search
from services.errors import BadInput

Area = Annotated[
    str | None,
    strawberry.argument(description="按哪个地区的优先次序与价格; 缺省为调用方所在统筹区, 没有则用默认次序"),
]


def place_behind(after: str | None) -> drug_search.Place | None:
    """The place a cursor stands for."""
    text = cursor_text(after)
    if text is None:
        return None
    try:
        order, one, two, three, code = text.split("|")
        ranks = (Decimal(one), Decimal(two), Decimal(three))
        if not all(rank.is_finite() for rank in ranks) or len(code) > 23:
            raise ValueError
        return drug_search.Place(tuple(order.split(",")), ranks, code)
    except (ValueError, InvalidOperation) as error:
        raise BadInput("after", "游标无效,请使用上一页返回的 endCursor。") from error


def cursor_of(place: drug_search.Place) -> str:
    """The cursor of a drug."""
    return text_cursor("|".join([",".join(place.order), *(str(rank) for rank in place.ranks), place.code]))


@strawberry.type
class DrugQuery:
    @strawberry.field(
        description="药品检索, 依地区的优先使用次序 (SX-18); 地区没有规定的, 集采中选在前, 其次基本药物"
    )
    async def drugs(
        self,
        info: Info,
        search: Annotated[
            str, strawberry.argument(description="药品名称的一部分, 或拼音首字母、全拼、医保药品编码的开头")
        ],
        area: Area = None,
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Drug]:
        call = call_of(info)
        check_first(first)
        found, has_next = await drug_search.search_drugs(call, search, area, first, place_behind(after))
        return connection([(cursor_of(one.place), Drug.of(one.drug)) for one in found], has_next)
