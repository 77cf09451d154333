"""Types that show rows as they are (照录): a field shows the column of its name, unless it says otherwise."""

import dataclasses
from collections.abc import Callable, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any, NamedTuple, TypeVar, cast
from uuid import UUID

from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField
from strawberry.utils.str_converters import to_camel_case
from tortoise.models import Model

from policy.terms import PersonalData
from schema.ahead import AHEAD, Ahead
from services.reading import note

T = TypeVar("T")
K = TypeVar("K", bound=type)

NEEDS = "needs"
"""Where a field's metadata says which columns its resolver looks at."""

MEMBER = "member_id"


class Part(NamedTuple):
    """What one field needs of its row (字段所需): columns, and what is read ahead by them."""

    columns: tuple[str, ...]
    ahead: Ahead | None = None


@dataclasses.dataclass
class Shown:
    """How a type shows rows of a table (照录方式); `person` is what is noted about the row's member."""

    kind: type
    model: type[Model]
    person: PersonalData | None

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that objects hold."""
        known = self.model._meta.fields_db_projection
        fields: Any = dataclasses.fields(self.kind)
        return tuple(one.name for one in fields if one.name in known and not has_resolver(one))

    @cached_property
    def values(self) -> Callable[[Any], tuple[Any, ...]]:
        """The values of these columns, of a row."""
        return cast(Callable[[Any], tuple[Any, ...]], attrgetter(*self.columns))

    @cached_property
    def parts(self) -> Mapping[str, Part]:
        """What fields need, by their names in the schema; a field that is not here needs the whole row."""
        definition: StrawberryObjectDefinition = vars(self.kind)["__strawberry_definition__"]
        found = {name_of(one): self._part(one) for one in definition.fields}
        return {name: part for name, part in found.items() if part is not None}

    def _part(self, field: StrawberryField) -> Part | None:
        ahead: Ahead | None = field.metadata.get(AHEAD)
        named = (ahead.by,) if ahead else field.metadata.get(NEEDS, (field.python_name,))
        return Part(named, ahead) if all(name in self.columns for name in named) else None


SHOWN: dict[type, Shown] = {}


def shows(model: type[Model], person: PersonalData | None = None) -> Callable[[K], K]:
    """Make it a type whose objects are made by `shown`; whoever sees one saw `person` of the row's member."""

    def decorate(kind: K) -> K:
        SHOWN[kind] = Shown(kind, model, person)
        return kind

    return decorate


def shown(kind: type[T], row: Model, /, **more: Any) -> T:
    """The object that shows a row; `more` is what is no column of it."""
    known = SHOWN[kind]
    if known.person is not None:
        note(cast(UUID, getattr(row, MEMBER)), known.person)
    made = kind.__new__(kind)
    made.__dict__ = dict(zip(known.columns, known.values(row), strict=True), **more)
    return made


def needs(*columns: str) -> dict[str, tuple[str, ...]]:
    """The metadata of a field whose resolver looks at nothing of the row but these columns (所需列)."""
    return {NEEDS: columns}


def has_resolver(field: object) -> bool:
    """Whether a field has logic of its own."""
    return isinstance(field, StrawberryField) and not field.is_basic_field


def name_of(field: StrawberryField) -> str:
    """The name of a field in the schema."""
    return field.graphql_name or to_camel_case(field.python_name)
