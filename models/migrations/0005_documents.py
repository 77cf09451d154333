"""Documents registered before they are used."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.data import JSON_DUMPS
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0004_stock_guards')]

    initial = False

    operations = [
        ops.CreateModel(
            name='TrustedDocument',
            fields=[
                ('sha256', fields.CharField(primary_key=True, unique=True, db_index=True, description='文档文本的 SHA-256', max_length=64)),
                ('name', fields.CharField(description='操作名称', max_length=100)),
                ('text', fields.TextField(description='文档文本', unique=False)),
                ('roles', fields.JSONField(default=list, description='可使用的角色; 空为全部', encoder=JSON_DUMPS, decoder=loads)),
                ('registered_at', fields.DatetimeField(description='登记时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'trusted_document', 'app': 'models', 'pk_attr': 'sha256', 'table_description': '受信任文档'},
            bases=['Model'],
        ),
    ]
