"""A movement's batch is a batch of its drug: one check where two did not say so.

A file writes a hundred thousand movements, and each key is looked up for each of them. The pair of batch and drug
says both that the batch exists and that the drug does, for a batch has a drug. Movements from before there were
batches keep none; those written from now on have one, or the pair would go unchecked.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

PAIR = "ALTER TABLE stock_batch ADD CONSTRAINT stock_batch_item UNIQUE (id, item_id)"

OF_ITS_DRUG = """
ALTER TABLE stock_movement ADD CONSTRAINT stock_movement_batch_of_item
FOREIGN KEY (batch_id, item_id) REFERENCES stock_batch (id, item_id)
"""

HAS_BATCH = """
ALTER TABLE stock_movement ADD CONSTRAINT stock_movement_has_batch CHECK (batch_id IS NOT NULL) NOT VALID
"""


def without(column: str, table: str) -> ops.RunSQL:
    """An operation that leaves a key of a movement to the pair."""
    name = f"stock_movement_{column}_fkey"
    return ops.RunSQL(
        f"ALTER TABLE stock_movement DROP CONSTRAINT {name}",
        f"ALTER TABLE stock_movement ADD CONSTRAINT {name} FOREIGN KEY ({column}) REFERENCES {table} (id)"
        " ON DELETE CASCADE",
    )


class Migration(migrations.Migration):
    dependencies = [("models", "0014_clearing")]

    operations = [
        ops.RunSQL(PAIR, "ALTER TABLE stock_batch DROP CONSTRAINT stock_batch_item"),
        ops.RunSQL(OF_ITS_DRUG, "ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_batch_of_item"),
        ops.RunSQL(HAS_BATCH, "ALTER TABLE stock_movement DROP CONSTRAINT stock_movement_has_batch"),
        without("item_id", "stock_item"),
        without("batch_id", "stock_batch"),
    ]
