"""Objects of rows (实例化): what the mapper does for each column of each row is settled once for a table."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any, TypeVar

from tortoise.fields.data import CharEnumFieldInstance, DateField, DatetimeField, UUIDField
from tortoise.models import Model

M = TypeVar("M", bound=Model)

AS_THE_DRIVER_GIVES = (DateField, DatetimeField, UUIDField)
"""Fields whose values asyncpg gives as they are wanted: days, instants in UTC, UUIDs."""


def row_in(model: type[M], columns: Mapping[str, Any]) -> M:
    """The row of a table whose columns are among these (行中之行)."""
    own = {name: columns[name] for name in model._meta.fields_db_projection.values()}
    made: M = filler(model)(own)
    return made


@cache
def filler(model: type[M]) -> Callable[[dict[str, Any]], M]:
    """What makes an object of a row's columns (实例化), as the mapper's own `_init_from_db` does."""
    meta = model._meta
    is_generated = meta.db_pk_column not in meta.generated_db_fields
    renamed = [(column, name) for name, column in meta.fields_db_projection.items() if column != name]
    converting = list(conversions(model).items())

    def fill(row: dict[str, Any]) -> M:
        made = model.__new__(model)
        for column, name in renamed:
            row[name] = row.pop(column)
        for name, known in converting:
            row[name] = known[row[name]]
        row["_partial"], row["_saved_in_db"] = False, True
        row["_custom_generated_pk"], row["_await_when_save"] = is_generated, {}
        # past the model's own `__setattr__`, which looks at each assignment
        object.__setattr__(made, "__dict__", row)
        return made

    return fill


class Conversion(dict[Any, Any]):
    """What a column's values are on an object (列值换算), by value."""

    def __init__(self, field: Any) -> None:
        super().__init__({None: None})
        self._field = field

    def __missing__(self, value: Any) -> Any:
        return self._field.to_python_value(value)


def conversion(field: Any) -> Conversion:
    """How a column's values are converted; an enum's members are known beforehand."""
    found = Conversion(field)
    if isinstance(field, CharEnumFieldInstance):
        found.update({str(member.value): member for member in field.enum_type})
    return found


@cache
def conversions(model: type[Model]) -> dict[str, Conversion]:
    """How a table's columns are converted, for those that are."""
    fields = [*model._meta.db_default_fields, *model._meta.db_complex_fields]
    return {
        name: conversion(field) for _, name, field in fields if not isinstance(field, AS_THE_DRIVER_GIVES)
    }


def converted(model: type[Model], names: tuple[str, ...], records: list[Any]) -> list[Sequence[Any]]:
    """The values of these columns as they are on objects (按列换算); `records` have them in this order."""
    places = conversions_of(model, names)
    if not places:
        return records
    found: list[Sequence[Any]] = []
    for record in records:
        values = list(record)
        for place, known in places:
            values[place] = known[values[place]]
        found.append(values)
    return found


@lru_cache(maxsize=1000)
def conversions_of(model: type[Model], names: tuple[str, ...]) -> list[tuple[int, Conversion]]:
    """Where among these columns there is one that is converted, and how; callers choose the columns."""
    owners = [owner_of(model, name) for name in names]
    return [
        (place, conversions(owner)[name])
        for place, (owner, name) in enumerate(owners)
        if name in conversions(owner)
    ]


def owner_of(model: type[Model], name: str) -> tuple[type[Model], str]:
    """The table of a column, and its name there: it may be a column of a row that is referred to."""
    relation, _, rest = name.partition("__")
    if not rest:
        return model, name
    field: Any = model._meta.fields_map[relation]
    return owner_of(field.related_model, rest)
