"""Scalars of our own: nothing inexact, nothing without a zone."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLError, GraphQLScalarType

from tests.house import one_schema

SCHEMA = one_schema()._schema


def scalar(name: str) -> GraphQLScalarType:
    """A scalar of the schema."""
    found = SCHEMA.type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


@pytest.mark.parametrize(
    ("name", "given", "meant"),
    [
        ("Money", "12.50", "12.50"),
        ("Money", "0", "0"),
        ("Money", 7, "7"),
        ("Money", "-3.10", "-3.10"),
        ("Price", "0.000001", "0.000001"),
        ("Price", "12.345678", "12.345678"),
        ("Quantity", "2", "2"),
        ("Quantity", "0.3333", "0.3333"),
        ("Quantity", 1, "1"),
    ],
)
def test_a_decimal_is_taken_to_the_last_place(name: str, given: object, meant: str) -> None:
    taken = scalar(name).parse_value(given)

    assert taken == Decimal(meant)
    assert isinstance(taken, Decimal)


@pytest.mark.parametrize("name", ["Money", "Price", "Quantity"])
@pytest.mark.parametrize(
    "given",
    [
        1.5,
        float("nan"),
        True,
        None,
        "",
        "NaN",
        "Infinity",
        "-Infinity",
        "1e3",
        "1.",
        ".5",
        "+1",
        " 1",
        "1,000",
        "１２",
        "1.1234567",
        "9" * 40,
        "1\n",
        [],
        {},
    ],
    ids=repr,
)
def test_what_is_no_exact_decimal_is_refused_with_an_example(name: str, given: object) -> None:
    with pytest.raises(GraphQLError) as refused:
        scalar(name).parse_value(given)

    assert refused.value.extensions == {"code": "BAD_USER_INPUT"}
    assert refused.value.message.startswith(f"{name} 的值")
    assert "例如" in refused.value.message


@pytest.mark.parametrize(("name", "places"), [("Money", 2), ("Price", 6), ("Quantity", 4)])
def test_one_place_too_many_is_refused(name: str, places: int) -> None:
    kept = "0." + "1" * places

    assert scalar(name).parse_value(kept) == Decimal(kept)
    with pytest.raises(GraphQLError, match=f"至多 {places} 位小数"):
        scalar(name).parse_value(kept + "1")


def test_a_long_wrong_value_is_quoted_in_part() -> None:
    with pytest.raises(GraphQLError) as refused:
        scalar("Money").parse_value("x" * 5000)

    assert len(refused.value.message) < 200


@pytest.mark.parametrize(
    ("name", "kept", "shown"),
    [
        ("Money", "12.5", "12.50"),
        ("Money", "0", "0.00"),
        ("Money", "0.005", "0.01"),
        ("Money", "1E+3", "1000.00"),
        ("Price", "12.300000", "12.3"),
        ("Price", "1E+2", "100"),
        ("Quantity", "3.0000", "3"),
        ("Quantity", "0.5000", "0.5"),
        ("Quantity", "100", "100"),
        ("Quantity", "0.0000", "0"),
    ],
)
def test_a_decimal_is_shown_plainly(name: str, kept: str, shown: str) -> None:
    assert scalar(name).serialize(Decimal(kept)) == shown


def test_an_instant_is_shown_in_utc() -> None:
    moment = datetime.fromisoformat("2026-03-16T09:30:00+08:00")

    assert scalar("DateTime").serialize(moment) == "2026-03-16T01:30:00Z"


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-03-16T09:30:00+08:00", datetime(2026, 3, 16, 1, 30, tzinfo=UTC)),
        ("2026-03-16T01:30:00Z", datetime(2026, 3, 16, 1, 30, tzinfo=UTC)),
        ("2026-03-16T01:30:00.123456Z", datetime(2026, 3, 16, 1, 30, 0, 123456, tzinfo=UTC)),
    ],
)
def test_an_instant_with_an_offset_is_taken(given: str, meant: datetime) -> None:
    assert scalar("DateTime").parse_value(given) == meant


INSTANTS: list[Any] = [
    "2026-03-16T09:30:00",
    "2026-03-16",
    "yesterday",
    "",
    1773624617,
    None,
    "2026-02-30T00:00:00Z",
    "0001-01-01T00:00:00+08:00",
    "9999-12-31T23:59:59-08:00",
]


@pytest.mark.parametrize("given", INSTANTS, ids=repr)
def test_an_instant_without_an_offset_or_off_the_calendar_is_refused(given: object) -> None:
    with pytest.raises(GraphQLError) as refused:
        scalar("DateTime").parse_value(given)

    assert refused.value.extensions == {"code": "BAD_USER_INPUT"}
    assert "2026-03-16T09:30:00+08:00" in refused.value.message
