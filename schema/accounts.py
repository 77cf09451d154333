"""Members' own accounts as callers see them."""

from datetime import date
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry
from strawberry import Private, field

import models
from schema.scalars import Instant, Money
from services.accounts import AccountStatement as Found

KINDS = {
    "SETTLEMENT": "购药支付",
    "REVERSAL": "冲正退回",
    "CREDIT": "划入",
    "CONTRIBUTION": "划入",
}
"""What moved, in a patient's words; another entry shows its own text."""


@strawberry.type(description="个人账户的一笔变动")
class AccountMovement:
    entry: Private[models.JournalEntry]
    id: UUID = field(description="凭证编号")
    booked_at: Instant = field(description="记账时间")
    what: str = field(description="变动类别")
    reference: str = field(description="业务单号: 结算、冲正或划入单号")
    text: str = field(description="摘要")
    amount: Money = field(description="金额, 收入为正, 支出为负")
    balance: Money = field(description="变动后的余额")

    @classmethod
    def of(cls, entry: models.JournalEntry, amount: Decimal, balance: Decimal) -> Self:
        return cls(
            entry=entry,
            id=entry.id,
            booked_at=Instant(entry.booked_at),
            what=KINDS.get(entry.kind, entry.text),
            reference=entry.reference,
            text=entry.text,
            amount=Money(amount),
            balance=Money(balance),
        )


@strawberry.type(description="个人账户对账单: 期初 + 收入 - 支出 = 期末")
class AccountStatement:
    since: date = field(description="起始日, 北京时间, 含当日")
    until: date = field(description="截止日, 北京时间, 含当日")
    carried_over: Money = field(description="上年结转: 截止日所在年度年初的余额, 全部结转使用")
    opening: Money = field(description="期初余额")
    came: Money = field(description="收入合计")
    went: Money = field(description="支出合计")
    closing: Money = field(description="期末余额")

    @classmethod
    def of(cls, found: Found) -> Self:
        return cls(
            since=found.since,
            until=found.until,
            carried_over=Money(found.carried_over),
            opening=Money(found.opening),
            came=Money(found.came),
            went=Money(found.went),
            closing=Money(found.closing),
        )


@strawberry.type(description="已划入的个人账户")
class CreditedAccounts:
    last_entry_id: UUID = field(description="最后一笔的凭证编号")
    booked_at: Instant = field(description="记账时间")

    @classmethod
    def of(cls, row: models.JournalEntry) -> Self:
        return cls(last_entry_id=row.id, booked_at=Instant(row.booked_at))
