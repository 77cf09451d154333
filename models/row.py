"""What every table's class stands on."""

from typing import Any

from tortoise.models import Model, ModelMeta


class RowMeta(ModelMeta):
    """Makes a table's class (表类) without reading its source.

    Tortoise would parse a module once for each of its tables, in search of `#:` comments on columns; ours say
    `description=`. That was a tenth of what a process needs to start.
    """

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> ModelMeta:
        """The class; `_no_comments` is Tortoise's own switch, which it does not look for in bases."""
        return super().__new__(cls, name, bases, {**attrs, "_no_comments": True})


class Row(Model, metaclass=RowMeta):
    """A row of a table (表行)."""

    class Meta:
        abstract = True
