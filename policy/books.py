"""The entries of the books (会计分录): which account is debited, which credited, by which rule."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from policy.money import ZERO
from policy.terms import AccountKind


class Owner(StrEnum):
    """Whose account it is (账户所有者): the fund's area, the pharmacy, the member, who pays for him."""

    AREA = "AREA"
    PHARMACY = "PHARMACY"
    MEMBER = "MEMBER"
    PAYER = "PAYER"


@dataclass(frozen=True, slots=True)
class Side:
    """One side of an entry (分录). An amount below zero stands on the other side."""

    kind: AccountKind
    owner: Owner
    debit: Decimal = ZERO
    credit: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Entry:
    """A balanced entry (记账凭证) and the rule that asks for it."""

    rule: str
    sides: tuple[Side, ...]


@dataclass(frozen=True, slots=True)
class Paid:
    """Who paid what of a settlement (支付构成)."""

    pooled: Decimal = ZERO
    further: Decimal = ZERO
    account: Decimal = ZERO
    family: Decimal = ZERO
    cash: Decimal = ZERO
    online: Decimal = ZERO


def settlement_entry(paid: Paid) -> Entry:
    """The entry of a settlement (SX-27): the payable to the pharmacy, and what accounts and cash paid.

    Debit what is to be cleared from the funds, the members' accounts, the till and what was paid online
    before; credit the pharmacy's claim on the agency and its cash sales.
    """
    insured = paid.pooled + paid.further + paid.account + paid.family
    return entry(
        "SX-27",
        Side(AccountKind.POOLED_CLEARING, Owner.AREA, debit=paid.pooled),
        Side(AccountKind.FURTHER_FUNDS_CLEARING, Owner.AREA, debit=paid.further),
        Side(AccountKind.MEMBER_ACCOUNT, Owner.MEMBER, debit=paid.account),
        Side(AccountKind.MEMBER_ACCOUNT, Owner.PAYER, debit=paid.family),
        Side(AccountKind.PHARMACY_CASH, Owner.PHARMACY, debit=paid.cash),
        Side(AccountKind.PATIENT_DEPOSITS, Owner.PHARMACY, debit=paid.online),
        Side(AccountKind.PHARMACY_PAYABLE, Owner.PHARMACY, credit=insured),
        Side(AccountKind.PHARMACY_CASH_SALES, Owner.PHARMACY, credit=paid.cash + paid.online),
    )


def payment_entry(received: Decimal) -> Entry:
    """The entry of an external payment (线上支付): the provider owes what the pharmacy holds for a patient.

    Debit 应收第三方支付, credit 暂收患者款; a settlement or a refund takes the deposit away again.
    """
    return entry(
        "YL-PAYMENT",
        Side(AccountKind.EXTERNAL_RECEIVABLE, Owner.PHARMACY, debit=received),
        Side(AccountKind.PATIENT_DEPOSITS, Owner.PHARMACY, credit=received),
    )


def clearing_entry(pooled: Decimal, further: Decimal, account: Decimal, cut: Decimal) -> Entry:
    """The entry of a claim that the agency pays (SX-28).

    The pharmacy's claim ends, with what was cut of it (拒付): that the pharmacy bears. Then the expense:
    debit 统筹基金待遇支出——门诊统筹, credit 统筹基金支出户存款;
    debit 个人账户待遇支出, credit 个人账户支出户存款.
    """
    return entry(
        "SX-28",
        Side(AccountKind.PHARMACY_PAYABLE, Owner.PHARMACY, debit=pooled + further + account),
        Side(AccountKind.POOLED_CLEARING, Owner.AREA, credit=pooled),
        Side(AccountKind.FURTHER_FUNDS_CLEARING, Owner.AREA, credit=further),
        Side(AccountKind.ACCOUNT_CLEARING, Owner.AREA, credit=account),
        Side(AccountKind.POOLED_EXPENSE, Owner.AREA, debit=pooled - cut),
        Side(AccountKind.POOLED_DEPOSIT, Owner.AREA, credit=pooled - cut),
        Side(AccountKind.FURTHER_FUNDS_EXPENSE, Owner.AREA, debit=further),
        Side(AccountKind.FURTHER_FUNDS_DEPOSIT, Owner.AREA, credit=further),
        Side(AccountKind.ACCOUNT_EXPENSE, Owner.AREA, debit=account),
        Side(AccountKind.ACCOUNT_DEPOSIT, Owner.AREA, credit=account),
    )


def contribution_entry(amount: Decimal) -> Entry:
    """The entry of money that comes into a member's account (个人账户划入)."""
    return entry(
        "SX-27",
        Side(AccountKind.CONTRIBUTIONS, Owner.AREA, debit=amount),
        Side(AccountKind.MEMBER_ACCOUNT, Owner.MEMBER, credit=amount),
    )


def turned(found: Entry) -> Entry:
    """The entry that takes another back (红字冲销): every side turned round."""
    return replace(
        found, sides=tuple(replace(one, debit=one.credit, credit=one.debit) for one in found.sides)
    )


def entry(rule: str, *sides: Side) -> Entry:
    """An entry of the sides that are not nought, each amount above zero."""
    return Entry(rule, tuple(upright(side) for side in sides if side.debit or side.credit))


def upright(side: Side) -> Side:
    """The side with an amount above zero."""
    if side.debit < 0 or side.credit < 0:
        return replace(side, debit=-side.credit, credit=-side.debit)
    return side


def is_balanced(sides: Sequence[Side]) -> bool:
    """Whether the debits are the credits (借贷相等)."""
    return sum((one.debit for one in sides), ZERO) == sum((one.credit for one in sides), ZERO)
