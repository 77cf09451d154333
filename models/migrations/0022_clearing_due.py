"""What no claim has yet stands in a table of its own, kept by the database: a claim reads that, not all there ever was.

What was there before comes with 0023.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

ADD = """
CREATE FUNCTION clearing_due_add() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_TABLE_NAME = 'settlement' THEN
    INSERT INTO clearing_due (id, pharmacy_id, area, happened_at, is_reversal)
    SELECT id, pharmacy_id, area, settled_at, false FROM fresh;
  ELSE
    INSERT INTO clearing_due (id, pharmacy_id, area, happened_at, is_reversal)
    SELECT id, pharmacy_id, area, reversed_at, true FROM fresh;
  END IF;
  RETURN NULL;
END $$
"""

TAKEN = """
CREATE FUNCTION clearing_due_taken() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM clearing_due d USING fresh f WHERE d.id = COALESCE(f.settlement_id, f.reversal_id);
  RETURN NULL;
END $$
"""

ON_SETTLEMENT = """
CREATE TRIGGER clearing_due_add AFTER INSERT ON settlement REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION clearing_due_add()
"""

ON_REVERSAL = """
CREATE TRIGGER clearing_due_add AFTER INSERT ON reversal REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION clearing_due_add()
"""

ON_ITEM = """
CREATE TRIGGER clearing_due_taken AFTER INSERT ON clearing_item REFERENCING NEW TABLE AS fresh
FOR EACH STATEMENT EXECUTE FUNCTION clearing_due_taken()
"""


class Migration(migrations.Migration):
    dependencies = [('models', '0021_signatures')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ClearingDue',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('pharmacy_id', fields.CharField(description='药店', max_length=12)),
                ('area', fields.CharField(description='参保统筹区', max_length=6)),
                ('happened_at', fields.DatetimeField(description='结算或冲正时间', auto_now=False, auto_now_add=False)),
                ('is_reversal', fields.BooleanField(description='是冲正')),
            ],
            options={'table': 'clearing_due', 'app': 'models', 'indexes': [Index(fields=['pharmacy_id', 'area', 'happened_at'])], 'pk_attr': 'id', 'table_description': '未申报清算的结算与冲正'},
            bases=['Model'],
        ),
        ops.RunSQL(ADD, "DROP FUNCTION clearing_due_add()"),
        ops.RunSQL(TAKEN, "DROP FUNCTION clearing_due_taken()"),
        ops.RunSQL(ON_SETTLEMENT, "DROP TRIGGER clearing_due_add ON settlement"),
        ops.RunSQL(ON_REVERSAL, "DROP TRIGGER clearing_due_add ON reversal"),
        ops.RunSQL(ON_ITEM, "DROP TRIGGER clearing_due_taken ON clearing_item"),
    ]
