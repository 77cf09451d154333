"""The ledger: accounts, journal entries and postings, append-only."""

from uuid import UUID

from tortoise import fields
from tortoise.migrations.constraints import CheckConstraint

from models.row import Row
from policy.terms import AccountKind as AccountKind


class Account(Row):
    """A ledger account (账户). `balance` is kept for members' accounts only: credit minus debit.

    The other accounts are written by every settlement; their balance is the sum of their postings,
    so that no row of theirs is locked.
    """

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharEnumField(AccountKind, max_length=32, description="科目")
    owner = fields.CharField(max_length=36, description="所有者: 统筹区、机构或参保人")
    balance = fields.DecimalField(max_digits=16, decimal_places=2, null=True, description="余额")

    class Meta:
        table = "account"
        table_description = "账户"
        unique_together = (("kind", "owner"),)
        constraints = (CheckConstraint(check="balance >= 0", name="account_never_below_zero"),)


class JournalEntry(Row):
    """One balanced entry (记账凭证)."""

    id = fields.UUIDField(primary_key=True)
    kind = fields.CharField(max_length=32, description="凭证类型")
    reference = fields.CharField(max_length=64, unique=True, description="业务单号")
    text = fields.CharField(max_length=200, description="摘要")
    booked_at = fields.DatetimeField(description="记账时间")

    postings: fields.ReverseRelation["Posting"]

    class Meta:
        table = "journal_entry"
        table_description = "记账凭证"


class Posting(Row):
    """One debit or credit of an entry (分录)."""

    id = fields.UUIDField(primary_key=True)
    entry: fields.ForeignKeyRelation[JournalEntry] = fields.ForeignKeyField(
        "models.JournalEntry", related_name="postings", description="凭证"
    )
    entry_id: UUID
    account: fields.ForeignKeyRelation[Account] = fields.ForeignKeyField(
        "models.Account", related_name="postings", description="账户"
    )
    account_id: UUID
    debit = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="借方")
    credit = fields.DecimalField(max_digits=16, decimal_places=2, default=0, description="贷方")

    class Meta:
        table = "posting"
        table_description = "分录"
        indexes = (("entry_id",), ("account_id",))
        constraints = (
            CheckConstraint(
                check="(debit > 0 AND credit = 0) OR (credit > 0 AND debit = 0)", name="posting_one_side"
            ),
        )
