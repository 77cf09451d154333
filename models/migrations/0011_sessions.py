"""Signing in from a mini-program: devices, linked accounts, link codes."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0010_family')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AccountLink',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('openid_hash', fields.CharField(unique=True, description='openid 的带钥散列', max_length=64)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', description='参保人', db_constraint=True, to_field='id', related_name='account_links', on_delete=OnDelete.CASCADE)),
                ('linked_at', fields.DatetimeField(description='绑定时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'account_link', 'app': 'models', 'pk_attr': 'id', 'table_description': '小程序账号绑定'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Device',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('openid_hash', fields.CharField(description='openid 的带钥散列', max_length=64)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', null=True, description='参保人', db_constraint=True, to_field='id', related_name='devices', on_delete=OnDelete.CASCADE)),
                ('name', fields.CharField(description='设备名称', max_length=50)),
                ('generation', fields.IntField(default=0, description='刷新令牌的代')),
                ('signed_in_at', fields.DatetimeField(description='登录时间', auto_now=False, auto_now_add=False)),
                ('refreshed_at', fields.DatetimeField(description='最近刷新时间', auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(description='失效时间', auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, description='退出时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'device', 'app': 'models', 'indexes': [Index(fields=['member_id', 'signed_in_at']), Index(fields=['openid_hash'])], 'pk_attr': 'id', 'table_description': '登录设备'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='LinkCode',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', description='参保人', db_constraint=True, to_field='id', related_name='link_codes', on_delete=OnDelete.CASCADE)),
                ('code_hash', fields.CharField(unique=True, description='绑定码散列', max_length=64)),
                ('issued_by', fields.CharField(description='发码者', max_length=100)),
                ('issued_at', fields.DatetimeField(description='发码时间', auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(description='失效时间', auto_now=False, auto_now_add=False)),
                ('used_at', fields.DatetimeField(null=True, description='使用时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'link_code', 'app': 'models', 'indexes': [Index(fields=['member_id', 'issued_at'])], 'pk_attr': 'id', 'table_description': '绑定码'},
            bases=['Model'],
        ),
    ]
