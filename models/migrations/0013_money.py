"""Reversals of settlements, and what settlements were computed from."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from orjson import loads
from policy.terms import GoodsFate
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import CheckConstraint

FROZEN = ("reversal", "reversal_line",)


def freeze(table: str) -> ops.RunSQL:
    """An operation that makes a table append-only (只增不改)."""
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [('models', '0012_privacy')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Reversal',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('number', fields.CharField(unique=True, description='冲正单号', max_length=30)),
                ('settlement', fields.ForeignKeyField('models.Settlement', source_field='settlement_id', description='原结算', db_constraint=True, to_field='id', related_name='reversals', on_delete=OnDelete.RESTRICT)),
                ('sequence', fields.SmallIntField(description='该结算的第几次冲正')),
                ('member', fields.ForeignKeyField('models.Member', source_field='member_id', description='参保人', db_constraint=True, to_field='id', related_name='reversals', on_delete=OnDelete.CASCADE)),
                ('payer', fields.ForeignKeyField('models.Member', source_field='payer_id', null=True, description='共济账户所有人', db_constraint=True, to_field='id', related_name='refunds', on_delete=OnDelete.CASCADE)),
                ('pharmacy', fields.ForeignKeyField('models.Institution', source_field='pharmacy_id', description='药店', db_constraint=True, to_field='code', related_name='reversals', on_delete=OnDelete.CASCADE)),
                ('hospital', fields.ForeignKeyField('models.Institution', source_field='hospital_id', description='开方机构', db_constraint=True, to_field='code', related_name='attributed_reversals', on_delete=OnDelete.CASCADE)),
                ('area', fields.CharField(description='参保统筹区', max_length=6)),
                ('reversed_at', fields.DatetimeField(description='冲正时间', auto_now=False, auto_now_add=False)),
                ('reversed_by', fields.CharField(description='冲正者', max_length=64)),
                ('reason', fields.CharField(description='冲正原因', max_length=200)),
                ('total', fields.DecimalField(description='退回医疗费总额', max_digits=16, decimal_places=2)),
                ('full_self_pay', fields.DecimalField(description='其中全自费', max_digits=16, decimal_places=2)),
                ('over_limit_self_pay', fields.DecimalField(description='其中超限价自费', max_digits=16, decimal_places=2)),
                ('advance_self_pay', fields.DecimalField(description='其中先行自付', max_digits=16, decimal_places=2)),
                ('eligible', fields.DecimalField(description='其中符合政策范围', max_digits=16, decimal_places=2)),
                ('deductible', fields.DecimalField(description='恢复的起付标准', max_digits=16, decimal_places=2)),
                ('pooled_fund', fields.DecimalField(description='退回统筹基金', max_digits=16, decimal_places=2)),
                ('fund_total', fields.DecimalField(description='退回基金合计', max_digits=16, decimal_places=2)),
                ('personal_total', fields.DecimalField(description='退回个人负担合计', max_digits=16, decimal_places=2)),
                ('account', fields.DecimalField(description='退回个人账户', max_digits=16, decimal_places=2)),
                ('family_account', fields.DecimalField(description='退回共济账户', max_digits=16, decimal_places=2)),
                ('cash', fields.DecimalField(description='退现金', max_digits=16, decimal_places=2)),
                ('budget_cost', fields.DecimalField(null=True, description='冲减开方机构的药品费用; 空为不计入', max_digits=16, decimal_places=2)),
                ('budget_fund', fields.DecimalField(null=True, description='冲减开方机构的基金支付; 空为不计入', max_digits=16, decimal_places=2)),
                ('remaining', fields.JSONField(null=True, description='剩余明细的医保待遇清单; 空为已全部冲正', encoder=JSON_DUMPS, decoder=loads)),
                ('effects', fields.JSONField(default=list, description='对参保人其他结算的影响, 只说明不更改', encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={'table': 'reversal', 'app': 'models', 'unique_together': (('settlement', 'sequence'),), 'indexes': [Index(fields=['member_id', 'reversed_at']), Index(fields=['pharmacy_id', 'reversed_at']), Index(fields=['hospital_id', 'reversed_at'])], 'pk_attr': 'id', 'table_description': '结算冲正'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ReversalLine',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('reversal', fields.ForeignKeyField('models.Reversal', source_field='reversal_id', description='冲正', db_constraint=True, to_field='id', related_name='lines', on_delete=OnDelete.CASCADE)),
                ('settlement_line', fields.OneToOneField('models.SettlementLine', source_field='settlement_line_id', description='结算明细', db_constraint=True, to_field='id', related_name='reversal', on_delete=OnDelete.RESTRICT)),
                ('goods', fields.CharEnumField(description='退货处理', enum_type=GoodsFate, max_length=32)),
            ],
            options={'table': 'reversal_line', 'app': 'models', 'indexes': [Index(fields=['reversal_id'])], 'pk_attr': 'id', 'table_description': '冲正明细'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Settlement',
            name='budget_cost',
            field=fields.DecimalField(null=True, description='计入开方机构的药品费用; 空为不计入', max_digits=16, decimal_places=2),
        ),
        ops.AddField(
            model_name='Settlement',
            name='budget_fund',
            field=fields.DecimalField(null=True, description='计入开方机构的基金支付; 空为不计入', max_digits=16, decimal_places=2),
        ),
        ops.AddField(
            model_name='Settlement',
            name='facts',
            field=fields.JSONField(null=True, description='待遇计算依据, 按行冲正时重算用; 空为尚未留存时的结算', encoder=JSON_DUMPS, decoder=loads),
        ),
        ops.AddConstraint(
            model_name='Reversal',
            constraint=CheckConstraint(check='total = full_self_pay + over_limit_self_pay + advance_self_pay + eligible', name='reversal_parts'),
        ),
        ops.AddConstraint(
            model_name='Reversal',
            constraint=CheckConstraint(check='total = fund_total + personal_total AND personal_total = account + family_account + cash', name='reversal_payers'),
        ),
        ops.AddConstraint(
            model_name='Reversal',
            constraint=CheckConstraint(check='full_self_pay >= 0 AND over_limit_self_pay >= 0 AND advance_self_pay >= 0 AND eligible >= 0 AND deductible >= 0 AND pooled_fund >= 0 AND fund_total >= pooled_fund AND account >= 0 AND family_account >= 0 AND cash >= 0', name='reversal_never_negative'),
        ),
        *[freeze(table) for table in FROZEN],
    ]
