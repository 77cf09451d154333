"""Family invitations and codes, limits per month and year, and relations from a list."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from policy.terms import FamilyRelation, InvitationState
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

RELATIONS = """
UPDATE family_grant SET relation = CASE
    WHEN relation IN ('配偶', '丈夫', '妻子') THEN 'SPOUSE'
    WHEN relation IN ('父母', '父亲', '母亲') THEN 'PARENT'
    WHEN relation IN ('子女', '儿子', '女儿') THEN 'CHILD'
    ELSE 'OTHER' END
WHERE relation NOT IN ('SPOUSE', 'PARENT', 'CHILD', 'OTHER')
"""
"""Relations were free text before; what nobody foresaw is another relation."""

class Migration(migrations.Migration):
    dependencies = [('models', '0009_cards')]

    initial = False

    operations = [
        ops.RunSQL(RELATIONS, ops.RunSQL.noop),
        ops.CreateModel(
            name='FamilyCode',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('owner', fields.ForeignKeyField('models.Member', source_field='owner_id', description='授权人', db_constraint=True, to_field='id', related_name='family_codes', on_delete=OnDelete.CASCADE)),
                ('proxy', fields.ForeignKeyField('models.Member', source_field='proxy_id', description='代购人', db_constraint=True, to_field='id', related_name='family_codes_shown', on_delete=OnDelete.CASCADE)),
                ('fill', fields.ForeignKeyField('models.Fill', source_field='fill_id', null=True, description='只用于该笔配药; 空则不限', db_constraint=True, to_field='id', related_name='family_codes', on_delete=OnDelete.CASCADE)),
                ('code_hash', fields.CharField(unique=True, description='亲情展码散列', max_length=64)),
                ('shown_at', fields.DatetimeField(description='出示时间', auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(description='失效时间', auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, description='使用时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'family_code', 'app': 'models', 'indexes': [Index(fields=['proxy_id', 'owner_id'])], 'pk_attr': 'id', 'table_description': '亲情展码'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FamilyInvitation',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('owner', fields.ForeignKeyField('models.Member', source_field='owner_id', description='授权人', db_constraint=True, to_field='id', related_name='invitations_sent', on_delete=OnDelete.CASCADE)),
                ('proxy', fields.ForeignKeyField('models.Member', source_field='proxy_id', null=True, description='被邀请人', db_constraint=True, to_field='id', related_name='invitations_received', on_delete=OnDelete.CASCADE)),
                ('is_named', fields.BooleanField(description='指名邀请, 否则凭邀请码')),
                ('code_hash', fields.CharField(null=True, unique=True, description='邀请码散列', max_length=64)),
                ('relation', fields.CharEnumField(description='被授权人是授权人的', enum_type=FamilyRelation, max_length=16)),
                ('scopes', fields.JSONField(default=list, description='授权范围', encoder=JSON_DUMPS, decoder=loads)),
                ('pay_limit', fields.DecimalField(null=True, description='单笔代付上限', max_digits=16, decimal_places=2)),
                ('pay_limit_month', fields.DecimalField(null=True, description='每月代付上限', max_digits=16, decimal_places=2)),
                ('pay_limit_year', fields.DecimalField(null=True, description='每年代付上限', max_digits=16, decimal_places=2)),
                ('term_days', fields.IntField(description='授权期限, 天')),
                ('state', fields.CharEnumField(default=InvitationState.OPEN, description='邀请状态', enum_type=InvitationState, max_length=32)),
                ('invited_at', fields.DatetimeField(description='邀请时间', auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(description='失效时间', auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, description='接受或谢绝时间', auto_now=False, auto_now_add=False)),
                ('grant', fields.ForeignKeyField('models.FamilyGrant', source_field='grant_id', null=True, description='由此产生的授权', db_constraint=True, to_field='id', related_name='invitations', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'family_invitation', 'app': 'models', 'indexes': [Index(fields=['owner_id', 'invited_at']), Index(fields=['proxy_id', 'invited_at'])], 'pk_attr': 'id', 'table_description': '亲情共济邀请'},
            bases=['Model'],
        ),
        ops.AlterField(
            model_name='FamilyGrant',
            name='relation',
            field=fields.CharEnumField(description='被授权人是授权人的', enum_type=FamilyRelation, max_length=16),
        ),
        ops.AddField(
            model_name='FamilyGrant',
            name='pay_limit_month',
            field=fields.DecimalField(null=True, description='每月代付上限', max_digits=16, decimal_places=2),
        ),
        ops.AddField(
            model_name='FamilyGrant',
            name='pay_limit_year',
            field=fields.DecimalField(null=True, description='每年代付上限', max_digits=16, decimal_places=2),
        ),
        ops.AddIndex(
            model_name='Settlement',
            index=Index(fields=['payer_id', 'settled_at']),
        ),
        ops.AddConstraint(
            model_name='FamilyInvitation',
            constraint=CheckConstraint(check='owner_id <> proxy_id', name='family_invitation_two_people'),
        ),
    ]
