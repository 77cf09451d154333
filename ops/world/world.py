"""The sample world as a whole (示例世界): rows for every table, in the order their references ask for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import chain

from ops.world import books, hospitals, members, pharmacists, stock, synthetic
from ops.world.catalogue import Drug
from ops.world.days import DEMO_NOW
from ops.world.member_cast import Person
from ops.world.pharmacies import DEFAULT_PHARMACIES, Pharmacy, pharmacies
from ops.world.places import agreement, opening_hours
from ops.world.rows import AccountRow, MemberRow, Row
from ops.world.shelves import Shelves

MEMBERS_PER_PROVINCE = 30
_PHARMACIES_PER_MEMBER = 5


@dataclass(frozen=True)
class World:
    """A sample world of a size (示例世界), built around the day of `now`."""

    pharmacy_count: int = DEFAULT_PHARMACIES
    drug_count: int | None = None
    now: datetime = DEMO_NOW

    @cached_property
    def drugs(self) -> list[Drug]:
        """Every drug (药品)."""
        return list(synthetic.drugs(self.drug_count))

    @cached_property
    def pharmacies(self) -> list[Pharmacy]:
        """Every pharmacy (药店)."""
        return list(pharmacies(self.pharmacy_count))

    @cached_property
    def people(self) -> list[Person]:
        """Every insured person (参保人); a larger world has more."""
        return list(members.people(max(MEMBERS_PER_PROVINCE, self.pharmacy_count // _PHARMACIES_PER_MEMBER)))

    def member(self, psn_no: str) -> MemberRow:
        """One member's row (参保人), name and number in plain text, by person number."""
        return next(row for row in self._members() if row.psn_no == psn_no)

    def tables(self) -> dict[str, Callable[[], Iterator[Row]]]:
        """Each table's rows (各表数据), made anew by each call; tables that others refer to come first."""
        return {
            "drug": lambda: (drug.row for drug in self.drugs),
            "drug_disease": lambda: chain.from_iterable(drug.disease_rows() for drug in self.drugs),
            "drug_price": lambda: chain.from_iterable(drug.prices for drug in self.drugs),
            "institution": self._institutions,
            "agreement": self._agreements,
            "opening_hours": self._opening_hours,
            "doctor": lambda: iter(hospitals.doctors()),
            "pharmacist": lambda: chain.from_iterable(map(pharmacists.pharmacists, self.pharmacies)),
            "duty_shift": self._duty_shifts,
            "member": self._members,
            "special_disease_record": lambda: chain.from_iterable(map(members.special_diseases, self.people)),
            "family_grant": lambda: members.grants(self.now),
            "accumulator": lambda: members.accumulators(self.now),
            "account": self._accounts,
            "journal_entry": self._entries,
            "posting": self._postings,
            "stock_item": self._stock_items,
            "stock_batch": self._stock_batches,
            "stock_movement": self._stock_movements,
            "trace_prefix": lambda: (stock.trace_prefix(drug) for drug in self.drugs),
            "trace_code": self._trace_codes,
        }

    def _institutions(self) -> Iterator[Row]:
        yield from hospitals.institutions()
        for pharmacy in self.pharmacies:
            yield pharmacy.row._replace(heard_at=stock.heard_at(pharmacy, self.now))

    def _agreements(self) -> Iterator[Row]:
        yield from hospitals.agreements()
        yield from (agreement(pharmacy.code, pharmacy.agreement) for pharmacy in self.pharmacies)

    def _opening_hours(self) -> Iterator[Row]:
        yield from hospitals.hours()
        for pharmacy in self.pharmacies:
            yield from opening_hours(pharmacy.code, pharmacy.hours)

    def _duty_shifts(self) -> Iterator[Row]:
        for pharmacy in self.pharmacies:
            yield from pharmacists.shifts(pharmacy, self.now)

    def _members(self) -> Iterator[MemberRow]:
        for number, person in enumerate(self.people):
            yield members.member(person, number)

    def _accounts(self) -> Iterator[Row]:
        found = (books.member_account(person) for person in self.people)
        own: list[AccountRow] = [account for account in found if account is not None]
        areas = {person.area for person in self.people if person.profile.balance is not None}
        yield from (books.contributions(area) for area in sorted(areas))
        yield from own

    def _entries(self) -> Iterator[Row]:
        for person in self.people:
            entry = books.opening_entry(person, self.now)
            if entry is not None:
                yield entry

    def _postings(self) -> Iterator[Row]:
        for person in self.people:
            yield from books.opening_postings(person, self.now)

    def _stock_items(self) -> Iterator[Row]:
        shelves = Shelves(self.drugs, self.now)
        for pharmacy in self.pharmacies:
            yield from (stock.item(pharmacy, offer) for offer in shelves.of(pharmacy))

    def _stock_batches(self) -> Iterator[Row]:
        shelves = Shelves(self.drugs, self.now)
        for pharmacy in self.pharmacies:
            yield from (stock.batch(pharmacy, offer) for offer in shelves.of(pharmacy))

    def _trace_codes(self) -> Iterator[Row]:
        shelves = Shelves(self.drugs, self.now)
        for pharmacy in self.pharmacies:
            for offer in shelves.of(pharmacy):
                yield from stock.sold_boxes(pharmacy, offer)

    def _stock_movements(self) -> Iterator[Row]:
        shelves = Shelves(self.drugs, self.now)
        for pharmacy in self.pharmacies:
            for offer in shelves.of(pharmacy):
                yield from stock.movements(pharmacy, offer)
