"""A patient's order at one pharmacy, and what belongs to it."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint

from models.drug import Drug
from models.institution import Institution
from models.member import Member
from models.practitioner import Pharmacist
from models.prescription import Prescription, PrescriptionLine
from models.row import Row
from policy.terms import DeclineReason, FillState


class Fill(Row):
    """A fill: lines of one prescription claimed for one pharmacy (配药)."""

    id = fields.UUIDField(primary_key=True)
    prescription: fields.ForeignKeyRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="fills", description="处方"
    )
    prescription_id: UUID
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="fills", description="药店"
    )
    pharmacy_id: str
    member: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="fills", description="参保人"
    )
    member_id: UUID
    buyer: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="purchases", description="购药人, 本人或代购人"
    )
    buyer_id: UUID
    state = fields.CharEnumField(FillState, max_length=32, description="配药状态")
    requested_at = fields.DatetimeField(description="申请时间")
    requested_by = fields.CharField(max_length=64, description="申请者")
    expires_at = fields.DatetimeField(description="预留到期时间")
    split_reason = fields.CharField(max_length=200, default="", description="分开配药原因")
    delivery_address = fields.CharField(max_length=300, default="", description="配送地址")
    pharmacist: fields.ForeignKeyNullableRelation[Pharmacist] = fields.ForeignKeyField(
        "models.Pharmacist", related_name="reviews", null=True, description="审方药师"
    )
    pharmacist_id: str | None
    reviewed_at = fields.DatetimeField(null=True, description="审方时间")
    advice = fields.CharField(max_length=500, default="", description="用药指导")
    end_reason = fields.CharField(max_length=200, default="", description="终止原因")
    decline_reason = fields.CharEnumField(DeclineReason, max_length=32, null=True, description="拒单原因类别")
    ready_at = fields.DatetimeField(null=True, description="备药完成时间")
    courier = fields.CharField(max_length=100, default="", description="配送单位与单号")
    ended_at = fields.DatetimeField(null=True, description="终止或完成时间")

    lines: fields.ReverseRelation["FillLine"]

    class Meta:
        table = "fill"
        table_description = "配药"
        indexes = (
            ("pharmacy_id", "requested_at"),
            ("member_id", "requested_at"),
            ("prescription_id", "requested_at"),
            ("state", "expires_at"),
        )


class FillLine(Row):
    """One prescription line in a fill (配药明细). A line is in one live fill at most."""

    id = fields.UUIDField(primary_key=True)
    fill: fields.ForeignKeyRelation[Fill] = fields.ForeignKeyField(
        "models.Fill", related_name="lines", description="配药"
    )
    fill_id: UUID
    prescription_line: fields.ForeignKeyRelation[PrescriptionLine] = fields.ForeignKeyField(
        "models.PrescriptionLine", related_name="fill_lines", description="处方明细"
    )
    prescription_line_id: UUID
    drug: fields.ForeignKeyRelation[Drug] = fields.ForeignKeyField(
        "models.Drug", related_name="fill_lines", description="药品"
    )
    drug_id: str
    quantity = fields.DecimalField(max_digits=16, decimal_places=4, description="数量, 包装")
    price = fields.DecimalField(max_digits=16, decimal_places=6, description="销售价, 元/包装")
    trace_codes: fields.JSONField[list[str]] = fields.JSONField(default=list, description="药品追溯码")
    is_live = fields.BooleanField(default=True, description="有效占用")

    class Meta:
        table = "fill_line"
        table_description = "配药明细"
        constraints = (
            UniqueConstraint(
                fields=("prescription_line_id",), name="fill_line_one_live", condition="is_live"
            ),
            CheckConstraint(check="quantity > 0", name="fill_line_positive"),
        )


class PrescriberQuery(Row):
    """A pharmacist's objection and the prescriber's answer (审方质疑与答复)."""

    id = fields.UUIDField(primary_key=True)
    fill: fields.ForeignKeyRelation[Fill] = fields.ForeignKeyField(
        "models.Fill", related_name="queries", description="配药"
    )
    fill_id: UUID
    question = fields.CharField(max_length=500, description="质疑")
    asked_at = fields.DatetimeField(description="提出时间")
    answer = fields.CharField(max_length=500, default="", description="答复")
    upholds = fields.BooleanField(null=True, description="医师坚持原方")
    answered_at = fields.DatetimeField(null=True, description="答复时间")

    class Meta:
        table = "prescriber_query"
        table_description = "审方质疑"


class PickupCode(Row):
    """A short-lived code a patient shows at the counter (取药码). Only its keyed hash is kept."""

    id = fields.UUIDField(primary_key=True)
    prescription: fields.ForeignKeyRelation[Prescription] = fields.ForeignKeyField(
        "models.Prescription", related_name="pickup_codes", description="处方"
    )
    prescription_id: UUID
    shown_by: fields.ForeignKeyRelation[Member] = fields.ForeignKeyField(
        "models.Member", related_name="pickup_codes", description="出示人"
    )
    shown_by_id: UUID
    code_hash = fields.CharField(max_length=64, unique=True, description="取药码散列")
    expires_at = fields.DatetimeField(description="失效时间")
    used_at = fields.DatetimeField(null=True, description="使用时间")

    class Meta:
        table = "pickup_code"
        table_description = "取药码"
