"""Answers and complaints of cases, why a fill was declined, and when a pharmacy was last monitored."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from policy.terms import DeclineReason
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0005_documents')]

    initial = False

    operations = [
        ops.CreateModel(
            name='MonitorRun',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('pharmacy', fields.OneToOneField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='monitor_run', on_delete=OnDelete.CASCADE)),
                ('ran_on', fields.DateField(description='最近监测日')),
            ],
            options={'table': 'monitor_run', 'app': 'models', 'pk_attr': 'id', 'table_description': '监测记录'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Case',
            name='answer',
            field=fields.CharField(default='', description='药店陈述申辩', db_default='', max_length=1000),
        ),
        ops.AddField(
            model_name='Case',
            name='answered_at',
            field=fields.DatetimeField(null=True, description='陈述申辩时间', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Case',
            name='complainant_id',
            field=fields.UUIDField(null=True, description='投诉人'),
        ),
        ops.AddField(
            model_name='Case',
            name='complained_at',
            field=fields.DatetimeField(null=True, description='投诉时间', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Case',
            name='complaint_sealed',
            field=fields.BinaryField(null=True, description='投诉内容, 加密'),
        ),
        ops.AddIndex(
            model_name='Case',
            index=Index(fields=['complainant_id', 'opened_at']),
        ),
        ops.AddField(
            model_name='Fill',
            name='decline_reason',
            field=fields.CharEnumField(null=True, description='拒单原因类别', enum_type=DeclineReason, max_length=32),
        ),
    ]
