"""Pages of types that show rows as they are (列表): what is read is what was selected, and no more."""

from collections import OrderedDict
from typing import Any, NamedTuple, TypeVar

from tortoise.expressions import Q

from models.remembered import rows_of, values_of
from schema.context import Info
from schema.narrow import Narrow, Nodes, narrow_of, selected
from schema.paging import Connection, behind, check_first, connection, encode
from schema.shown import SHOWN

T = TypeVar("T")

KEPT_MAX = 512
UNASKED = ""
"""The cursor of a row when nobody asks for cursors."""


class Asked(NamedTuple):
    """What a document asks of a list (所选内容)."""

    nodes: Nodes
    narrow: Narrow | None
    has_cursors: bool


_asked: OrderedDict[tuple[Any, ...], Asked] = OrderedDict()


async def page_of(
    info: Info, kind: type[T], wanted: Q, by: str, first: int, after: str | None
) -> Connection[T]:
    """A page of the wanted rows ordered by an instant, newest first, ties by id (分页读取).

    For callers it is `newest_first`. The reference engine has rows read whole.
    """
    check_first(first)
    model, asked = SHOWN[kind].model, asked_of(info, kind, by)
    wanted, order, limit = behind(wanted, by, after), (f"-{by}", "-id"), first + 1
    objects: list[Any]
    if asked.narrow is None or not info.context.is_narrow:
        rows = await rows_of(model, wanted, order=order, limit=limit)
        has_next, objects = len(rows) > first, [kind.of(row) for row in rows[:first]]  # type: ignore[attr-defined]  # every shown type has it
    else:
        found = await values_of(model, wanted, names=asked.narrow.names, order=order, limit=limit)
        has_next, objects = (
            len(found) > first,
            await asked.narrow.objects(found[:first], info.context.loaders),
        )
    if asked.has_cursors:
        return connection([(encode(getattr(one, by), one.id), one) for one in objects], has_next)
    return connection([(UNASKED, one) for one in objects], has_next)


def asked_of(info: Info, kind: type, by: str) -> Asked:
    """What the operation asks of this list; looked at once for each document that is kept."""
    nodes = info._raw_info.field_nodes
    key = (kind, by, *map(id, nodes))
    asked = _asked.get(key)
    if asked is None:
        # it holds the nodes, so that no others take their place in memory
        asked = _asked[key] = look(info, kind, by, tuple(nodes))
        if len(_asked) > KEPT_MAX:
            _asked.popitem(last=False)
    return asked


def look(info: Info, kind: type, by: str, nodes: Nodes) -> Asked:
    """Go down to the objects of the list, whatever is selected around them."""
    fragments = info._raw_info.fragments
    parts = selected(nodes, fragments)
    edges = selected(parts["edges"], fragments)
    has_cursors = "cursor" in edges or "endCursor" in selected(parts["pageInfo"], fragments)
    also = (by, "id") if has_cursors else ()
    return Asked(nodes, narrow_of(kind, edges["node"], fragments, info.context.loaders, also), has_cursors)
