"""Doctors and pharmacists, and who is on duty when."""

from tortoise import fields

from models.institution import Institution
from models.row import Row


class Doctor(Row):
    """A registered insurance doctor (医保医师) of one institution."""

    code = fields.CharField(max_length=13, primary_key=True, description="医保医师编码")
    institution: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="doctors", description="注册机构"
    )
    institution_id: str
    name = fields.CharField(max_length=50, description="姓名")
    phone = fields.CharField(max_length=32, description="联系电话")
    scope: fields.JSONField[list[str]] = fields.JSONField(default=list, description="执业范围内的病种")
    since = fields.DateField(description="注册起")
    until = fields.DateField(null=True, description="注册止")

    class Meta:
        table = "doctor"
        table_description = "医保医师"


class Pharmacist(Row):
    """A licensed pharmacist (执业药师) of one pharmacy."""

    code = fields.CharField(max_length=20, primary_key=True, description="医保药师编码")
    institution: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="pharmacists", description="所在药店"
    )
    institution_id: str
    name = fields.CharField(max_length=50, description="姓名")
    since = fields.DateField(description="医保药师库有效起")
    until = fields.DateField(null=True, description="医保药师库有效止")

    class Meta:
        table = "pharmacist"
        table_description = "执业药师"


class DutyShift(Row):
    """A span in which a pharmacist is on duty (在岗排班)."""

    id = fields.UUIDField(primary_key=True)
    pharmacist: fields.ForeignKeyRelation[Pharmacist] = fields.ForeignKeyField(
        "models.Pharmacist", related_name="shifts", description="药师"
    )
    pharmacist_id: str
    institution: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="shifts", description="药店"
    )
    institution_id: str
    starts_at = fields.DatetimeField(description="到岗")
    ends_at = fields.DatetimeField(description="离岗")

    class Meta:
        table = "duty_shift"
        table_description = "药师排班"
        indexes = (("institution_id", "ends_at"),)
