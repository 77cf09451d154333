"""The catalogue: drugs found by what people type."""

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

FLAGS = {"0": False, "1": True}


def key_behind(after: str | None) -> drug_search.Key | None:
    """The place a cursor stands for."""
    text = cursor_text(after)
    if text is None:
        return None
    try:
        awarded, essential, code = text.split("|")
        return FLAGS[awarded], FLAGS[essential], code
    except (ValueError, KeyError) as error:
        raise BadInput("after", "游标无效,请使用上一页返回的 endCursor。") from error


def cursor_of(key: drug_search.Key) -> str:
    """The cursor of a drug."""
    awarded, essential, code = key
    return text_cursor(f"{int(awarded)}|{int(essential)}|{code}")


@strawberry.type
class DrugQuery:
    @strawberry.field(description="药品检索: 集采中选在前, 其次基本药物 (SX-18)")
    async def drugs(
        self,
        info: Info,
        search: Annotated[
            str, strawberry.argument(description="药品名称的一部分, 或拼音首字母、医保药品编码的开头")
        ],
        first: First = FIRST_DEFAULT,
        after: After = None,
    ) -> Connection[Drug]:
        call_of(info)
        check_first(first)
        rows, has_next = await drug_search.search_drugs(search, first, key_behind(after))
        shown = [(cursor_of(drug_search.key_of(row)), Drug.of(row)) for row in rows]
        return connection(shown, has_next)
