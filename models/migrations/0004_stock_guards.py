"""A batch for what was there before, and four narrow indexes."""

from tortoise import migrations
from tortoise.migrations import operations as ops

OLD_STOCK = """
INSERT INTO stock_batch (id, item_id, batch_number, supplier, on_hand, came_at, expires_on)
SELECT gen_random_uuid(), i.id, '', '', i.on_hand, COALESCE(i.moved_at, now()),
       (SELECT min(m.expires_on) FROM stock_movement m WHERE m.item_id = i.id AND m.quantity > 0)
FROM stock_item i WHERE i.on_hand > 0
"""
"""One batch for all that is there, with the earliest expiry that was recorded: nothing expired is sold."""

OLD_SELLABLE = """
UPDATE stock_item i SET sellable = i.on_hand, next_expiry = b.expires_on
FROM stock_batch b WHERE b.item_id = i.id
"""

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
