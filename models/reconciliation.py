"""What every day's reconciliation found, pharmacy by pharmacy."""

from datetime import date, datetime

from tortoise import fields

from models.institution import Institution
from models.row import Row
from policy.terms import ReconcileResult


class ReconciliationDay(Row):
    """A pharmacy's day (日对账): what was booked, whether the house agrees with itself, what was filed."""

    id = fields.UUIDField(primary_key=True)
    pharmacy: fields.ForeignKeyRelation[Institution] = fields.ForeignKeyField(
        "models.Institution", related_name="reconciliation_days", description="药店"
    )
    pharmacy_id: str
    day: date = fields.DateField(description="对账日, 北京时间")
    settlements = fields.IntField(default=0, description="结算笔数")
    reversals = fields.IntField(default=0, description="冲正笔数")
    total = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="医疗费净额")
    fund_total = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="基金净额")
    differences = fields.IntField(default=0, description="平台各账之间不一致的单数")
    compared_at: datetime | None = fields.DatetimeField(null=True, description="平台核对时间; 空为尚未")
    filed_at: datetime | None = fields.DatetimeField(null=True, description="药店最近对账时间; 空为未对账")
    filed_result = fields.CharEnumField(
        ReconcileResult, max_length=32, null=True, description="药店最近对账结果"
    )

    class Meta:
        table = "reconciliation_day"
        table_description = "日对账"
        unique_together = (("pharmacy", "day"),)
