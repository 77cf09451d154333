"""The numbers of enrolled faces, and their mean in one area."""

from uuid import UUID

from tortoise import fields

from models.member import FaceEnrolment, Member
from models.row import Row


class FaceTemplate(Row):
    """The numbers of one enrolled face as one engine sees it (人脸特征模板), encrypted.

    A picture that the engine cannot use has a row without numbers, which says why: it is not tried again
    until the model changes.
    """

    id = fields.UUIDField(primary_key=True)
    enrolment: fields.ForeignKeyRelation[FaceEnrolment] = fields.ForeignKeyField(
        "models.FaceEnrolment", related_name="templates", description="人脸建档"
    )
    enrolment_id: UUID
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="face_templates", description="参保人"
    )
    member_id: UUID
    picture = fields.SmallIntField(default=1, description="建档的第几张照片")
    engine = fields.CharField(max_length=16, description="引擎")
    model_version = fields.CharField(max_length=64, description="模型版本")
    vector_sealed = fields.BinaryField(null=True, description="人脸特征, 加密")
    unusable = fields.CharField(max_length=32, default="", description="不可用的原因代码")
    picture_sha256 = fields.CharField(max_length=64, description="建档照散列")
    made_at = fields.DatetimeField(description="生成时间")

    class Meta:
        table = "face_template"
        table_description = "人脸特征模板"
        unique_together = (("enrolment", "picture", "engine"),)
        indexes = (("member_id",), ("engine", "model_version"))


class FaceMean(Row):
    """The mean of an area's enrolled faces (人脸特征均值), one row per version; nobody's face."""

    id = fields.UUIDField(primary_key=True)
    area = fields.CharField(max_length=6, description="统筹区")
    engine = fields.CharField(max_length=16, description="引擎")
    model_version = fields.CharField(max_length=64, description="模型版本")
    version = fields.IntField(description="版本")
    people = fields.IntField(description="人数")
    vector_sealed = fields.BinaryField(description="特征均值, 加密")
    made_at = fields.DatetimeField(description="生成时间")

    class Meta:
        table = "face_mean"
        table_description = "人脸特征均值"
        unique_together = (("area", "engine", "version"),)
