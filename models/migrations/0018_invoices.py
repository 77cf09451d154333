"""Electronic invoices that pharmacies issued."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from policy.terms import InvoiceColour
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint


def freeze(table: str) -> ops.RunSQL:
    """An operation that makes a table append-only (只增不改)."""
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [('models', '0017_payments')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Invoice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('settlement', fields.ForeignKeyField('models.Settlement', source_field='settlement_id', description='结算', db_constraint=True, to_field='id', related_name='invoices', on_delete=OnDelete.RESTRICT)),
                ('reversal', fields.OneToOneField('models.Reversal', source_field='reversal_id', null=True, description='所冲的冲正; 蓝字发票为空', db_constraint=True, to_field='id', related_name='invoice', on_delete=OnDelete.RESTRICT)),
                ('colour', fields.CharEnumField(description='红蓝标志', enum_type=InvoiceColour, max_length=32)),
                ('code', fields.CharField(default='', description='发票代码; 数电发票没有', max_length=12)),
                ('number', fields.CharField(description='发票号码', max_length=20)),
                ('check_code', fields.CharField(default='', description='校验码; 数电发票没有', max_length=20)),
                ('issued_at', fields.DatetimeField(description='开具时间', auto_now=False, auto_now_add=False)),
                ('amount', fields.DecimalField(description='价税合计, 红字也为正数', max_digits=16, decimal_places=2)),
                ('recorded_at', fields.DatetimeField(description='登记时间', auto_now=False, auto_now_add=False)),
                ('recorded_by', fields.CharField(description='登记者', max_length=64)),
            ],
            options={'table': 'invoice', 'app': 'models', 'unique_together': (('code', 'number'),), 'indexes': [Index(fields=['settlement_id'])], 'pk_attr': 'id', 'table_description': '电子发票'},
            bases=['Model'],
        ),
        ops.AddConstraint(
            model_name='Invoice',
            constraint=CheckConstraint(check='amount > 0', name='invoice_amount'),
        ),
        ops.AddConstraint(
            model_name='Invoice',
            constraint=CheckConstraint(check="(colour = 'RED') = (reversal_id IS NOT NULL)", name='invoice_red_of_reversal'),
        ),
        ops.AddConstraint(
            model_name='Invoice',
            constraint=UniqueConstraint(fields=('settlement_id',), name='invoice_one_blue_of_a_settlement', condition="colour = 'BLUE'"),
        ),
        freeze("invoice"),
    ]
