"""Batches, trace codes, cases, and every field of the national stock interfaces."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from policy.terms import CaseKind, CaseState, MovementKind, TraceState
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

class Migration(migrations.Migration):
    dependencies = [('models', '0002_guards')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Case',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('key', fields.CharField(unique=True, description='同一事实只立一次的标识', max_length=120)),
                ('kind', fields.CharEnumField(description='线索类型', enum_type=CaseKind, max_length=32)),
                ('state', fields.CharEnumField(default=CaseState.OPEN, description='线索状态', enum_type=CaseState, max_length=32)),
                ('pharmacy', fields.ForeignKeyField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='cases', on_delete=OnDelete.CASCADE)),
                ('drug', fields.ForeignKeyField('models.Drug', source_field='drug_id', null=True, description='药品', db_constraint=True, to_field='code', related_name='cases', on_delete=OnDelete.CASCADE)),
                ('fill_id', fields.UUIDField(null=True, description='配药')),
                ('reference', fields.CharField(default='', description='追溯码、结算编号等', max_length=64)),
                ('text', fields.CharField(default='', description='情况说明', max_length=500)),
                ('evidence', fields.JSONField(default=list, description='证据的编号', encoder=JSON_DUMPS, decoder=loads)),
                ('opened_at', fields.DatetimeField(description='立案时间', auto_now=False, auto_now_add=False)),
                ('opened_by', fields.CharField(description='线索来源', max_length=100)),
                ('decided_at', fields.DatetimeField(null=True, description='认定时间', auto_now=False, auto_now_add=False)),
                ('decided_by', fields.CharField(default='', description='认定人', max_length=100)),
                ('decision', fields.CharField(default='', description='认定说明', max_length=500)),
            ],
            options={'table': 'case_file', 'app': 'models', 'indexes': [Index(fields=['pharmacy_id', 'kind', 'state']), Index(fields=['kind', 'opened_at'])], 'pk_attr': 'id', 'table_description': '监管线索'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='StockBatch',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('item', fields.ForeignKeyField('models.StockItem', source_field='item_id', description='库存', db_constraint=True, to_field='id', related_name='batches', on_delete=OnDelete.CASCADE)),
                ('serial', fields.CharField(default='', description='本店批次流水号', db_default='', max_length=30)),
                ('batch_number', fields.CharField(default='', description='生产批号', max_length=30)),
                ('made_on', fields.DateField(null=True, description='生产日期')),
                ('expires_on', fields.DateField(null=True, description='有效期止')),
                ('approval_number', fields.CharField(default='', description='批准文号', db_default='', max_length=100)),
                ('supplier', fields.CharField(default='', description='供货单位', max_length=200)),
                ('on_hand', fields.DecimalField(default=0, description='在库数量, 包装', max_digits=16, decimal_places=4)),
                ('came_at', fields.DatetimeField(description='首次入库时间', auto_now=False, auto_now_add=False)),
                ('recalled_at', fields.DatetimeField(null=True, description='召回时间', auto_now=False, auto_now_add=False)),
                ('recall_reason', fields.CharField(default='', description='召回原因', db_default='', max_length=200)),
            ],
            options={'table': 'stock_batch', 'app': 'models', 'unique_together': (('item', 'batch_number'),), 'pk_attr': 'id', 'table_description': '库存批次'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TraceCode',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('code', fields.CharField(description='药品追溯码', max_length=20)),
                ('drug', fields.ForeignKeyField('models.Drug', source_field='drug_id', description='药品', db_constraint=True, to_field='code', related_name='trace_codes', on_delete=OnDelete.CASCADE)),
                ('pharmacy', fields.ForeignKeyField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='trace_codes', on_delete=OnDelete.CASCADE)),
                ('state', fields.CharEnumField(description='追溯码状态', enum_type=TraceState, max_length=32)),
                ('is_split', fields.BooleanField(default=False, description='拆零标志', db_default=False)),
                ('fill_line_id', fields.UUIDField(null=True, description='配药明细')),
                ('changed_at', fields.DatetimeField(description='状态时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'trace_code', 'app': 'models', 'indexes': [Index(fields=['code']), Index(fields=['fill_line_id'])], 'pk_attr': 'id', 'table_description': '药品追溯码'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='TracePrefix',
            fields=[
                ('prefix', fields.CharField(primary_key=True, unique=True, db_index=True, description='追溯码前七位', max_length=7)),
                ('drug', fields.ForeignKeyField('models.Drug', source_field='drug_id', description='药品', db_constraint=True, to_field='code', related_name='trace_prefixes', on_delete=OnDelete.CASCADE)),
            ],
            options={'table': 'trace_prefix', 'app': 'models', 'pk_attr': 'prefix', 'table_description': '追溯码标识码'},
            bases=['Model'],
        ),
        ops.AddIndex(
            model_name='Agreement',
            index=Index(fields=['institution_id', 'state']),
        ),
        ops.AddField(
            model_name='Drug',
            name='is_otc',
            field=fields.BooleanField(default=False, description='非处方药', db_default=False),
        ),
        ops.AddField(
            model_name='Institution',
            name='heard_at',
            field=fields.DatetimeField(null=True, description='最近一次进销存变动或心跳; 空为从未', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='StockItem',
            name='local_code',
            field=fields.CharField(default='', description='本店目录编号', db_default='', max_length=30),
        ),
        ops.AddField(
            model_name='StockItem',
            name='local_name',
            field=fields.CharField(default='', description='本店目录名称', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='StockItem',
            name='next_expiry',
            field=fields.DateField(null=True, description='可售批次中最早的有效期止'),
        ),
        ops.AddField(
            model_name='StockItem',
            name='sellable',
            field=fields.DecimalField(default=0, description='可售数量: 未过期、未召回的批次之和, 包装', db_default=0, max_digits=16, decimal_places=4),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='approval_number',
            field=fields.CharField(default='', description='批准文号', db_default='', max_length=100),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='barcode',
            field=fields.CharField(default='', description='药品条形码', db_default='', max_length=30),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='batch',
            field=fields.ForeignKeyField('models.StockBatch', source_field='batch_id', null=True, description='批次', db_constraint=True, to_field='id', related_name='movements', on_delete=OnDelete.CASCADE),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='change_type',
            field=fields.CharField(default='', description='库存变更类型', db_default='', max_length=6),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='counted',
            field=fields.DecimalField(null=True, description='盘得数量, 包装; 仅盘点', max_digits=16, decimal_places=4),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='counterparty',
            field=fields.CharField(default='', description='调拨对方', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='delivery_note',
            field=fields.CharField(default='', description='随货单号', db_default='', max_length=50),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='fill_line_id',
            field=fields.UUIDField(null=True, description='配药明细; 仅销售与销售退货'),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='invoice_code',
            field=fields.CharField(default='', description='采购发票编码', db_default='', max_length=50),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='invoice_number',
            field=fields.CharField(default='', description='采购发票号', db_default='', max_length=50),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='is_gift',
            field=fields.BooleanField(default=False, description='商品赠送标志', db_default=False),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='is_split',
            field=fields.BooleanField(default=False, description='拆零标志', db_default=False),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='made_on',
            field=fields.DateField(null=True, description='生产日期'),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='memo',
            field=fields.CharField(default='', description='备注', db_default='', max_length=500),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='operator_name',
            field=fields.CharField(default='', description='经办人姓名', db_default='', max_length=50),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='original_id',
            field=fields.UUIDField(null=True, description='所退回或更正的原明细'),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='shelf',
            field=fields.CharField(default='', description='货架位', db_default='', max_length=20),
        ),
        ops.AddField(
            model_name='StockMovement',
            name='supplier_licence',
            field=fields.CharField(default='', description='供货单位许可证号', db_default='', max_length=50),
        ),
        ops.AddConstraint(
            model_name='StockItem',
            constraint=CheckConstraint(check='sellable >= 0 AND sellable <= on_hand', name='stock_item_sellable'),
        ),
        ops.AddConstraint(
            model_name='StockBatch',
            constraint=CheckConstraint(check='on_hand >= 0', name='stock_batch_never_below_zero'),
        ),
        ops.AddConstraint(
            model_name='TraceCode',
            constraint=UniqueConstraint(fields=('code',), name='trace_code_sold_once', condition="state = 'SOLD' AND NOT is_split"),
        ),
        ops.AddConstraint(
            model_name='TraceCode',
            constraint=UniqueConstraint(fields=('code', 'pharmacy_id'), name='trace_code_stocked_once', condition="state = 'IN_STOCK'"),
        ),
    ]
