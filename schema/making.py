"""Making objects of records (造物): one written-out function for each way of reading.

The function is written out and compiled, for it takes a third of the time of a loop over the columns. What
goes into its text are names of our own types' attributes; the classes are bound.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

Make = Callable[[Iterable[Sequence[Any]]], list[Any]]


class Shape(NamedTuple):
    """What an object is made of (造物方式): attributes out of its columns, and objects of joined rows."""

    kind: type
    own: tuple[str, ...]
    joined: tuple[tuple[str, str, "Shape"], ...]
    """Attribute, relation, and what stands there."""

    @property
    def names(self) -> tuple[str, ...]:
        """The columns it takes: its own come first, then those of the joined rows in turn."""
        inner = (f"{relation}__{name}" for _, relation, shape in self.joined for name in shape.names)
        return (*self.own, *inner)


def maker(shape: Shape) -> Make:
    """What makes objects of records that have just these columns."""
    bound: dict[str, Any] = {"new": object.__new__}
    columns = [f"c{number}" for number in range(len(shape.names))]
    lines = ["def make(records):", "    made = []", f"    for {', '.join(columns)}, in records:"]
    lines += [f"        {line}" for line in written(shape, "o", iter(columns), bound)]
    lines += ["        made.append(o)", "    return made"]
    exec(compile("\n".join(lines), "<make>", "exec"), bound)
    made: Make = bound["make"]
    return made


def written(shape: Shape, name: str, columns: Iterator[str], bound: dict[str, Any]) -> list[str]:
    """The lines that make one object under a name, out of the next columns."""
    bound[f"kind_{name}"] = shape.kind
    lines = [f"{name} = new(kind_{name})"]
    lines += [f"{name}.{attribute} = {next(columns)}" for attribute in shape.own]
    for number, (attribute, _, inner) in enumerate(shape.joined):
        lines += written(inner, f"{name}_{number}", columns, bound)
        lines.append(f"{name}.{attribute} = {name}_{number}")
    return lines
