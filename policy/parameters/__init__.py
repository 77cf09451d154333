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
    for row in _candidates(name, area, tuple(sorted(key.items()))):
        if row.is_in_force(on):
            return row
    raise ParameterNotFound(name, area, on, key)


def parameters(name: str, area: str, *, on: date) -> tuple[Parameter, ...]:
    """Every row (参数表) of that name in force on that day, of the first layer that has any."""
    for layer in layers(area):
        if rows := tuple(row for row in ROWS.get((layer, name), ()) if row.is_in_force(on)):
            return rows
    raise ParameterNotFound(name, area, on, {})


@lru_cache(maxsize=8192)
def _candidates(name: str, area: str, key: tuple[tuple[str, str], ...]) -> tuple[Parameter, ...]:
    """The rows of every day that fit, layer by layer, those with the most key columns first."""
    asked = dict(key)
    if unknown := asked.keys() - KEY_COLUMNS:
        raise TypeError(
            f"{name!r} was asked for by {sorted(unknown)}; key columns are {sorted(KEY_COLUMNS)}."
        )
    fitting = ([row for row in ROWS.get((layer, name), ()) if row.fits(asked)] for layer in layers(area))
    return tuple(row for rows in fitting for row in sorted(rows, key=lambda row: -len(row.keys)))


def layers(area: str) -> tuple[str, ...]:
    """The files to look in (参数层级): the pooling area's, then the province's."""
    return tuple(dict.fromkeys((pooling_area(area), province(area))))
