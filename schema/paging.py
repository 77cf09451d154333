"""Relay connections with keyset cursors: a page never skips or repeats a row that stays."""

import base64
import binascii
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

import strawberry
from strawberry import field
from tortoise.expressions import Q
from tortoise.models import Model

from models.remembered import rows_of
from services.errors import BadInput

FIRST_MAX = 100
FIRST_DEFAULT = 20

First = Annotated[int, strawberry.argument(description="每页条数, 1 至 100")]
After = Annotated[str | None, strawberry.argument(description="上一页最后一条的游标")]

M = TypeVar("M", bound=Model)
Node = TypeVar("Node")


@strawberry.type(description="分页信息")
class PageInfo:
    has_next_page: bool = field(description="是否还有下一页")
    end_cursor: str | None = field(description="本页最后一条的游标")


@strawberry.type(description="列表中的一条")
class Edge(Generic[Node]):
    cursor: str = field(description="游标")
    node: Node = field(description="内容")


@strawberry.type(description="分页列表")
class Connection(Generic[Node]):
    edges: list[Edge[Node]] = field(description="本页各条")
    page_info: PageInfo = field(description="分页信息")


def connection(nodes: Sequence[tuple[str, Node]], has_next: bool) -> Connection[Node]:
    """A page of nodes with their cursors."""
    edges = [Edge(cursor=cursor, node=node) for cursor, node in nodes]
    last = edges[-1].cursor if edges else None
    return Connection(edges=edges, page_info=PageInfo(has_next_page=has_next, end_cursor=last))


async def newest_first(
    model: type[M], wanted: Q, by: str, first: int, after: str | None, show: Callable[[M], Node]
) -> Connection[Node]:
    """A page of the wanted rows ordered by an instant, newest first, ties by id."""
    check_first(first)
    page = await rows_of(model, behind(wanted, by, after), order=(f"-{by}", "-id"), limit=first + 1)
    shown = [(encode(getattr(row, by), row.pk), show(row)) for row in page[:first]]
    return connection(shown, len(page) > first)


def behind(wanted: Q, by: str, after: str | None) -> Q:
    """What of the wanted rows comes after a cursor, newest first."""
    if after is None:
        return wanted
    moment, key = decode(after)
    before: dict[str, Any] = {f"{by}__lt": moment}
    level: dict[str, Any] = {by: moment, "id__lt": key}
    return wanted & (Q(**before) | Q(**level))


def check_first(first: int) -> None:
    """Refuse page sizes that are none."""
    if not 1 <= first <= FIRST_MAX:
        raise BadInput("first", f"每页条数应在 1 至 {FIRST_MAX} 之间,收到 {first}。")


def encode(moment: datetime, key: UUID) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(f"{moment.isoformat()}|{key}".encode()).decode()


def decode(cursor: str) -> tuple[datetime, UUID]:
    """The place a cursor stands for."""
    try:
        moment, _, key = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        place = datetime.fromisoformat(moment)
        # without a zone, or at the ends of the calendar, it is none of ours
        if place.tzinfo is None or not 1900 < place.year < 9000:
            raise ValueError
        return place, UUID(key)
    except (ValueError, binascii.Error) as error:
        raise BadInput("after", "游标无效,请使用上一页返回的 endCursor。") from error


def text_cursor(text: str) -> str:
    """An opaque cursor of a text."""
    return base64.urlsafe_b64encode(text.encode()).decode()


def cursor_text(cursor: str | None) -> str | None:
    """The text behind an opaque cursor."""
    if cursor is None:
        return None
    try:
        text = base64.urlsafe_b64decode(cursor.encode()).decode()
        if not text.isprintable():
            raise ValueError
        return text
    except (ValueError, binascii.Error) as error:
        raise BadInput("after", "游标无效,请使用上一页返回的 endCursor。") from error
