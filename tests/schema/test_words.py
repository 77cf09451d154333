"""Whoever reads the schema reads Chinese words for every part of it."""

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    specified_directives,
)

from ops.snapshot import printed_schema
from tests.house import one_schema

CHINESE = re.compile(r"[\u4e00-\u9fff]")
ROOTS = ("Query", "Mutation", "Subscription")
SCHEMA: GraphQLSchema = one_schema()._schema
PUBLISHED = Path(__file__).parents[2] / "schema.graphql"
STANDARD = ("ID", "String", "Int", "Float", "Boolean")


def own_types() -> Iterator[GraphQLNamedType]:
    """The types that are ours, not GraphQL's."""
    for name, kind in SCHEMA.type_map.items():
        if not name.startswith("__") and name not in STANDARD:
            yield kind


def described() -> Iterator[tuple[str, str | None]]:
    """Everything that can carry words, and its words."""
    for kind in own_types():
        if kind.name not in ROOTS:
            yield kind.name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description
        if isinstance(kind, GraphQLInputObjectType):
            for name, wanted in kind.fields.items():
                yield f"{kind.name}.{name}", wanted.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                for argument, taken in field.args.items():
                    yield f"{kind.name}.{name}({argument})", taken.description


def test_everything_is_described_in_chinese() -> None:
    standard = {"UUID", "Date", "Upload"}

    silent = [
        place for place, words in described() if not CHINESE.search(words or "") and place not in standard
    ]

    assert not silent, f"give these a Chinese description: {silent}"


def test_no_enum_value_is_called_anything_else() -> None:
    lazy = [
        f"{kind.name}.{name}"
        for kind in own_types()
        if isinstance(kind, GraphQLEnumType)
        for name, value in kind.values.items()
        if (value.description or "").strip(" 。") in ("其他", "")
    ]

    assert not lazy, f"say in schema/enums*.py what these mean: {lazy}"


def test_the_words_of_an_enum_tell_its_values_apart() -> None:
    for kind in own_types():
        if isinstance(kind, GraphQLEnumType):
            words = [value.description for value in kind.values.values()]
            twice = {one for one in words if words.count(one) > 1}

            assert not twice, f"{kind.name} says the same of two values: {twice}"


def test_the_published_schema_is_the_schema() -> None:
    assert PUBLISHED.read_text() == printed_schema(), "run `make schema` and read the difference"


def test_a_mutation_takes_one_input_and_gives_its_own_result() -> None:
    mutations = SCHEMA.mutation_type
    assert mutations is not None

    for name, field in mutations.fields.items():
        title = f"{name[0].upper()}{name[1:]}"
        result = field.type.of_type if hasattr(field.type, "of_type") else field.type

        assert list(field.args) == ["input"], name
        assert str(field.args["input"].type) == f"{title}Input!"
        assert isinstance(result, GraphQLUnionType), f"{name} must be able to answer with a Refusal"
        assert result.name == f"{title}Result"
        assert "Refusal" in [one.name for one in result.types]


def test_a_mutation_asks_for_an_idempotency_key() -> None:
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    without = set()

    for name, field in mutations.fields.items():
        given = field.args["input"].type.of_type
        assert isinstance(given, GraphQLInputObjectType)
        key = given.fields.get("idempotencyKey")
        if key is None:
            without.add(name)
        else:
            assert str(key.type) == "String!", name

    codes = {"showPickupCode", "showFamilyCode"}
    # who signs in shows a code or a token that is used once, which is a key by itself
    signing_in = {"signInWithWechat", "linkMember", "refreshSession", "signOut"}
    assert without == codes | signing_in, "each call of these makes something fresh; every other needs a key"


def test_names_follow_the_conventions() -> None:
    field_name = re.compile(r"[a-z][a-zA-Z0-9]*")
    type_name = re.compile(r"[A-Z][A-Za-z0-9]*")
    value_name = re.compile(r"[A-Z][A-Z0-9_]*")

    for kind in own_types():
        assert type_name.fullmatch(kind.name), kind.name
        if isinstance(kind, GraphQLEnumType):
            assert all(value_name.fullmatch(name) for name in kind.values), kind.name
        if isinstance(kind, GraphQLInputObjectType):
            assert kind.name.endswith("Input"), kind.name
        if isinstance(kind, GraphQLObjectType | GraphQLInputObjectType):
            assert all(field_name.fullmatch(name) for name in kind.fields), kind.name


def test_a_list_that_can_grow_is_a_connection() -> None:
    """A plain list of a root field is allowed where the answer is bounded by nature."""
    queries = SCHEMA.query_type
    assert queries is not None
    plain = {name for name, field in queries.fields.items() if str(field.type).startswith("[")}

    assert plain == {"nearbyHospitals", "reconciliationDays"}
    for name, field in queries.fields.items():
        if str(field.type).endswith("Connection!"):
            assert {"first", "after"} <= set(field.args), name


def test_no_directive_is_ours() -> None:
    known = {one.name for one in specified_directives}

    assert {one.name for one in SCHEMA.directives} - known == set()
