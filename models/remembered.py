"""Reading rows by statements that the mapper wrote before (语句记忆).

Writing a statement and filling objects take the mapper longer than the database takes to answer. What a
condition asks is the same from call to call, only its values differ: so the mapper writes the statement once
for each shape of condition, about samples, and whoever asks the same way later puts his own values where the
samples stood. A condition that has anything else in it is left to the mapper every time.
"""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid4

from tortoise.exceptions import BaseORMException
from tortoise.expressions import Q
from tortoise.models import Model

from models.fetching import fetched
from models.filling import converted, filler

M = TypeVar("M", bound=Model)

KEPT_MAX = 1000
LIMIT_SAMPLE = 31_007
KINDS: dict[type, Callable[[int], Any]] = {
    UUID: lambda _: uuid4(),
    str: lambda number: f"~{number}~",
    datetime: lambda number: datetime(1900, 1, 1, tzinfo=UTC) + timedelta(seconds=number),
    date: lambda number: date(1900, 1, 1) + timedelta(days=number),
    int: lambda number: 30_000 + number,
}
"""The kinds of values that statements are remembered for, and what a sample of each looks like.

An instant is a day too, and stands before it. Samples fit their columns: short texts, small numbers.
"""


class Statement(NamedTuple):
    """A statement the mapper wrote (语句): its values, and which of them are taken from the condition."""

    text: str
    values: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]
    """Where in `values` which value of the condition stands; what is not listed never changes."""

    def filled(self, given: Sequence[Any]) -> list[Any]:
        """The values to send."""
        values = list(self.values)
        for place, number in self.places:
            values[place] = given[number]
        return values


class Odd(Exception):
    """A condition whose statement is not remembered."""


_kinds: dict[type, type | None] = {}
_plain: dict[type, tuple[str, type]] = {}
"""What `mark` gives for values of types that are never anything else."""

_statements: OrderedDict[tuple[Any, ...], Statement | None] = OrderedDict()


async def rows_of(
    model: type[M], *conditions: Q, order: tuple[str, ...] = (), limit: int | None = None
) -> list[M]:
    """The rows for which all conditions hold (按条件读取), as the mapper's own `filter` gives them."""
    records = await records_of(model, conditions, order, limit, ())
    if not records:
        return []
    fill, names = filler(model), tuple(records[0].keys())
    return [fill(dict(zip(names, record, strict=False))) for record in records]


async def values_of(
    model: type[Model],
    *conditions: Q,
    names: tuple[str, ...],
    order: tuple[str, ...] = (),
    limit: int | None = None,
) -> list[Sequence[Any]]:
    """These columns of the rows for which all conditions hold (按列读取), as they would be on the objects.

    Columns of a row that is referred to are named as in a condition: `hospital__name`.
    """
    return converted(model, names, await records_of(model, conditions, order, limit, names))


async def records_of(
    model: type[Model],
    conditions: Sequence[Q],
    order: tuple[str, ...],
    limit: int | None,
    names: tuple[str, ...],
) -> list[Any]:
    """What the database has of these rows; without names, all their columns."""
    given: list[Any] = []
    try:
        statement = remembered(model, conditions, order, limit, given, names)
    except Odd:
        statement = None
    if statement is None:
        text, values = written_out(asked(model, conditions, order, limit, names))
    else:
        text, values = statement.text, statement.filled(given)
    found: list[Any] = await fetched(model._meta.db, text, values)
    return found


async def row_of(model: type[M], *conditions: Q) -> M | None:
    """A row for which all conditions hold, if there is one."""
    found = await rows_of(model, *conditions, limit=1)
    return found[0] if found else None


async def the_row(model: type[M], *conditions: Q) -> M:
    """The row for which all conditions hold; it must be there."""
    found = await row_of(model, *conditions)
    assert found is not None, f"{model.__name__} is referred to and missing"
    return found


def asked(
    model: type[Model],
    conditions: Sequence[Q],
    order: tuple[str, ...],
    limit: int | None,
    names: tuple[str, ...] = (),
) -> Any:
    """The mapper's own query (查询)."""
    query = model.filter(*conditions).order_by(*order)
    query = query if limit is None else query.limit(limit)
    return query.values_list(*names) if names else query


def written_out(query: Any) -> tuple[str, list[Any]]:
    """The statement that the mapper writes for a query, and its values."""
    query._choose_db_if_not_chosen()
    query._make_query()
    text, values = query.query.get_parameterized_sql()
    return text, values


