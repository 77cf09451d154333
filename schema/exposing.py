"""How an enumeration of ours becomes part of the schema."""

from enum import Enum

import strawberry


def expose(enum: type[Enum], description: str, **words: str) -> None:
    """Make an enumeration part of the schema; a member without its Chinese word is our fault."""
    strawberry.enum(enum, description=description)
    definition = enum.__strawberry_definition__  # type: ignore[attr-defined]  # set by strawberry
    for value in definition.values:
        value.description = words[value.name]
