"""Settling and reversing in any order: what stands is what was not taken back, or the difference is told."""

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.benefit import BillFacts, BillLine, Statement, settle
from policy.benefit.kept import jsonable, restored
from policy.benefit.reversal import (
    AMOUNTS,
    Pot,
    Settled,
    changes,
    effects,
    pot_of,
    refund,
    remaining,
    replay,
)
from policy.calendar import quarter_start
from policy.money import ZERO
from policy.terms import BenefitKind, PersonStatus
from tests.policy.identities import broken_identities
from tests.policy.random_bills import bill
from tests.policy.sample_facts import BILL, BILL_LINE, MONDAY

steady = settings(derandomize=True, max_examples=40, deadline=None)
START = datetime(2026, 3, 16, 1, 30, tzinfo=UTC)
FUZHOU, TAIYUAN, DATONG = "350100", "140100", "140200"


@dataclass
class Books:
    """A member's year as the house keeps it (年度累计): settlements, reversals, and what is used."""

    area: str
    history: list[Settled] = field(default_factory=list)
    pots: dict[tuple[int, Pot], list[Decimal]] = field(default_factory=dict)
    visits: dict[str, Decimal] = field(default_factory=dict)
    told: list[tuple[str, Decimal, Decimal]] = field(default_factory=list)
    clock: datetime = START

    def used(self, year: int, pot: Pot) -> list[Decimal]:
        """What of a benefit is used in a year."""
        return self.pots.setdefault((year, pot), [ZERO, ZERO])

    def facts(
        self, bill_lines: tuple[BillLine, ...], visit: str, benefit: BenefitKind, on: date
    ) -> BillFacts:
        """A bill with what was used before it."""
        disease = "M03900" if benefit is BenefitKind.SPECIAL_DISEASE else None
        own = self.used(on.year, pot_of(benefit, disease))
        common = self.used(on.year, (BenefitKind.OUTPATIENT, None))
        quotas = [
            (one.facts.on, use.fund)
            for one in self.history
            if one.now is not None and one.facts.disease_code == disease
            for use in one.now.uses
            if use.benefit is BenefitKind.SPECIAL_DISEASE
        ]
        return replace(
            BILL,
            area=self.area,
            on=on,
            status=PersonStatus.RETIRED,
            benefit=benefit,
            disease_code=disease,
            lines=bill_lines,
            use_account=True,
            account_balance=Decimal("20.00"),
            family_balance=Decimal("10.00"),
            deductible_taken_visit=self.visits.get(visit, ZERO),
            deductible_used_year=own[0],
            fund_used_year=own[1],
            outpatient_deductible_used_year=common[0],
            outpatient_fund_used_year=common[1],
            quota_used_month=sum((fund for day, fund in quotas if day.month == on.month), ZERO),
            quota_used_quarter=sum(
                (fund for day, fund in quotas if quarter_start(day) == quarter_start(on)), ZERO
            ),
        )

    def move(self, one: Settled, before: Statement | None, after: Statement | None) -> None:
        """Add what a change of statements uses, or gives back."""
        for change in changes(before, after):
            used = self.used(one.facts.on.year, pot_of(change.benefit, change.disease_code))
            used[0] += change.deductible
            used[1] += change.fund
            self.visits[one.visit] = self.visits.get(one.visit, ZERO) + change.deductible

    def settle(self, facts: BillFacts, visit: str) -> None:
        """Settle a bill."""
        self.clock += timedelta(seconds=1)
        one = Settled(f"{len(self.history):04}", visit, facts, ((self.clock, settle(facts)),))
        self.history.append(one)
        self.move(one, None, one.now)

    @staticmethod
    def left(one: Settled, kept: set[str]) -> BillFacts:
        """The bill of the lines that stay."""
        return replace(one.facts, lines=tuple(line for line in one.facts.lines if line.id in kept))

    def reverse(self, index: int, lines: set[str] | None) -> None:
        """Take back lines of a settlement, or all of it."""
        one = self.history[index]
        if one.now is None:
            return
        self.clock += timedelta(seconds=1)
        kept = {line.id for line in one.now.lines} - (lines or {line.id for line in one.now.lines})
        first = one.stands[0][1]
        assert first is not None
        after = remaining(one.facts, first, kept)
        back = refund(one.now, after)
        assert all(amount >= 0 for amount in back.values()), back
        assert after is None or broken_identities(self.left(one, kept), after) == []
        changed = replace(one, stands=(*one.stands, (self.clock, after)))
        was, self.history[index] = list(self.history), changed
        self.told += [(found.key, found.deductible, found.fund) for found in effects(was, self.history)]
        self.move(one, one.now, after)


lines = st.lists(
    st.builds(
        lambda number, price, quantity, is_essential: replace(
            BILL_LINE, id=number, price=price, quantity=quantity, is_essential=is_essential
        ),
        number=st.uuids().map(str),
        price=st.decimals(min_value=1, max_value=400, places=2),
        quantity=st.integers(1, 6).map(Decimal),
        is_essential=st.booleans(),
    ),
    min_size=1,
    max_size=3,
).map(tuple)

step = st.tuples(
    st.sampled_from(("settle", "settle", "reverse", "reverse line")),
    lines,
    st.sampled_from(("visit 1", "visit 2", "visit 3")),
    st.sampled_from((BenefitKind.OUTPATIENT, BenefitKind.SPECIAL_DISEASE)),
    st.integers(0, 40),
)


