"""Pictures of signatures under fee lists have a last day, and say when they went."""
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

DUE = "CREATE INDEX fee_list_signature_due ON fee_list_signature (kept_until) WHERE purged_at IS NULL AND kept_until IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [('models', '0020_reconciliation')]

    initial = False

    operations = [
        ops.AddField(
            model_name='FeeListSignature',
            name='kept_until',
            field=fields.DateField(null=True, description='签名影像保存至; 没有影像为空'),
        ),
        ops.AddField(
            model_name='FeeListSignature',
            name='purged_at',
            field=fields.DatetimeField(null=True, description='签名影像清除时间', auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(DUE, "DROP INDEX fee_list_signature_due"),
    ]