def remembered(
    model: type[Model],
    conditions: Sequence[Q],
    order: tuple[str, ...],
    limit: int | None,
    given: list[Any],
    names: tuple[str, ...] = (),
) -> Statement | None:
    """The statement for conditions of this shape, None where there cannot be one; adds to `given`."""
    key = model, names, order, limit is None, shape(conditions, given)
    if limit is not None:
        given.append(limit)
    if key in _statements:
        return _statements[key]
    statement = _statements[key] = written(model, conditions, order, limit, names)
    if len(_statements) > KEPT_MAX:
        _statements.popitem(last=False)
    return statement


def shape(conditions: Sequence[Q], given: list[Any]) -> tuple[Any, ...]:
    """What is alike in conditions that differ in their values only; adds the values to `given`."""
    found: list[Any] = []
    waiting = list(reversed(conditions))
    while waiting:
        one = waiting.pop()
        found += (one.join_type, one._is_negated, len(one.filters), len(one.children))
        for name, value in one.filters.items():
            kind = _plain.get(type(value))
            if kind is None:
                found += (name, mark(name, value, given))
            else:
                given.append(value)
                found += (name, kind)
        waiting += reversed(one.children)
    return tuple(found)


def mark(name: str, value: Any, given: list[Any]) -> Any:
    """What a value is in the shape: its type, or for what the mapper writes in words the value itself."""
    if value is None or isinstance(value, (bool, Enum)):
        return "constant", value
    if isinstance(value, (list, tuple, set, frozenset)):
        kinds = {kind_of(exact) for exact in set(map(type, value))}
        if not name.endswith("__in") or len(kinds) != 1 or None in kinds:
            return "constant", tuple(constant(item) for item in value)
        given.append(list(value))
        return "many", *kinds
    kind = kind_of(type(value))
    if kind is None:
        raise Odd
    given.append(value)
    _plain[type(value)] = "one", kind
    return "one", kind


def kind_of(exact: type) -> type | None:
    """The kind by which values of a type are remembered; None where they are not."""
    if exact not in _kinds:
        kinds = (kind for kind in KINDS if issubclass(exact, kind))
        _kinds[exact] = None if issubclass(exact, Enum) else next(kinds, None)
    return _kinds[exact]


def constant(value: Any) -> Any:
    """A value of a list that is part of the shape."""
    if value is None or isinstance(value, Enum):
        return value
    raise Odd


@dataclass(slots=True)
class Samples:
    """Values that stand for others (样值): no two are alike, and nobody else has them."""

    names: dict[Any, int]
    lists: set[int]

    def of(self, kind: type, *, is_list: bool = False) -> Any:
        """One more; it is told again by how the mapper sends it."""
        number = len(self.names)
        if is_list:
            self.lists.add(number)
        value = KINDS[kind](number)
        self.names[str(value) if kind is UUID else value] = number
        return [value] if is_list else value

    def instead(self, condition: Q) -> Q:
        """The condition about samples."""
        filters = {name: self.for_value(name, value) for name, value in condition.filters.items()}
        children = [self.instead(one) for one in condition.children]
        found = Q(*children, join_type=condition.join_type, **filters)
        return ~found if condition._is_negated else found

    def for_value(self, name: str, value: Any) -> Any:
        """What stands for a value in the same order in which `mark` meets them."""
        kind, *types = mark(name, value, [])
        return value if kind == "constant" else self.of(types[0], is_list=kind == "many")


def written(
    model: type[Model],
    conditions: Sequence[Q],
    order: tuple[str, ...],
    limit: int | None,
    names: tuple[str, ...],
) -> Statement | None:
    """Have the mapper write the statement about samples; None where it does more than put them in."""
    samples = Samples({}, set())
    about = [samples.instead(one) for one in conditions]
    if limit is not None:
        samples.names[LIMIT_SAMPLE] = len(samples.names)
    query = asked(model, about, order, None if limit is None else LIMIT_SAMPLE, names)
    try:
        text, values = written_out(query)
        places = [(at, samples.names[value]) for at, value in enumerate(values) if value in samples.names]
    # a sample may be no value for its column, as a text is none for an enum's
    except (BaseORMException, TypeError, ValueError):
        return None
    if sorted(number for _, number in places) != list(range(len(samples.names))):
        return None
    for place, number in places:
        if number in samples.lists:
            one, many = f" IN (${place + 1})", f" = ANY(${place + 1})"
            if text.count(one) != 1 or f" NOT{one}" in text:
                return None
            text = text.replace(one, many)
    return Statement(text, tuple(values), tuple(places))