def played(area: str, steps: list[tuple[str, tuple[BillLine, ...], str, BenefitKind, int]]) -> Books:
    """The books after these steps, day by day."""
    books = Books(area)
    for number, (verb, bill_lines, visit, benefit, choice) in enumerate(steps):
        on = MONDAY + timedelta(days=number * 9)
        if verb == "settle" or not books.history:
            books.settle(books.facts(bill_lines, visit, benefit, on), visit)
            continue
        index = choice % len(books.history)
        now = books.history[index].now
        some = {now.lines[choice % len(now.lines)].id} if now and verb == "reverse line" else None
        books.reverse(index, some)
    return books


def afresh(books: Books) -> Books:
    """The books of a member who only ever settled what was not taken back."""
    fresh = Books(books.area)
    for one in books.history:
        if one.now is None:
            continue
        kept = {line.id for line in one.now.lines}
        some = tuple(line for line in one.facts.lines if line.id in kept)
        fresh.settle(fresh.facts(some, one.visit, one.facts.benefit, one.facts.on), one.visit)
    return fresh


@steady
@given(area=st.sampled_from((FUZHOU, TAIYUAN, DATONG)), steps=st.lists(step, min_size=2, max_size=9))
def test_what_is_used_is_what_stands(area: str, steps: list[tuple]) -> None:  # type: ignore[type-arg]  # drawn
    books = played(area, steps)

    standing: dict[tuple[int, Pot], list[Decimal]] = {}
    for one in books.history:
        for use in one.now.uses if one.now else ():
            used = standing.setdefault(
                (one.facts.on.year, pot_of(use.benefit, use.disease_code)), [ZERO, ZERO]
            )
            used[0] += use.deductible
            used[1] += use.fund
    assert {pot: used for pot, used in books.pots.items() if any(used)} == {
        pot: used for pot, used in standing.items() if any(used)
    }


@steady
@given(area=st.sampled_from((FUZHOU, TAIYUAN, DATONG)), steps=st.lists(step, min_size=2, max_size=9))
def test_the_difference_to_settling_the_rest_only_is_explained(area: str, steps: list[tuple]) -> None:  # type: ignore[type-arg]  # drawn
    books = played(area, steps)
    fresh = afresh(books)

    otherwise = [statement for one, statement in replay(books.history) if one.now is not None]

    # replaying what is kept gives the very figures of a member who never bought what was taken back
    for told, one in zip(otherwise, fresh.history, strict=True):
        assert told is not None
        assert one.now is not None
        assert [getattr(told, name) for name in AMOUNTS[:9]] == [
            getattr(one.now, name) for name in AMOUNTS[:9]
        ]
    if not books.told:
        standing = [one.now for one in books.history if one.now is not None]
        assert [now.fund_pay_sumamt for now in standing] == [
            one.now.fund_pay_sumamt for one in fresh.history if one.now is not None
        ]


@steady
@given(area=st.sampled_from((FUZHOU, TAIYUAN, DATONG)), steps=st.lists(step, min_size=2, max_size=8))
def test_taking_everything_back_leaves_nothing(area: str, steps: list[tuple]) -> None:  # type: ignore[type-arg]  # drawn
    books = played(area, steps)

    for index in range(len(books.history)):
        books.reverse(index, None)

    assert all(used == [ZERO, ZERO] for used in books.pots.values())
    assert set(books.visits.values()) <= {ZERO}


@steady
@given(steps=st.lists(step, min_size=3, max_size=8))
def test_the_last_settlement_is_taken_back_as_if_it_had_never_been(steps: list[tuple]) -> None:  # type: ignore[type-arg]  # drawn
    only = [("settle", *rest) for _, *rest in steps]
    books, without = played(FUZHOU, only), played(FUZHOU, only[:-1])

    books.reverse(len(books.history) - 1, None)

    assert books.told == []
    assert {pot: used for pot, used in books.pots.items() if any(used)} == {
        pot: used for pot, used in without.pots.items() if any(used)
    }


@settings(derandomize=True, max_examples=150, deadline=None)
@given(chance=st.randoms(use_true_random=False), region=st.sampled_from(("fujian", "shanxi")))
def test_facts_and_statements_come_back_as_they_were_kept(chance: object, region: str) -> None:
    facts = bill(chance, region)  # type: ignore[arg-type]  # hypothesis' Random

    assert restored(BillFacts, jsonable(facts)) == facts
    assert restored(Statement, jsonable(settle(facts))) == settle(facts)


@settings(derandomize=True, max_examples=150, deadline=None)
@given(chance=st.randoms(use_true_random=False), region=st.sampled_from(("fujian", "shanxi")))
def test_no_payer_gets_back_more_than_was_paid(chance: object, region: str) -> None:
    facts = replace(bill(chance, region), further_funds=())  # type: ignore[arg-type]  # hypothesis' Random
    facts = replace(facts, lines=tuple(replace(line, id=str(n)) for n, line in enumerate(facts.lines)))
    before = settle(facts)

    for gone in range(len(facts.lines)):
        kept = {line.id for line in facts.lines} - {str(gone)}
        back = refund(before, remaining(facts, before, kept))
        assert all(0 <= back[name] <= getattr(before, name) for name in AMOUNTS), back
