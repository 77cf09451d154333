"""Events as subscribers see them: ids, and the things themselves as far as one may see them."""

import base64
import hashlib
from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from policy.terms import EventKind
from schema.case import Case
from schema.context import Info
from schema.fill import Fill, IdentityCheck, PrescriberQuery
from schema.payment import Payment
from schema.prescription import Prescription
from schema.scalars import Instant
from services.errors import BadInput

ABOUT_QUERY = (EventKind.FILL_QUERIED, EventKind.QUERY_ANSWERED)
ABOUT_CASE = (
    EventKind.CASE_OPENED,
    EventKind.CASE_ANSWERED,
    EventKind.CASE_PROVEN,
    EventKind.CASE_DISMISSED,
    EventKind.EXIT_ALERT,
)

ABOUT_PAYMENT = (
    EventKind.PAYMENT_OPENED,
    EventKind.PAYMENT_PAID,
    EventKind.PAYMENT_CLOSED,
    EventKind.PAYMENT_REFUNDING,
    EventKind.PAYMENT_REFUNDED,
)


@strawberry.type(description="事件")
class Event:
    row: Private[models.Event]
    id: UUID = field(description="事件编号; 断线重连后按它去重")
    cursor: str = field(description="游标; 重连时作为 after 传入, 从下一条接着收")
    sequence: int = field(description="主题内序号, 连续递增")
    kind: EventKind = field(description="事件类型")
    occurred_at: Instant = field(description="发生时间")
    prescription_id: UUID | None = field(description="处方编号")
    fill_id: UUID | None = field(description="配药编号")

    @classmethod
    def of(cls, row: models.Event) -> Self:
        return cls(
            row=row,
            id=row.id,
            cursor=cursor(row.sequence, row.topic),
            sequence=row.sequence,
            kind=row.kind,
            occurred_at=Instant(row.occurred_at),
            prescription_id=row.prescription_id,
            fill_id=row.fill_id,
        )

    @strawberry.field(description="处方; 无权查看时为空")
    async def prescription(self, info: Info) -> Prescription | None:
        row = await info.context.loaders.prescription.find(self.row.prescription_id)
        return Prescription.of(row) if row else None

    @strawberry.field(description="配药; 无权查看时为空")
    async def fill(self, info: Info) -> Fill | None:
        row = await info.context.loaders.fill.find(self.row.fill_id)
        return Fill.of(row) if row else None

    @strawberry.field(description="审方质疑")
    async def query(self, info: Info) -> PrescriberQuery | None:
        key = self.row.subject_id if self.row.kind in ABOUT_QUERY else None
        row = await info.context.loaders.query.find(key)
        return PrescriberQuery.of(row) if row else None

    @strawberry.field(description="身份核验")
    async def identity_check(self, info: Info) -> IdentityCheck | None:
        is_about_one = self.row.kind in (EventKind.IDENTITY_DECIDED, EventKind.CARDS_READ)
        key = self.row.subject_id if is_about_one else None
        row = await info.context.loaders.identity_check.find(key)
        return IdentityCheck.of(row) if row else None

    @strawberry.field(description="线上支付; 无权查看时为空")
    async def payment(self, info: Info) -> Payment | None:
        key = self.row.subject_id if self.row.kind in ABOUT_PAYMENT else None
        row = await info.context.loaders.payment.find(key)
        return Payment.of(row) if row else None

    @strawberry.field(description="监管线索; 无权查看时为空")
    async def case(self, info: Info) -> Case | None:
        key = self.row.subject_id if self.row.kind in ABOUT_CASE else None
        row = await info.context.loaders.case.find(key)
        return Case.of(row) if row else None


def cursor(sequence: int, topic: str) -> str:
    """An opaque cursor of a place in a topic."""
    return base64.urlsafe_b64encode(f"e{sequence}.{mark(topic)}".encode()).decode()


def mark(topic: str) -> str:
    """A few letters by which a cursor of another topic is told apart."""
    return hashlib.sha256(topic.encode()).hexdigest()[:8]


def sequence_of(text: str | None, topic: str) -> int | None:
    """The place in the topic that a cursor stands for."""
    if text is None:
        return None
    try:
        number, _, of = base64.urlsafe_b64decode(text.encode()).decode().partition(".")
        sequence = int(number.removeprefix("e"))
        if not number.startswith("e") or not 0 <= sequence < 2**63:
            raise ValueError
    except ValueError as error:
        raise BadInput("after", "游标无效,请使用事件返回的 cursor。") from error
    if of != mark(topic):
        raise BadInput("after", "游标属于另一个事件流。请使用同一参保人或机构的事件返回的 cursor。")
    return sequence
