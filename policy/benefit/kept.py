"""Facts and statements as they are kept (留存): plain JSON, and back without a fen lost."""

import json
from collections.abc import Mapping
from dataclasses import asdict, is_dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from policy.benefit.facts import BillFacts, Statement

Kept = TypeVar("Kept", BillFacts, Statement)


def jsonable(found: BillFacts | Statement) -> dict[str, Any]:
    """Facts or a statement as plain JSON (留存形式); amounts stay exact, as text."""
    form: dict[str, Any] = json.loads(json.dumps(asdict(found), default=str))
    return form


def restored(kind: type[Kept], form: Mapping[str, Any]) -> Kept:
    """What `jsonable` made JSON of (还原); a field that was added since takes its default."""
    made: Kept = build(kind, form)
    return made


def build(kind: Any, value: Any) -> Any:
    """A value of that kind from its JSON."""
    if value is None:
        return None
    if get_origin(kind) is tuple:
        return tuple(build(get_args(kind)[0], one) for one in value)
    if inner := [one for one in get_args(kind) if one is not NoneType]:
        return build(inner[0], value)
    if is_dataclass(kind):
        hints = hints_of(kind if isinstance(kind, type) else type(kind))
        # known when it runs: mypy sees a dataclass or its type
        return kind(**{name: build(hints[name], value[name]) for name in hints if name in value})  # type: ignore[operator]
    if kind is date:
        return date.fromisoformat(value)
    if kind is Decimal or issubclass(kind, Enum):
        return kind(value)
    return value


@cache
def hints_of(kind: type[Any]) -> dict[str, Any]:
    """The types of a dataclass's fields (字段类型), worked out once: that takes longer than all the rest."""
    return get_type_hints(kind)
