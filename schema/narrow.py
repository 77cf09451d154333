"""Reading no more than is asked for (窄读): of a list's rows, and what belongs to them, the selected columns.

Of a type of `schema/shown.py` those columns are read that its selected fields need. Rows that others refer to
are joined; rows that belong to others are read for all of them by one more statement. A field that needs a
whole row has its row read as ever: by the list itself, or by the loader of the relation. Who may see what is
the loaders' to say, here as there.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple
from uuid import UUID

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode
from tortoise.models import Model

from policy.terms import PersonalData
from schema.ahead import Ahead
from schema.loaders import Loaders, Many, One
from schema.shown import MEMBER, SHOWN
from services.reading import note

Make = Callable[[Sequence[Any]], Any]
Nodes = Sequence[FieldNode]
Fragments = Mapping[str, FragmentDefinitionNode]


class Narrow(NamedTuple):
    """What is read of rows (窄读方式): columns, those of joined rows among them, and how objects are made."""

    names: tuple[str, ...]
    make: Make
    person: PersonalData | None
    below: tuple[tuple[Ahead, "Narrow"], ...]

    async def objects(self, records: Iterable[Sequence[Any]], loaders: Loaders) -> list[Any]:
        """The objects that show these records, and all that is read below them."""
        made = [self.make(record) for record in records]
        if self.person is not None:
            for member in dict.fromkeys(one.member_id for one in made):
                note(member, self.person)
        for ahead, inner in self.below:
            await inner.put_below(made, ahead, loaders)
        return made

    async def put_below(self, above: Sequence[Any], ahead: Ahead, loaders: Loaders) -> None:
        """Put on each object what belongs to it."""
        loader: Many[UUID, Any] = getattr(loaders, ahead.loader)
        keys = [getattr(one, ahead.by) for one in above]
        records = await loader.values(list(dict.fromkeys(keys)), self.names) if keys else []
        found: dict[Any, list[Any]] = defaultdict(list)
        for record, one in zip(records, await self.objects(records, loaders), strict=True):
            found[record[-1]].append(one)
        for one, key in zip(above, keys, strict=True):
            setattr(one, ahead.attribute, found[key])


def narrow_of(
    kind: type, nodes: Nodes, fragments: Fragments, loaders: Loaders, also: Iterable[str] = ()
) -> Narrow | None:
    """How to read what is selected of a type, and these columns; None where it needs whole rows."""
    known = SHOWN.get(kind)
    if known is None:
        return None
    own = dict.fromkeys([*also, *([MEMBER] if known.person else [])])
    joined: list[tuple[Ahead, str, Narrow]] = []
    below: list[tuple[Ahead, Narrow]] = []
    for name, inside in selected(nodes, fragments).items():
        part = known.parts.get(name)
        if part is None:
            return None
        own.update(dict.fromkeys(part.columns))
        inner = narrow_of(part.ahead.kind, inside, fragments, loaders) if part.ahead else None
        if part.ahead is None or inner is None:
            continue
        loader = getattr(loaders, part.ahead.loader)
        if isinstance(loader, Many):
            below.append((part.ahead, inner))
        elif relation := joinable(known.model, part.ahead.by, loader, inner):
            joined.append((part.ahead, relation, inner))
    names = [*own, *(f"{relation}__{name}" for _, relation, inner in joined for name in inner.names)]
    return Narrow(tuple(names), maker(kind, tuple(own), joined), known.person, tuple(below))


def joinable(model: type[Model], by: str, loader: object, inner: Narrow) -> str | None:
    """The relation by which the rows of a key may be joined: everybody may see them, and nothing is below."""
    if not isinstance(loader, One) or loader.seen or inner.person or inner.below:
        return None
    fields: Any = ((name, model._meta.fields_map[name]) for name in model._meta.fk_fields)
    by_key = (name for name, one in fields if one.source_field == by and one.to_field == loader.key)
    return next(by_key, None)


def maker(kind: type[Any], own: tuple[str, ...], joined: Sequence[tuple[Ahead, str, Narrow]]) -> Make:
    """What makes an object of a record: its own columns come first, then those of the joined rows in turn."""
    ends = list(accumulate((len(inner.names) for _, _, inner in joined), initial=len(own)))
    spans = [
        (ahead.attribute, start, end, inner.make)
        for (ahead, _, inner), start, end in zip(joined, ends[:-1], ends[1:], strict=True)
    ]

    new = object.__new__

    def make(record: Sequence[Any]) -> Any:
        made = new(kind)
        made.__dict__ = columns = dict(zip(own, record, strict=False))
        for attribute, start, end, make_joined in spans:
            columns[attribute] = make_joined(record[start:end])
        return made

    return make


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
