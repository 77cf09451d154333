"""How values become JSON (值的输出) when they are just what their type says.

A completer takes a value and gives what the client gets. It knows the ordinary case only: for everything else
it raises, and graphql-core, which knows the rest, completes that value again.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date, datetime, time
from decimal import Decimal
from math import isfinite
from types import GeneratorType
from typing import Any, NamedTuple
from uuid import UUID

from asyncpg.pgproto.pgproto import UUID as DriversUUID
from graphql import (
    GraphQLBoolean,
    GraphQLEnumType,
    GraphQLError,
    GraphQLFloat,
    GraphQLID,
    GraphQLInt,
    GraphQLLeafType,
    GraphQLString,
    Undefined,
)
from strawberry.execution import optimized_is_awaitable

Complete = Callable[[Any], Any]

INT_END = 2**31
PLAIN = frozenset(
    {str, int, float, bool, bytes, dict, list, tuple, datetime, date, time, Decimal, UUID, DriversUUID}
)


class Deviation(Exception):
    """A value that is not of the ordinary kind."""


class Completer(NamedTuple):
    """How values of one type are completed (输出方式)."""

    complete: Complete
    test: str = ""
    """An expression, true where a value `v` is its own JSON already."""


def refuse_odd(value: object) -> None:
    """Raise for what graphql-core treats apart, whatever the field's type."""
    if isinstance(value, (Exception, GeneratorType)) or value is Undefined or optimized_is_awaitable(value):
        raise Deviation


def nullable(inner: Completer) -> Completer:
    """A completer that lets null pass."""
    complete = inner.complete

    def complete_nullable(value: Any) -> Any:
        return None if value is None else complete(value)

    return Completer(complete_nullable, f"v is None or {inner.test}" if inner.test else "")


def list_of(inner: Completer) -> Completer:
    """A completer of lists; what can be read only once is left to graphql-core unread."""
    complete = inner.complete

    def complete_list(value: Any) -> Any:
        if type(value) is list or type(value) is tuple:
            return [complete(item) for item in value]
        raise Deviation

    return Completer(complete_list)


def leaf(type_: GraphQLLeafType) -> Completer:
    """The completer of a scalar or an enum."""
    if type_ is GraphQLString or type_ is GraphQLID:
        return Completer(_text, "type(v) is str")
    if type_ is GraphQLInt:
        return Completer(_int, f"type(v) is int and {-INT_END} <= v < {INT_END}")
    if type_ is GraphQLFloat:
        # what is taken from itself is zero, unless it is infinite or no number
        return Completer(_float, "type(v) is float and v - v == 0")
    if type_ is GraphQLBoolean:
        return Completer(_bool, "type(v) is bool")
    return Completer(_enum(type_) if isinstance(type_, GraphQLEnumType) else _coerced(type_))


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
    names: dict[int, str] = {}
    for member in members:
        with suppress(ValueError, GraphQLError):
            names[id(member)] = type_.coerce_output_value(member)
    coerce = _coerced(type_)

    def complete_enum(value: Any) -> Any:
        return names.get(id(value)) or coerce(value)

    return complete_enum


def one_of(by_class: Mapping[type, Complete]) -> Completer:
    """A completer of an interface or a union, by the exact class of the value."""

    def complete_abstract(value: Any) -> Any:
        complete = by_class.get(type(value))
        if complete is None:
            raise Deviation
        return complete(value)

    return Completer(complete_abstract)
