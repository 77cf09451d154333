"""The table of people's data spelled out: a query for all of it, and the cells of an answer compared."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type, is_leaf_type

from ops.client import Json
from policy.terms import FillState
from tests.access.people import ROLES, SCHEMA, TABLE, VOLATILE

OPEN = (FillState.REQUESTED, FillState.QUERIED, FillState.APPROVED, FillState.READY)
UNSOLD = (FillState.DECLINED, FillState.REJECTED, FillState.CANCELLED, FillState.EXPIRED)
SOLD = tuple(state for state in FillState if state not in (*OPEN, *UNSOLD))


def type_at(path: str) -> GraphQLObjectType:
    """The type that a path of the table ends in."""
    kind: GraphQLNamedType = SCHEMA.query_type  # type: ignore[assignment]  # there is one
    for name in path.split("."):
        assert isinstance(kind, GraphQLObjectType)
        kind = get_named_type(kind.fields[name].type)
    assert isinstance(kind, GraphQLObjectType), path
    return kind


def leaves(kind: GraphQLObjectType) -> list[str]:
    """The plain fields of a type."""
    return [name for name, field in kind.fields.items() if is_leaf_type(get_named_type(field.type))]


def cells() -> dict[str, str]:
    """The table with every `*` spelled out: a row for each plain field."""
    found: dict[str, str] = {}
    for path, row in TABLE.items():
        parent, _, name = path.rpartition(".")
        for leaf in leaves(type_at(parent)) if name == "*" else [name]:
            if name != "*" or f"{parent}.{leaf}" not in TABLE:
                found[f"{parent}.{leaf}"] = row
    return {path: row for path, row in found.items() if path not in VOLATILE}


CELLS = cells()


def selection(paths: list[str]) -> str:
    """The paths as a selection set."""
    tree: dict[str, Any] = {}
    for path in paths:
        at = tree
        for name in path.split("."):
            at = at.setdefault(name, {})

    def text(node: dict[str, Any]) -> str:
        return " ".join(name + (f" {{ {text(inner)} }}" if inner else "") for name, inner in node.items())

    return text(tree)


QUERY = f"query F($id: UUID!) {{ {selection(list(CELLS)).replace('fill {', 'fill(id: $id) {', 1)} }}"


def values_at(data: Any, path: str) -> list[Any]:
    """What stands at a path: one value, or one for each item of the lists on the way."""
    found = [data]
    for name in path.split("."):
        inner = [one[name] for one in found if one is not None]
        found = [item for one in inner for item in (one if isinstance(one, list) else [one])]
    return [one for one in found if one not in (None, "")]


def kind_of(state: FillState) -> str:
    """The word of the table for a state."""
    return "open" if state in OPEN else "sold" if state in SOLD else "unsold"


def wrong_cells(seen: Json, truth: Json, role: str, kind: str) -> Iterator[str]:
    """The cells of one caller in one state that are not as the table says."""
    word, column = ("open", "sold", "unsold").index(kind), list(ROLES).index(role)
    for path, row in CELLS.items():
        mark, found, true = row.split()[word][column], values_at(seen, path), values_at(truth, path)
        if not is_as_marked(mark, found, true):
            yield f"{path} should be {mark!r} and is {found}, in truth {true}"


def is_as_marked(mark: str, found: list[Any], true: list[Any]) -> bool:
    """Whether what was shown is what a mark means."""
    match mark:
        case "V":
            return found == true
        case "m":
            return bool(found) and found != true and all("*" in one for one in found)
        case "s":
            return bool(found) and all(set(one) == {"*"} for one in found)
    return not found


def matches(row: str, path: str) -> bool:
    """Whether a row of the table speaks of this path."""
    return path == row or (row.endswith(".*") and path.rpartition(".")[0] == row[:-2])
