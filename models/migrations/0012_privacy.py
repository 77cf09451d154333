"""Whose data an audit entry is about, and the chain of all entries."""
from tortoise import migrations
from tortoise.migrations import operations as ops
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

QUEUE = """
CREATE FUNCTION queue_for_sealing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_unsealed (entry_id) SELECT id FROM added;
    RETURN NULL;
END $$
"""
"""In the database, so that an older version that runs beside this one has its entries sealed too."""

QUEUE_TRIGGER = """
CREATE TRIGGER audit_entry_queued AFTER INSERT ON audit_entry
REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION queue_for_sealing()
"""

OLD_ENTRIES = "INSERT INTO audit_unsealed (entry_id) SELECT id FROM audit_entry"

FROZEN = ("audit_link", "audit_head")
CHAIN = ("audit_entry", *FROZEN)


def freeze(table: str) -> ops.RunSQL:
    """An operation that makes a table append-only (只增不改)."""
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_append_only ON {table}",
    )


def keep(table: str) -> ops.RunSQL:
    """An operation that lets nobody empty a table at one stroke (不可清空)."""
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_never_emptied BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_never_emptied ON {table}",
    )


class Migration(migrations.Migration):
    dependencies = [('models', '0011_sessions')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AuditHead',
            fields=[
                ('sequence', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True, description='序号')),
                ('hash', fields.BinaryField(description='链散列')),
                ('sealed_at', fields.DatetimeField(description='封存时间', auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'audit_head', 'app': 'models', 'pk_attr': 'sequence', 'table_description': '审计链头'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditLink',
            fields=[
                ('sequence', fields.BigIntField(primary_key=True, generated=False, unique=True, db_index=True, description='序号, 从 1 起')),
                ('entry_id', fields.UUIDField(unique=True, description='审计记录')),
                ('digest', fields.BinaryField(description='内容散列')),
                ('hash', fields.BinaryField(description='链散列')),
            ],
            options={'table': 'audit_link', 'app': 'models', 'pk_attr': 'sequence', 'table_description': '审计链'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='AuditUnsealed',
            fields=[
                ('entry_id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True, description='审计记录')),
            ],
            options={'table': 'audit_unsealed', 'app': 'models', 'pk_attr': 'entry_id', 'table_description': '待封存的审计记录'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='actor_member_id',
            field=fields.UUIDField(null=True, description='操作者本人, 若为参保人'),
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='institution',
            field=fields.CharField(default='', description='操作者机构编码', db_default='', max_length=30),
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='member_id',
            field=fields.UUIDField(null=True, description='所涉参保人'),
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='role',
            field=fields.CharField(default='', description='操作者角色', db_default='', max_length=32),
        ),
        ops.AddField(
            model_name='AuditEntry',
            name='things',
            field=fields.CharField(default='', description='看到的内容', db_default='', max_length=200),
        ),
        ops.AddIndex(
            model_name='AuditEntry',
            index=Index(fields=['member_id', 'at', 'id']),
        ),
        ops.RunSQL(QUEUE, "DROP FUNCTION queue_for_sealing()"),
        ops.RunSQL(QUEUE_TRIGGER, "DROP TRIGGER audit_entry_queued ON audit_entry"),
        ops.RunSQL(OLD_ENTRIES, "DELETE FROM audit_unsealed"),
        *[freeze(table) for table in FROZEN],
        *[keep(table) for table in CHAIN],
    ]
