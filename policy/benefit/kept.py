"""Facts and statements as they are kept (留存): plain JSON, and back without a fen lost."""

import json
from collections.abc import Callable, Mapping
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
    # mypy takes the hash of the class's instances for the class's own
    wanted: Any = kind
    made: Kept = maker(wanted)(form)
    return made


@cache
def maker(kind: Any) -> Callable[[Any], Any]:
    """How a value of that kind is made of its JSON (还原方法), worked out once for each kind."""
    if get_origin(kind) is tuple:
        one = maker(get_args(kind)[0])
        return lambda value: tuple(map(one, value))
    if inner := [one for one in get_args(kind) if one is not NoneType]:
        some = maker(inner[0])
        return lambda value: None if value is None else some(value)
    if is_dataclass(kind):
        fields = {name: maker(hint) for name, hint in get_type_hints(kind).items()}
        # known when it runs: mypy sees a dataclass or its type
        return lambda form: kind(**{name: fields[name](form[name]) for name in fields if name in form})  # type: ignore[operator]
    if kind is date:
        return date.fromisoformat
    if kind is Decimal or issubclass(kind, Enum):
        made: Callable[[Any], Any] = kind
        return made
    return lambda value: value
