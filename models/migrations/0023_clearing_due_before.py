"""What no claim has yet and was there before 0022: some seconds for a million, in which nobody claims but all settle."""

from tortoise import migrations
from tortoise.migrations import operations as ops

# a claim that ended meanwhile would leave its rows here: its trigger found nothing to remove yet
NO_CLAIMS = "LOCK TABLE clearing_item IN SHARE ROW EXCLUSIVE MODE"

WAITING = """
INSERT INTO clearing_due (id, pharmacy_id, area, happened_at, is_reversal)
SELECT s.id, s.pharmacy_id, s.area, s.settled_at, false FROM settlement s
WHERE NOT EXISTS (SELECT 1 FROM clearing_item i WHERE i.settlement_id = s.id)
UNION ALL
SELECT r.id, r.pharmacy_id, r.area, r.reversed_at, true FROM reversal r
WHERE NOT EXISTS (SELECT 1 FROM clearing_item i WHERE i.reversal_id = r.id)
ON CONFLICT (id) DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [('models', '0022_clearing_due')]

    initial = False

    operations = [
        ops.RunSQL(NO_CLAIMS, "SELECT 1"),
        ops.RunSQL(WAITING, "DELETE FROM clearing_due"),
    ]
