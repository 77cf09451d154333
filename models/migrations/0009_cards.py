"""Readings of ID cards, enrolment with consent, and what retention needs."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from policy.terms import CardReading, EnrolmentState
from tortoise import fields
from tortoise.indexes import Index

EARLIER_CARDS = """
UPDATE identity_image SET reading = 'UNREAD', has_number = true WHERE kind IN ('CARD', 'MEMBER_CARD')
"""
"""Until now a card came with its number from a reader, and was refused without: nobody reads it any more."""

RETAINED = """
CREATE FUNCTION refuse_change_within_retention() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('yaolu.retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'rows of % are never changed or removed', TG_TABLE_NAME USING ERRCODE = '23001';
END $$
"""
"""Whoever removes what its time is over says so in the transaction; everybody else may not."""

EVENT_TRIGGER = """
CREATE TRIGGER event_append_only BEFORE UPDATE OR DELETE ON event FOR EACH ROW EXECUTE FUNCTION {0}()
"""
NO_EVENT_TRIGGER = "DROP TRIGGER event_append_only ON event"


def archive(table: str) -> ops.RunSQL:
    """An operation that forbids removing rows (处方存档, FJ-9.2: two years at least)."""
    return ops.RunSQL(
        f"CREATE TRIGGER {table}_archived BEFORE DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"DROP TRIGGER {table}_archived ON {table}",
    )


IMAGES_DUE = "CREATE INDEX identity_image_due ON identity_image (kept_until) WHERE purged_at IS NULL"
IMAGE_KEYS = "CREATE INDEX identity_image_key ON identity_image (image_key)"
FACE_KEYS = "CREATE INDEX face_enrolment_keys ON face_enrolment (image_key)"
SECOND_FACE_KEYS = (
    "CREATE INDEX face_enrolment_second_key ON face_enrolment (second_image_key) WHERE second_image_key <> ''"
)
SIGNATURE_KEYS = "CREATE INDEX fee_list_signature_image ON fee_list_signature (image_key)"
# rows come in the order of time, so a small index of ranges is enough
OLD_EVENTS = "CREATE INDEX event_occurred ON event USING brin (occurred_at)"
OLD_KEYS = "CREATE INDEX idempotency_record_done ON idempotency_record USING brin (done_at)"
MANUAL = "CREATE INDEX identity_check_manual ON identity_check (submitted_at) WHERE method = 'MANUAL'"


class Migration(migrations.Migration):
    dependencies = [('models', '0008_faces')]

    initial = False

    operations = [
        ops.AddField(
            model_name='FaceEnrolment',
            name='advice',
            field=fields.CharField(default='', description='提示', db_default='', max_length=200),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='consent_version',
            field=fields.CharField(default='', description='同意书版本', db_default='', max_length=32),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='decided_at',
            field=fields.DatetimeField(null=True, description='结论时间', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='enrolled_by',
            field=fields.CharField(default='', description='办理者', db_default='', max_length=100),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='purged_at',
            field=fields.DatetimeField(null=True, description='影像清除时间', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='reason',
            field=fields.CharField(default='', description='不予建档的原因代码', db_default='', max_length=64),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='second_image_key',
            field=fields.CharField(default='', description='第二张影像的存储键', db_default='', max_length=64),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='state',
            field=fields.CharEnumField(default=EnrolmentState.ACTIVE, description='建档状态', db_default=EnrolmentState.ACTIVE, enum_type=EnrolmentState, max_length=32),
        ),
        ops.AddIndex(
            model_name='FaceEnrolment',
            index=Index(fields=['member_id', 'state']),
        ),
        ops.AddField(
            model_name='IdentityCheck',
            name='by_card',
            field=fields.BooleanField(default=False, description='与证件照比对, 而非建档照', db_default=False),
        ),
        ops.AddField(
            model_name='IdentityImage',
            name='has_number',
            field=fields.BooleanField(default=False, description='读卡器给出的号码一致', db_default=False),
        ),
        ops.AddField(
            model_name='IdentityImage',
            name='matched',
            field=fields.CharField(default='', description='识读一致的栏目', db_default='', max_length=32),
        ),
        ops.AddField(
            model_name='IdentityImage',
            name='reader',
            field=fields.CharField(default='', description='识读引擎与版本', db_default='', max_length=64),
        ),
        ops.AddField(
            model_name='IdentityImage',
            name='unread_reason',
            field=fields.CharField(default='', description='未能识读的原因代码', db_default='', max_length=64),
        ),
        ops.AddField(
            model_name='IdentityImage',
            name='reading',
            field=fields.CharEnumField(null=True, description='证件识读结果', enum_type=CardReading, max_length=32),
        ),
        ops.RunSQL(EARLIER_CARDS, "UPDATE identity_image SET reading = NULL"),
        ops.RunSQL(RETAINED, "DROP FUNCTION refuse_change_within_retention()"),
        ops.RunSQL(NO_EVENT_TRIGGER, EVENT_TRIGGER.format("refuse_change")),
        ops.RunSQL(EVENT_TRIGGER.format("refuse_change_within_retention"), NO_EVENT_TRIGGER),
        archive("prescription"),
        archive("prescription_line"),
        ops.RunSQL(IMAGES_DUE, "DROP INDEX identity_image_due"),
        ops.RunSQL(IMAGE_KEYS, "DROP INDEX identity_image_key"),
        ops.RunSQL(FACE_KEYS, "DROP INDEX face_enrolment_keys"),
        ops.RunSQL(SECOND_FACE_KEYS, "DROP INDEX face_enrolment_second_key"),
        ops.RunSQL(SIGNATURE_KEYS, "DROP INDEX fee_list_signature_image"),
        ops.RunSQL(OLD_EVENTS, "DROP INDEX event_occurred"),
        ops.RunSQL(OLD_KEYS, "DROP INDEX idempotency_record_done"),
        ops.RunSQL(MANUAL, "DROP INDEX identity_check_manual"),
    ]
