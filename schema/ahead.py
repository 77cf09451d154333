"""Relations that can be read ahead (预读): for all objects of an answer at once, before any of them is shown.

Such a field has an ordinary resolver. `api/plans` may read it ahead instead, by the same loader and with the
same eyes, or `schema/narrow.py` together with the objects; then it is an attribute like any other.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import strawberry

from schema.context import Info

AHEAD = "ahead"
"""Where a field's metadata says how it is read ahead."""

UNREAD: Any = object()


@dataclass(frozen=True, slots=True)
class Ahead:
    """How one field is read for many objects (预读方式), and the attribute that it becomes."""

    kind: type[Any]
    loader: str
    by: str
    show: Callable[[Any], Any]

    @property
    def attribute(self) -> str:
        """Where what was read is kept on the object."""
        return f"ahead_{self.loader}_{self.by.replace('.', '_')}"

    async def read(self, objects: Sequence[Any], context: Any) -> None:
        """Put on each object what its field shows, unless it is there."""
        attribute, key_of = self.attribute, attrgetter(self.by)
        objects = [one for one in objects if not hasattr(one, attribute)]
        if not objects:
            return
        keys = [key_of(one) for one in objects]
        wanted = list(dict.fromkeys(keys))
        found = await getattr(context.loaders, self.loader).loader.load_many(wanted)
        shown = {key: self.show(rows) for key, rows in zip(wanted, found, strict=True)}
        for one, key in zip(objects, keys, strict=True):
            setattr(one, attribute, shown[key])

    async def of(self, one: Any, info: Info) -> Any:
        """What the field shows of one object."""
        read = getattr(one, self.attribute, UNREAD)
        if read is not UNREAD:
            return read
        found = await getattr(info.context.loaders, self.loader).loader.load(attrgetter(self.by)(one))
        return self.show(found)


def one(kind: type[Any], loader: str, by: str, description: str) -> Any:
    """A field that shows the row whose key an object has; it must be there."""

    def show(row: Any) -> Any:
        assert row is not None, f"a {kind.__name__} is referred to by {by} and missing"
        return kind.of(row)

    return _field(Ahead(kind, loader, by, show), kind, description)


def many(kind: type[Any], loader: str, by: str, description: str) -> Any:
    """A field that shows the rows that belong to an object."""
    show = Ahead(kind, loader, by, lambda rows: [kind.of(row) for row in rows])
    return _field(show, list[kind], description)  # type: ignore[valid-type]  # made here


def _field(ahead: Ahead, type_: Any, description: str) -> Any:
    async def resolve(self: Any, info: Info) -> Any:
        return await ahead.of(self, info)

    resolve.__annotations__["return"] = type_
    return strawberry.field(resolver=resolve, description=description, metadata={AHEAD: ahead})
