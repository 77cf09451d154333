"""How objects become JSON (对象的输出) whose fields are all attributes: one function for each selection.

The function is written out and compiled, for it runs three times as fast as a loop over the fields. What goes
into its text are names of the schema and of the document, both checked by their grammars, and our own tests;
everything else is bound.
"""

from collections.abc import Callable, Sequence
from inspect import iscoroutine
from typing import Any, NamedTuple

from strawberry.types.cast import TYPE_CAST_ATTRIBUTE

from api.plans.values import Completer, Deviation, refuse_odd


class Attribute(NamedTuple):
    """A field that shows an attribute (属性字段)."""

    name: str
    attribute: str
    completer: Completer


def object_of(attributes: Sequence[Attribute], exact: type | None) -> Completer:
    """A completer of objects; `exact` is their class where it is checked."""
    bound: dict[str, Any] = {"admit": admission(exact), "ordinary": set(), "drop": drop}
    bound |= {f"complete_{number}": field.completer.complete for number, field in enumerate(attributes)}
    bound["Deviation"] = Deviation
    exec(compile(source_of(attributes, exact), "<plan>", "exec"), bound)
    return Completer(bound["complete_object"])


def source_of(attributes: Sequence[Attribute], exact: type | None) -> str:
    """The text of the function."""
    lines = [
        "def complete_object(o):",
        "    if type(o) not in ordinary: ordinary.add(admit(o))",
    ]
    if exact is not None:
        lines.append(f"    if getattr(o, {TYPE_CAST_ATTRIBUTE!r}, None) is not None: raise Deviation")
    lines += ["    v = None", "    r = {}", "    try:"]
    for number, (name, attribute, completer) in enumerate(attributes):
        condition = f"if not ({completer.test}): " if completer.test else ""
        lines += [
            f"        v = o.{attribute}",
            f"        {condition}v = complete_{number}(v)",
            f"        r[{name!r}] = v",
        ]
    return "\n".join(
        [*lines, "        return r", "    except Exception:", "        drop(o, v)", "        raise"]
    )


def admission(exact: type | None) -> Callable[[object], type]:
    """Give the class of an object whose like need not be looked at again; raise for any other."""

    def admit(value: object) -> type:
        refuse_odd(value)
        if value is None or (exact is not None and type(value) is not exact):
            raise Deviation
        return type(value)

    return admit


def drop(source: object, value: object) -> None:
    """Close a coroutine that an object made when it was read: graphql-core will read the attribute again."""
    stored = getattr(source, "__dict__", None)
    if iscoroutine(value) and stored is not None and all(value is not kept for kept in stored.values()):
        value.close()
