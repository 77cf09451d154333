"""Reading ahead (预读): what is selected below a value and kept in the database is fetched level by level.

Each relation is read once for all objects of its level. Without that every object waits for its own rows, in
a task of its own: a hundred lines would be a hundred tasks for the one statement that brings all their drugs.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from strawberry.types.field import StrawberryField

from schema.ahead import AHEAD, Ahead


@dataclass(slots=True)
class Look:
    """What may be read ahead below objects of one kind (预读计划), by the attribute that shows it."""

    relations: dict[str, Ahead] = field(default_factory=dict)
    inner: dict[str, "Look"] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.relations or self.inner)

    def join(self, other: "Look") -> None:
        """Add what is selected of the same objects elsewhere."""
        self.relations.update(other.relations)
        for attribute, look in other.inner.items():
            self.inner.setdefault(attribute, Look()).join(look)

    def is_done(self, value: object) -> bool:
        """Whether nothing is left to be read below a value; the first object speaks for all."""
        objects = objects_of(value)
        if not objects:
            return True
        first = objects[0]
        if any(not hasattr(first, attribute) for attribute in self.relations):
            return False
        return all(look.is_done(getattr(first, name, None)) for name, look in self.inner.items())

    async def read(self, objects: Sequence[Any], context: Any) -> None:
        """Read everything below these objects."""
        if not objects:
            return
        work = [relation.read(objects, context) for relation in self.relations.values()]
        if len(work) == 1:
            await work[0]
        elif work:
            await asyncio.gather(*work)
        below = [
            look.read([one for above in objects for one in objects_of(getattr(above, name))], context)
            for name, look in self.inner.items()
        ]
        if len(below) == 1:
            await below[0]
        elif below:
            await asyncio.gather(*below)


def objects_of(value: object) -> list[Any]:
    """The objects that a value is, or has in lists."""
    if type(value) is not list and type(value) is not tuple:
        return [] if value is None else [value]
    found: list[Any] = []
    for item in value:
        if type(item) is list or type(item) is tuple:
            found += objects_of(item)
        elif item is not None:
            found.append(item)
    return found


def ahead_of(said: object) -> Ahead | None:
    """How a field is read ahead; None for one that is watched, guarded or just resolved."""
    if not isinstance(said, StrawberryField) or said.permission_classes or said.extensions:
        return None
    found = said.metadata.get(AHEAD)
    return found if isinstance(found, Ahead) else None
