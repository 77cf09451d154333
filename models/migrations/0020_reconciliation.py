from tortoise import migrations
from tortoise.migrations import operations as ops
from policy.terms import ReconcileResult
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0019_people')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ReconciliationDay',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('pharmacy', fields.ForeignKeyField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='reconciliation_days', on_delete=OnDelete.CASCADE)),
                ('day', fields.DateField(description='对账日, 北京时间')),
                ('settlements', fields.IntField(default=0, description='结算笔数')),
                ('reversals', fields.IntField(default=0, description='冲正笔数')),
                ('total', fields.DecimalField(default=0, description='医疗费净额', max_digits=16, decimal_places=2)),
                ('fund_total', fields.DecimalField(default=0, description='基金净额', max_digits=16, decimal_places=2)),
                ('differences', fields.IntField(default=0, description='平台各账之间不一致的单数')),
                ('compared_at', fields.DatetimeField(null=True, description='平台核对时间; 空为尚未', auto_now=False, auto_now_add=False)),
                ('filed_at', fields.DatetimeField(null=True, description='药店最近对账时间; 空为未对账', auto_now=False, auto_now_add=False)),
                ('filed_result', fields.CharEnumField(null=True, description='药店最近对账结果', enum_type=ReconcileResult, max_length=32)),
            ],
            options={'table': 'reconciliation_day', 'app': 'models', 'unique_together': (('pharmacy', 'day'),), 'pk_attr': 'id', 'table_description': '日对账'},
            bases=['Model'],
        ),
    ]
