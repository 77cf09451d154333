"""What enrolled faces look like to an engine, their mean in an area, and what each engine found."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('models', '0007_equivalents')]

    initial = False

    operations = [
        ops.CreateModel(
            name='FaceMean',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('area', fields.CharField(description='统筹区', max_length=6)),
                ('engine', fields.CharField(description='引擎', max_length=16)),
                ('model_version', fields.CharField(description='模型版本', max_length=64)),
                ('version', fields.IntField(description='版本')),
                ('people', fields.IntField(description='人数')),
                ('vector_sealed', fields.BinaryField(description='特征均值, 加密')),
                ('made_at', fields.DatetimeField(description='生成时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'face_mean', 'app': 'models', 'unique_together': (('area', 'engine', 'version'),), 'pk_attr': 'id', 'table_description': '人脸特征均值'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='FaceTemplate',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('enrolment', fields.ForeignKeyField('models.FaceEnrolment', source_field='enrolment_id', description='人脸建档', db_constraint=True, to_field='id', related_name='templates', on_delete=OnDelete.CASCADE)),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', description='参保人', db_constraint=True, to_field='id', related_name='face_templates', on_delete=OnDelete.CASCADE)),
                ('engine', fields.CharField(description='引擎', max_length=16)),
                ('model_version', fields.CharField(description='模型版本', max_length=64)),
                ('vector_sealed', fields.BinaryField(null=True, description='人脸特征, 加密')),
                ('unusable', fields.CharField(default='', description='不可用的原因代码', max_length=32)),
                ('picture_sha256', fields.CharField(description='建档照散列', max_length=64)),
                ('made_at', fields.DatetimeField(description='生成时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'face_template', 'app': 'models', 'unique_together': (('enrolment', 'engine'),), 'indexes': [Index(fields=['member_id']), Index(fields=['engine', 'model_version'])], 'pk_attr': 'id', 'table_description': '人脸特征模板'},
            bases=['Model'],
        ),
        ops.AlterField(
            model_name='IdentityCheck',
            name='bands_version',
            field=fields.CharField(default='', description='阈值版本', max_length=200),
        ),
        ops.AlterField(
            model_name='IdentityCheck',
            name='engine',
            field=fields.CharField(default='', description='引擎与版本', max_length=200),
        ),
        ops.AddField(
            model_name='IdentityCheck',
            name='findings',
            field=fields.JSONField(default=list, description='各引擎的结果', db_default=[], encoder=JSON_DUMPS, decoder=loads),
        ),
    ]
