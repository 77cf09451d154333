"""Reading the parameter files (参数文件), strictly: a row that could mislead stops the program."""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from itertools import product
from types import MappingProxyType
from typing import Any

from policy.parameter import KEY_COLUMNS, Parameter, Value

Rows = Mapping[tuple[str, str], tuple[Parameter, ...]]

FILE_NAME = re.compile(r"[0-9]{6}\.toml")
REQUIRED = frozenset({"since", "unit", "basis", "reviewed", "verified"})
OPTIONAL = frozenset({"until", "rule", "amount", "value"})


class BadParameterFile(ValueError):
    """A parameter file that cannot be trusted (参数文件有误)."""


def load() -> Rows:
    """Every row of every area's file, by area and name."""
    found: dict[tuple[str, str], tuple[Parameter, ...]] = {}
    for file in files("policy").joinpath("parameters").iterdir():
        if FILE_NAME.fullmatch(file.name):
            area = file.name.removesuffix(".toml")
            found |= {(area, name): rows for name, rows in parse(file.read_text("utf-8"), area)}
    return MappingProxyType(found)


def parse(text: str, area: str) -> Iterator[tuple[str, tuple[Parameter, ...]]]:
    """The rows of one area's file, name by name."""
    for name, tables in tomllib.loads(text, parse_float=Decimal).items():
        rows = tuple(row for table in tables for row in read_rows(name, area, table))
        refuse_ambiguity(rows)
        yield name, rows


def read_rows(name: str, area: str, table: Mapping[str, Any]) -> Iterator[Parameter]:
    """The rows that one table stands for: one for every combination of its listed keys."""
    refuse_malformed(name, area, table)
    columns = sorted(KEY_COLUMNS & table.keys())
    for values in product(*(as_words(table[column]) for column in columns)):
        yield Parameter(
            name=name,
            value=value_of(table),
            unit=table["unit"],
            basis=table["basis"],
            verified=table["verified"],
            since=table["since"],
            until=table.get("until"),
            area=area,
            rule=table.get("rule", ""),
            reviewed=table["reviewed"],
            keys=tuple(zip(columns, values, strict=True)),
        )


def value_of(table: Mapping[str, Any]) -> Value:
    """The value itself: `amount` for numbers, `value` for words, lists and switches."""
    value = table["amount"] if "amount" in table else table["value"]
    return tuple(value) if isinstance(value, list) else value


def as_words(key: object) -> tuple[str, ...]:
    """The values of a key column: one, or a list of them."""
    values: Iterable[object] = key if isinstance(key, list) else (key,)
    return tuple(str(value) for value in values)


def refuse_malformed(name: str, area: str, table: Mapping[str, Any]) -> None:
    """Stop at a row with a missing or unknown column, or a value of the wrong kind."""
    where = f"{name!r} in {area}.toml"
    if missing := REQUIRED - table.keys():
        raise BadParameterFile(f"{where} lacks {sorted(missing)}.")
    if unknown := table.keys() - REQUIRED - OPTIONAL - KEY_COLUMNS:
        raise BadParameterFile(f"{where} has unknown columns {sorted(unknown)}.")
    if ("amount" in table) == ("value" in table):
        raise BadParameterFile(f"{where} must have either an amount or a value.")
    amount = table.get("amount", 0)
    if isinstance(amount, bool) or not isinstance(amount, (int, Decimal)):
        raise BadParameterFile(f"{where} has the amount {amount!r}, which is not a number.")
    until = table.get("until", date.max)
    if not (isinstance(table["since"], date) and isinstance(until, date) and table["since"] <= until):
        raise BadParameterFile(f"{where} has a period that is none.")
    if not table["basis"] or not isinstance(table["verified"], bool):
        raise BadParameterFile(f"{where} needs a basis, and verified = true or false.")


def refuse_ambiguity(rows: tuple[Parameter, ...]) -> None:
    """Stop when two rows could answer the same question on the same day."""
    for one, other in pairs(rows):
        mine, theirs = dict(one.keys), dict(other.keys)
        contradict = any(mine[column] != theirs[column] for column in mine.keys() & theirs.keys())
        apart = (one.until or date.max) < other.since or (other.until or date.max) < one.since
        if len(mine) == len(theirs) and not contradict and not apart:
            day = max(one.since, other.since).isoformat()
            raise BadParameterFile(f"{one.name!r} of {one.area} has two answers on {day}: {mine}, {theirs}.")


def pairs(rows: tuple[Parameter, ...]) -> Iterator[tuple[Parameter, Parameter]]:
    """Every two of the rows."""
    for index, other in enumerate(rows):
        for one in rows[:index]:
            yield one, other


ROWS: Rows = load()
