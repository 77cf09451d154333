"""External payments of the cash share, with their refunds and steps."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from policy.terms import PaymentState, RefundState
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
    dependencies = [('models', '0016_job_origin')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Payment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, description='商户订单号', max_length=32)),
                ('provider', fields.CharField(description='支付渠道', max_length=20)),
                ('fill', fields.ForeignKeyField('models.Fill', source_field='fill_id', description='配药', db_constraint=True, to_field='id', related_name='payments', on_delete=OnDelete.RESTRICT)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', description='参保人', db_constraint=True, to_field='id', related_name='payments', on_delete=OnDelete.RESTRICT)),
                ('pharmacy', fields.ForeignKeyField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='payments', on_delete=OnDelete.RESTRICT)),
                ('settlement', fields.OneToOneField('models.Settlement', source_field='settlement_id', null=True, description='所抵付的结算; 空为尚未用于结算', db_constraint=True, to_field='id', related_name='payment', on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharEnumField(description='支付状态', enum_type=PaymentState, max_length=32)),
                ('amount', fields.DecimalField(description='应付金额', max_digits=16, decimal_places=2)),
                ('received', fields.DecimalField(null=True, description='渠道实收金额', max_digits=16, decimal_places=2)),
                ('pay_url', fields.CharField(default='', description='付款链接, 空为尚未下单', max_length=500)),
                ('trade_number', fields.CharField(default='', description='渠道交易号', max_length=64)),
                ('created_at', fields.DatetimeField(description='发起时间', auto_now=False, auto_now_add=False)),
                ('created_by', fields.CharField(description='发起者', max_length=64)),
                ('due_at', fields.DatetimeField(description='此时仍未付款即关闭', auto_now=False, auto_now_add=False)),
                ('look_at', fields.DatetimeField(description='下次查看时间', auto_now=False, auto_now_add=False)),
                ('paid_at', fields.DatetimeField(null=True, description='得知已付款的时间', auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, description='关闭或全部退回的时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'payment', 'app': 'models', 'indexes': [Index(fields=['fill_id']), Index(fields=['member_id', 'created_at']), Index(fields=['pharmacy_id', 'created_at']), Index(fields=['state', 'look_at'])], 'pk_attr': 'id', 'table_description': '线上支付'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PaymentRefund',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, description='商户退款单号', max_length=40)),
                ('payment', fields.ForeignKeyField('models.Payment', source_field='payment_id', description='线上支付', db_constraint=True, to_field='id', related_name='refunds', on_delete=OnDelete.RESTRICT)),
                ('reversal', fields.OneToOneField('models.Reversal', source_field='reversal_id', null=True, description='冲正; 空为未用于结算而退', db_constraint=True, to_field='id', related_name='payment_refund', on_delete=OnDelete.RESTRICT)),
                ('amount', fields.DecimalField(description='退款金额', max_digits=16, decimal_places=2)),
                ('state', fields.CharEnumField(description='退款状态', enum_type=RefundState, max_length=32)),
                ('reason', fields.CharField(description='退款原因', max_length=100)),
                ('requested_at', fields.DatetimeField(description='申请时间', auto_now=False, auto_now_add=False)),
                ('refunded_at', fields.DatetimeField(null=True, description='退回时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'payment_refund', 'app': 'models', 'indexes': [Index(fields=['payment_id'])], 'pk_attr': 'id', 'table_description': '线上退款'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PaymentStep',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('payment', fields.ForeignKeyField('models.Payment', source_field='payment_id', description='线上支付', db_constraint=True, to_field='id', related_name='steps', on_delete=OnDelete.RESTRICT)),
                ('number', fields.SmallIntField(description='第几次变化')),
                ('state', fields.CharEnumField(description='变为', enum_type=PaymentState, max_length=32)),
                ('happened_at', fields.DatetimeField(description='时间', auto_now=False, auto_now_add=False)),
                ('text', fields.CharField(description='经过', max_length=100)),
            ],
            options={'table': 'payment_step', 'app': 'models', 'unique_together': (('payment', 'number'),), 'pk_attr': 'id', 'table_description': '线上支付状态变化'},
            bases=['Model'],
        ),
        ops.AddConstraint(
            model_name='Payment',
            constraint=CheckConstraint(check='amount > 0 AND (received IS NULL OR received > 0)', name='payment_amounts'),
        ),
        ops.AddConstraint(
            model_name='Payment',
            constraint=CheckConstraint(check="(received IS NULL) = (state IN ('CREATED', 'CLOSED'))", name='payment_received_when_paid'),
        ),
        ops.AddConstraint(
            model_name='Payment',
            constraint=CheckConstraint(check='settlement_id IS NULL OR received = amount', name='payment_settles_its_amount'),
        ),
        ops.AddConstraint(
            model_name='Payment',
            constraint=UniqueConstraint(fields=('fill_id',), name='payment_one_open_of_a_fill', condition="state IN ('CREATED', 'PAID')"),
        ),
        ops.AddConstraint(
            model_name='PaymentRefund',
            constraint=CheckConstraint(check='amount > 0', name='payment_refund_amount'),
        ),
        freeze("payment_step"),
    ]
