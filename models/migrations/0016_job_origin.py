from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0015_movement_guard')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Job',
            name='request_id',
            field=fields.CharField(default='', description='来源请求编号', db_default='', max_length=64),
        ),
        ops.AddField(
            model_name='Job',
            name='traceparent',
            field=fields.CharField(default='', description='来源链路', db_default='', max_length=55),
        ),
    ]
