"""Rows as the tables keep them (入库形式): lists as JSON, names and identity numbers sealed."""

import json
from collections.abc import Iterable, Iterator
from typing import cast

from engines.keys import KeyRing
from ops.world.rows import COLUMNS, MemberRow, Row

_JSON_COLUMNS = {"doctor": "scope", "family_grant": "scopes", "stock_movement": "trace_codes"}
_SEALED_COLUMNS = ("name_sealed", "id_number_sealed", "id_number_hash")
_PLAIN = MemberRow._fields.index("name")


def columns(table: str) -> tuple[str, ...]:
    """The columns that a table's stored rows fill (列)."""
    known = COLUMNS[table]
    if table != "member":
        return known
    return (*known[:_PLAIN], *_SEALED_COLUMNS, *known[_PLAIN + 2 :])


def stored(table: str, rows: Iterable[Row], keys: KeyRing) -> Iterator[Row]:
    """A table's rows, ready for COPY (入库行)."""
    if table == "member":
        return (_sealed(cast(MemberRow, row), keys) for row in rows)
    if table in _JSON_COLUMNS:
        at = COLUMNS[table].index(_JSON_COLUMNS[table])
        return ((*row[:at], json.dumps(row[at]), *row[at + 1 :]) for row in rows)
    return iter(rows)


def _sealed(row: MemberRow, keys: KeyRing) -> Row:
    """The member's row with name and number encrypted for this very row (加密)."""
    context = f"member:{row.id}".encode()
    sealed = (
        keys.encrypt_text(row.name, context=context),
        keys.encrypt_text(row.id_number, context=context),
        keys.lookup_hash(row.id_number),
    )
    return (*row[:_PLAIN], *sealed, *row[_PLAIN + 2 :])
