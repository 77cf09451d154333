"""Comparing two sides' accounts (对账): the totals, and line by line."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal

from policy.money import ZERO
from policy.terms import ReconcileResult

NATIONAL: Mapping[ReconcileResult, str] = {
    ReconcileResult.EQUAL: "000000",
    ReconcileResult.ONLY_THERE: "000102",
    ReconcileResult.DIFFERENT: "000103",
}
"""The national interface's word for a result (stmt_rslt), as far as it is known to us."""


WORDS: Mapping[ReconcileResult, str] = {
    ReconcileResult.EQUAL: "一致",
    ReconcileResult.ONLY_HERE: "仅平台有",
    ReconcileResult.ONLY_THERE: "仅机构有",
    ReconcileResult.DIFFERENT: "金额不符",
}
"""A result in people's words (对账结果)."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is compared (对账金额); None is not compared. A reversal's amounts are below zero."""

    total: Decimal | None = None
    fund_total: Decimal | None = None
    account: Decimal | None = None
    family_account: Decimal | None = None
    cash: Decimal | None = None

    def differing(self, other: "Amounts") -> tuple[str, ...]:
        """The amounts that both sides name and that are not the same."""
        return tuple(
            one.name
            for one in fields(self)
            if None not in (getattr(self, one.name), getattr(other, one.name))
            and getattr(self, one.name) != getattr(other, one.name)
        )


@dataclass(frozen=True, slots=True)
class Compared:
    """One number on both sides (对账明细)."""

    number: str
    result: ReconcileResult
    here: Amounts | None
    there: Amounts | None
    differing: tuple[str, ...] = ()


def compare(here: Mapping[str, Amounts], there: Mapping[str, Amounts]) -> Iterator[Compared]:
    """Every number of either side, in order: equal, only here, only there, or with amounts that differ."""
    for number in sorted(here.keys() | there.keys()):
        ours, theirs = here.get(number), there.get(number)
        if ours is None:
            yield Compared(number, ReconcileResult.ONLY_THERE, None, theirs)
        elif theirs is None:
            yield Compared(number, ReconcileResult.ONLY_HERE, ours, None)
        else:
            names = ours.differing(theirs)
            result = ReconcileResult.DIFFERENT if names else ReconcileResult.EQUAL
            yield Compared(number, result, ours, theirs, names)


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a period (对总账): how many settlements and reversals, and the net amounts."""

    settlements: int
    reversals: int
    amounts: Amounts


def compare_totals(here: Totals, there: Totals) -> tuple[ReconcileResult, tuple[str, ...]]:
    """Whether two sides' totals agree (对总账), and which of them don't."""
    names = here.amounts.differing(there.amounts)
    counts = tuple(
        name for name in ("settlements", "reversals") if getattr(here, name) != getattr(there, name)
    )
    ours, theirs = here.settlements + here.reversals, there.settlements + there.reversals
    if not counts and not names:
        return ReconcileResult.EQUAL, ()
    if theirs > ours:
        return ReconcileResult.ONLY_THERE, counts + names
    return (ReconcileResult.ONLY_HERE if ours > theirs else ReconcileResult.DIFFERENT), counts + names


def net(amounts: Amounts, sign: int) -> Amounts:
    """The amounts as they count: a reversal's below zero (退费为负)."""
    return Amounts(*(sign * (getattr(amounts, one.name) or ZERO) for one in fields(amounts)))
