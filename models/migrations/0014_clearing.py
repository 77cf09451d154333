"""Monthly claims of pharmacies, and indexes on the postings."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from policy.terms import ClaimState
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0013_money')]

    initial = False

    operations = [
        ops.CreateModel(
            name='ClearingClaim',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, description='申报单号', max_length=30)),
                ('pharmacy', fields.ForeignKeyField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='claims', on_delete=OnDelete.RESTRICT)),
                ('area', fields.CharField(description='参保统筹区', max_length=6)),
                ('month', fields.DateField(description='清算月份, 该月第一日')),
                ('state', fields.CharEnumField(description='申报状态', enum_type=ClaimState, max_length=32)),
                ('settlements', fields.IntField(description='结算笔数')),
                ('reversals', fields.IntField(description='冲正笔数')),
                ('total', fields.DecimalField(description='医疗费净额', max_digits=16, decimal_places=2)),
                ('pooled', fields.DecimalField(description='统筹基金净额', max_digits=16, decimal_places=2)),
                ('further', fields.DecimalField(description='其他基金净额', max_digits=16, decimal_places=2)),
                ('account', fields.DecimalField(description='个人账户净额, 含共济', max_digits=16, decimal_places=2)),
                ('cut', fields.DecimalField(default=0, description='审核扣减', max_digits=16, decimal_places=2)),
                ('submitted_at', fields.DatetimeField(description='申报时间', auto_now=False, auto_now_add=False)),
                ('submitted_by', fields.CharField(description='申报者', max_length=64)),
                ('reviewed_at', fields.DatetimeField(null=True, description='审核时间', auto_now=False, auto_now_add=False)),
                ('reviewed_by', fields.CharField(default='', description='审核者', max_length=64)),
                ('note', fields.CharField(default='', description='审核说明', max_length=200)),
                ('paid_at', fields.DatetimeField(null=True, description='支付时间', auto_now=False, auto_now_add=False)),
                ('paid_by', fields.CharField(default='', description='支付者', max_length=64)),
                ('payment_reference', fields.CharField(default='', description='支付凭据号', max_length=64)),
            ],
            options={'table': 'clearing_claim', 'app': 'models', 'unique_together': (('pharmacy', 'area', 'month'),), 'indexes': [Index(fields=['pharmacy_id', 'submitted_at']), Index(fields=['area', 'submitted_at'])], 'pk_attr': 'id', 'table_description': '清算申报'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ClearingItem',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('claim', fields.ForeignKeyField('models.ClearingClaim', source_field='claim_id', description='申报', db_constraint=True, to_field='id', related_name='items', on_delete=OnDelete.CASCADE)),
                ('settlement', fields.OneToOneField('models.Settlement', source_field='settlement_id', null=True, description='结算', db_constraint=True, to_field='id', related_name='cleared', on_delete=OnDelete.RESTRICT)),
                ('reversal', fields.OneToOneField('models.Reversal', source_field='reversal_id', null=True, description='冲正', db_constraint=True, to_field='id', related_name='cleared', on_delete=OnDelete.RESTRICT)),
                ('number', fields.CharField(description='结算或冲正单号', max_length=30)),
                ('happened_at', fields.DatetimeField(description='结算或冲正时间', auto_now=False, auto_now_add=False)),
                ('total', fields.DecimalField(description='医疗费总额', max_digits=16, decimal_places=2)),
                ('pooled', fields.DecimalField(description='统筹基金', max_digits=16, decimal_places=2)),
                ('further', fields.DecimalField(description='其他基金', max_digits=16, decimal_places=2)),
                ('account', fields.DecimalField(description='个人账户, 含共济', max_digits=16, decimal_places=2)),
                ('cut', fields.DecimalField(default=0, description='审核扣减', max_digits=16, decimal_places=2)),
                ('cut_reason', fields.CharField(default='', description='扣减理由', max_length=200)),
            ],
            options={'table': 'clearing_item', 'app': 'models', 'indexes': [Index(fields=['claim_id', 'happened_at'])], 'pk_attr': 'id', 'table_description': '清算明细'},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='Settlement',
            index=Index(fields=['area', 'settled_at']),
        ),
        ops.AddIndex(
            model_name='Posting',
            index=Index(fields=['entry_id']),
        ),
        ops.AddIndex(
            model_name='Posting',
            index=Index(fields=['account_id']),
        ),
        ops.AddConstraint(
            model_name='ClearingItem',
            constraint=CheckConstraint(check='(settlement_id IS NULL) <> (reversal_id IS NULL)', name='clearing_item_of_one'),
        ),
        ops.AddConstraint(
            model_name='ClearingItem',
            constraint=CheckConstraint(check='cut >= 0 AND (cut = 0 OR cut <= pooled)', name='clearing_item_cut'),
        ),
    ]
