"""What the mapper cannot say: the place index, append-only tables, balanced entries."""

from tortoise import migrations
from tortoise.migrations import operations as ops

PLACE_INDEX = "CREATE INDEX institution_place ON institution USING gist (point(x, y))"

APPEND_ONLY = """
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = '23001';
END $$
"""

BALANCED = """
CREATE FUNCTION entry_is_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(debit) <> sum(credit) FROM posting WHERE entry_id = NEW.entry_id) THEN
        RAISE EXCEPTION 'journal entry % is not balanced', NEW.entry_id USING ERRCODE = '23514';
    END IF;
    RETURN NULL;
END $$
"""

BALANCED_TRIGGER = """
CREATE CONSTRAINT TRIGGER posting_balanced AFTER INSERT ON posting
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION entry_is_balanced()
"""

FROZEN = ("posting", "journal_entry", "stock_movement", "settlement", "settlement_line", "event", "audit_entry")


def freeze(table: str) -> ops.RunSQL:
    """An operation that makes a table append-only (只增不改)."""
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0001_the_main_road")]

    operations = [
        ops.RunSQL(PLACE_INDEX, "DROP INDEX institution_place"),
        ops.RunSQL(APPEND_ONLY, "DROP FUNCTION refuse_change()"),
        *[freeze(table) for table in FROZEN],
        ops.RunSQL(BALANCED, "DROP FUNCTION entry_is_balanced()"),
        ops.RunSQL(BALANCED_TRIGGER, "DROP TRIGGER posting_balanced ON posting"),
    ]
