"""A batch for what was there before, and four narrow indexes."""

from tortoise import migrations
from tortoise.migrations import operations as ops

OLD_STOCK = """
INSERT INTO stock_batch (id, item_id, on_hand, came_at)
SELECT gen_random_uuid(), id, on_hand, COALESCE(moved_at, now()) FROM stock_item WHERE on_hand > 0
"""

OLD_SELLABLE = "UPDATE stock_item SET sellable = on_hand WHERE on_hand > 0"

EXPIRING = """
CREATE INDEX stock_item_expiring ON stock_item (next_expiry) WHERE next_expiry IS NOT NULL
"""

MOVED_FOR = """
CREATE INDEX stock_movement_fill_line ON stock_movement (fill_line_id) WHERE fill_line_id IS NOT NULL
"""

PHARMACY_PLACE = """
CREATE INDEX institution_pharmacy_place ON institution USING gist (point(x, y)) WHERE kind = 'PHARMACY'
"""

HELD_NOW = "CREATE INDEX stock_hold_live ON stock_hold (item_id) WHERE ended_at IS NULL"


class Migration(migrations.Migration):
    dependencies = [("models", "0003_live_stock")]

    operations = [
        ops.RunSQL(OLD_STOCK, "DELETE FROM stock_batch"),
        ops.RunSQL(OLD_SELLABLE, "UPDATE stock_item SET sellable = 0"),
        ops.RunSQL(EXPIRING, "DROP INDEX stock_item_expiring"),
        ops.RunSQL(MOVED_FOR, "DROP INDEX stock_movement_fill_line"),
        ops.RunSQL(PHARMACY_PLACE, "DROP INDEX institution_pharmacy_place"),
        ops.RunSQL(HELD_NOW, "DROP INDEX stock_hold_live"),
    ]
