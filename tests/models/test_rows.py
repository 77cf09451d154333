"""Tables' classes are made quickly."""

from tortoise.models import Model

import models
from models.row import Row, RowMeta


def test_no_tables_class_reads_its_source() -> None:
    tables = [one for one in vars(models).values() if isinstance(one, type) and issubclass(one, Model)]

    assert len(tables) > 50
    assert [table for table in tables if not isinstance(table, RowMeta)] == []
    assert [table for table in tables if table.__bases__ != (Row,)] == []
