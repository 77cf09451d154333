"""Reading no more than is asked for (窄读): of a list's rows, and what belongs to them, the selected columns.

Of a type of `schema/shown.py` those columns are read that its selected fields need. Rows that others refer to
are joined; rows that belong to others are read for all of them by one more statement. A field that needs a
whole row has its row read as ever: by the list itself, or by the loader of the relation. Who may see what is
the loaders' to say, here as there.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode
from tortoise.models import Model

from policy.terms import PersonalData
from schema.ahead import Ahead
from schema.loaders import Loaders, Many, One
from schema.making import Make, Shape, maker
from schema.shown import MEMBER, SHOWN
from services.reading import note

Nodes = Sequence[FieldNode]
Fragments = Mapping[str, FragmentDefinitionNode]


class Narrow(NamedTuple):
    """What is read of rows (窄读方式): columns, how they make objects, and what is read below these."""

    shape: Shape
    names: tuple[str, ...]
    make: Make
    person: PersonalData | None
    below: tuple[tuple[Ahead, str, "Narrow"], ...]

    async def objects(self, records: Iterable[Sequence[Any]], loaders: Loaders) -> list[Any]:
        """The objects that show these records, and all that is read below them."""
        made = self.make(records)
        if self.person is not None:
            for member in dict.fromkeys([one.member_id for one in made]):
                note(member, self.person)
        for ahead, by, inner in self.below:
            await inner.put_below(made, ahead, by, loaders)
        return made

    async def put_below(self, above: Sequence[Any], ahead: Ahead, by: str, loaders: Loaders) -> None:
        """Put on each object what belongs to it: that says so by its column `by`."""
        attribute, owner_of = ahead.attribute, attrgetter(by)
        keys = list(map(attrgetter(ahead.by), above))
        found: dict[Any, list[Any]] = {key: [] for key in keys}
        if found:
            records = await getattr(loaders, ahead.loader).values(list(found), self.names)
            for one in await self.objects(records, loaders):
                found[owner_of(one)].append(one)
        for one, key in zip(above, keys, strict=True):
            setattr(one, attribute, found[key])


def narrow_of(
    kind: type, nodes: Nodes, fragments: Fragments, loaders: Loaders, also: Iterable[str] = ()
) -> Narrow | None:
    """How to read what is selected of a type, and these columns; None where it needs whole rows."""
    known = SHOWN.get(kind)
    if known is None:
        return None
    own = {*also, *([MEMBER] if known.person else [])}
    joined: list[tuple[str, str, Shape]] = []
    below: list[tuple[Ahead, str, Narrow]] = []
    for name, inside in selected(nodes, fragments).items():
        part = known.parts.get(name)
        if part is None:
            return None
        own.update(part.columns)
        if part.ahead is None:
            continue
        loader = getattr(loaders, part.ahead.loader)
        owner = loader.by if isinstance(loader, Many) else None
        inner = narrow_of(part.ahead.kind, inside, fragments, loaders, [owner] if owner else [])
        if inner and owner:
            below.append((part.ahead, owner, inner))
        elif inner and (relation := joinable(known.model, part.ahead.by, loader, inner)):
            joined.append((part.ahead.attribute, relation, inner.shape))
    # in an order of their own, so that documents which ask for the same in another one share a statement
    columns = [*(name for name in known.columns if name in own), *sorted(own - set(known.columns))]
    joined.sort(key=itemgetter(0))
    shape = Shape(kind, tuple(columns) or (known.model._meta.pk_attr,), tuple(joined))
    return Narrow(shape, shape.names, maker(shape), known.person, tuple(below))


def joinable(model: type[Model], by: str, loader: object, inner: Narrow) -> str | None:
    """The relation by which the rows of a key may be joined: everybody may see them, and nothing is below."""
    if not isinstance(loader, One) or loader.seen or inner.person or inner.below:
        return None
    fields: Any = ((name, model._meta.fields_map[name]) for name in model._meta.fk_fields)
    by_key = (name for name, one in fields if one.source_field == by and one.to_field == loader.key)
    return next(by_key, None)


def selected(nodes: Nodes, fragments: Fragments) -> dict[str, list[FieldNode]]:
    """The fields selected below these, by name, with what conditions may leave out."""
    found: dict[str, list[FieldNode]] = defaultdict(list)

    def look(selection: SelectionSetNode | None) -> None:
        for one in selection.selections if selection else ():
            if isinstance(one, FieldNode):
                found[one.name.value].append(one)
            elif isinstance(one, FragmentSpreadNode):
                look(fragments[one.name.value].selection_set)
            else:
                look(one.selection_set)  # type: ignore[attr-defined]  # an inline fragment

    for node in nodes:
        look(node.selection_set)
    found.pop("__typename", None)
    return found
