"""Mini-programs' accounts sealed, so that they can be hashed anew; faces from phones wait for a counter.

Faces that members enrolled by themselves so far count no longer until a counter has seen whose they are.
"""
from tortoise import fields, migrations
from tortoise.migrations import operations as ops

WAIT = "UPDATE face_enrolment SET state = 'UNCONFIRMED' WHERE state = 'ACTIVE' AND enrolled_by LIKE 'PATIENT:%'"
COUNT = "UPDATE face_enrolment SET state = 'ACTIVE' WHERE state = 'UNCONFIRMED'"


class Migration(migrations.Migration):
    dependencies = [('models', '0018_invoices')]

    initial = False

    operations = [
        ops.AddField(
            model_name='AccountLink',
            name='openid_sealed',
            field=fields.BinaryField(null=True, description='openid, 加密; 旧行为空'),
        ),
        ops.AddField(
            model_name='Device',
            name='openid_sealed',
            field=fields.BinaryField(null=True, description='openid, 加密; 旧行为空'),
        ),
        ops.AddField(
            model_name='FaceEnrolment',
            name='confirmed_at',
            field=fields.DatetimeField(null=True, description='当面核实时间', auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='IdentityCheck',
            name='likeness_id',
            field=fields.UUIDField(null=True, description='与之相符的待核实建档'),
        ),
        ops.RunSQL(WAIT, COUNT),
    ]
