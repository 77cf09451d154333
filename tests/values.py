"""Areas whose values differ from those in the files, for as long as a test runs."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from decimal import Decimal
from unittest.mock import patch

from policy import parameters
from policy.parameter import Value


@contextmanager
def values(area: str, on: date, given: Mapping[str, Value], **key: str) -> Iterator[None]:
    """An area that has set these values itself: each takes all else from the row in force on that day.

    `key` chooses the row where there are several.
    """
    rows = {
        (area, name): (replace(parameters.parameter(name, area, on=on, **key), area=area, value=value),)
        for name, value in given.items()
    }
    parameters._candidates.cache_clear()
    try:
        with patch.object(parameters, "ROWS", {**vars(parameters)["ROWS"], **rows}):
            yield
    finally:
        parameters._candidates.cache_clear()


def carrying(deductible: str, limit: str) -> Mapping[str, Value]:
    """The values of an area that carries over so much (年度结转); "NONE" is nothing."""
    return {"deductible_carry_over": amount_of(deductible), "limit_carry_over": amount_of(limit)}


def amount_of(told: str) -> Value:
    """An amount as a parameter file has it."""
    return told if told == "NONE" else Decimal(told)
