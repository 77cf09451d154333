"""How values become JSON (值的输出) when they are just what their type says.

A completer takes a value and gives what the client gets. It knows the ordinary case only: for everything else
it raises, and graphql-core, which knows the rest, completes that value again.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from inspect import iscoroutine
from math import isfinite
from types import GeneratorType
from typing import Any
from uuid import UUID

from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

Complete = Callable[[Any], Any]
Attribute = tuple[str, str, Complete]
"""The name in the answer, the attribute it is read from, and its completer."""

INT_END = 2**31
PLAIN = frozenset({str, int, float, bool, bytes, dict, list, tuple, datetime, date, time, Decimal, UUID})


class Deviation(Exception):
    """A value that is not of the ordinary kind."""


def refuse_odd(value: object) -> None:
    """Raise for what graphql-core treats apart, whatever the field's type."""
    if isinstance(value, (Exception, GeneratorType)) or value is Undefined or optimized_is_awaitable(value):
        raise Deviation


def nullable(complete: Complete) -> Complete:
    """A completer that lets null pass."""

    def complete_nullable(value: Any) -> Any:
        return None if value is None else complete(value)

    return complete_nullable


def list_of(complete: Complete) -> Complete:
    """A completer of lists; what can be read only once is left to graphql-core unread."""

    def complete_list(value: Any) -> Any:
        if type(value) is list or type(value) is tuple:
            return [complete(item) for item in value]
        raise Deviation

    return complete_list


def leaf(type_: GraphQLLeafType) -> Complete:
    """The completer of a scalar or an enum."""
    if type_ is GraphQLString or type_ is GraphQLID:
        return _text
    if type_ is GraphQLInt:
        return _int
    if type_ is GraphQLFloat:
        return _float
    if type_ is GraphQLBoolean:
        return _bool
    return _enum(type_) if isinstance(type_, GraphQLEnumType) else _coerced(type_)


def _text(value: Any) -> str:
    if type(value) is str:
        return value
    raise Deviation


def _int(value: Any) -> int:
    if type(value) is int and -INT_END <= value < INT_END:
        return value
    raise Deviation


def _float(value: Any) -> float:
    if type(value) is float and isfinite(value):
        return value
    raise Deviation


def _bool(value: Any) -> bool:
    if type(value) is bool:
        return value
    raise Deviation


def _coerced(type_: GraphQLLeafType) -> Complete:
    coerce = type_.coerce_output_value

    def complete_coerced(value: Any) -> Any:
        if value is None:
            raise Deviation
        if type(value) not in PLAIN:
            refuse_odd(value)
        coerced = coerce(value)
        if coerced is None or coerced is Undefined:
            raise Deviation
        return coerced

    return complete_coerced


def _enum(type_: GraphQLEnumType) -> Complete:
    """Members are known by identity: hashing one runs Python code."""
    members = list(getattr(type_, "wrapped_cls", ()))
    names = {id(member): type_.coerce_output_value(member) for member in members}
    coerce = _coerced(type_)

    def complete_enum(value: Any) -> Any:
        return names.get(id(value)) or coerce(value)

    return complete_enum


def object_of(attributes: Iterable[Attribute], exact: type | None) -> Complete:
    """A completer of objects whose fields are all attributes; `exact` is their class where it is checked."""
    attributes = tuple(attributes)
    ordinary: set[type] = set()

    def complete_object(value: Any) -> Any:
        if type(value) not in ordinary:
            if value is None:
                raise Deviation
            refuse_odd(value)
            if exact is not None and type(value) is not exact:
                raise Deviation
            ordinary.add(type(value))
        if exact is not None and getattr(value, TYPE_CAST_ATTRIBUTE, None) is not None:
            raise Deviation
        completed = {}
        said = attribute = None
        try:
            for name, attribute, complete in attributes:
                said = getattr(value, attribute)
                completed[name] = complete(said)
        except Exception:
            drop(value, attribute, said)
            raise
        return completed

    return complete_object


def one_of(by_class: Mapping[type, Complete]) -> Complete:
    """A completer of an interface or a union, by the exact class of the value."""

    def complete_abstract(value: Any) -> Any:
        complete = by_class.get(type(value))
        if complete is None:
            raise Deviation
        return complete(value)

    return complete_abstract


def drop(source: object, attribute: str | None, value: object) -> None:
    """Close a coroutine that a property makes anew at each reading: graphql-core will read it again."""
    if attribute is not None and iscoroutine(value):
        again = getattr(source, attribute)
        if again is not value:
            value.close()
            again.close()
