from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('models', '0006_cases')]

    initial = False

    operations = [
        ops.AddField(
            model_name='Drug',
            name='pinyin_readings',
            field=fields.CharField(default='', description='拼音检索码: 各读音的首字母与全拼, 空格分隔', db_default='', max_length=2000),
        ),
        ops.AddField(
            model_name='PrescriptionLine',
            name='allows_equivalent',
            field=fields.BooleanField(default=False, description='按通用名开具, 可由其他厂家的同规格产品代替', db_default=False),
        ),
    ]
