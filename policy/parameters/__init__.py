"""Dated parameters (参数): every number of the law, by area and day, with its source.

`parameter("supply_limit", "350100", on=day)` looks in the city's file, then in the province's. A row
may carry key columns (insurance, tier …); the row that fits with the most columns is taken.
"""

from datetime import date
from functools import lru_cache

from policy.identifiers import pooling_area, province
from policy.parameter import KEY_COLUMNS, Parameter, ParameterNotFound
from policy.parameters.files import ROWS

__all__ = ["Parameter", "ParameterNotFound", "layers", "parameter", "parameters"]


def parameter(name: str, area: str, *, on: date, **key: str) -> Parameter:
    """The value (参数值) in force in that area on that day, the city's before the province's."""
    return _lookup(name, area, on, tuple(sorted(key.items())))


def parameters(name: str, area: str, *, on: date) -> tuple[Parameter, ...]:
    """Every row (参数表) of that name in force on that day, of the first layer that has any."""
    for layer in layers(area):
        if rows := tuple(row for row in ROWS.get((layer, name), ()) if row.is_in_force(on)):
            return rows
    raise ParameterNotFound(name, area, on, {})


@lru_cache(maxsize=8192)
def _lookup(name: str, area: str, on: date, key: tuple[tuple[str, str], ...]) -> Parameter:
    """The row that fits with the most key columns, of the first layer that has one."""
    asked = dict(key)
    if unknown := asked.keys() - KEY_COLUMNS:
        raise TypeError(
            f"{name!r} was asked for by {sorted(unknown)}; key columns are {sorted(KEY_COLUMNS)}."
        )
    for layer in layers(area):
        fitting = [row for row in ROWS.get((layer, name), ()) if row.is_in_force(on) and row.fits(asked)]
        if fitting:
            return max(fitting, key=lambda row: len(row.keys))
    raise ParameterNotFound(name, area, on, asked)


def layers(area: str) -> tuple[str, ...]:
    """The files to look in (参数层级): the pooling area's, then the province's."""
    return tuple(dict.fromkeys((pooling_area(area), province(area))))
