"""Two people who pay for each other (一户), and what they buy in a year: by the very rules of the house."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from ops.year.city import City, CityDrug, CityHospital, CityPharmacy
from ops.year.people import EMPLOYEE, KINDS, RESIDENT, Person
from policy.benefit import BillFacts, BillLine, Statement, settle
from policy.benefit.reversal import changes, refund, remaining
from policy.calendar import quarter_start, shanghai_day
from policy.money import ZERO
from policy.terms import (
    BenefitKind,
    HospitalApproval,
    InsuredState,
    Residence,
)

REVERSED_SHARE, PART_SHARE, FAMILY_SHARE, NO_ACCOUNT_SHARE = 0.03, 0.4, 0.08, 0.1
"""How many settlements are reversed, how many of these by line; paid by the family; without the account."""

REVERSED_WITHIN_DAYS = 30
CREDITS = ((1, Decimal("1800.00")), (7, Decimal("900.00")))
"""Money into the account (划入): in which month, how much."""


@dataclass
class Bought:
    """One settlement (结算) with what it was computed from, and what of it still stands."""

    person: Person
    payer: Person | None
    number: int
    at: datetime
    pharmacy: CityPharmacy
    hospital: CityHospital
    facts: BillFacts
    statement: Statement
    stands: Statement | None

    def is_given(self, line_id: str) -> bool:
        """Whether a line still counts as sold (明细仍有效)."""
        return self.stands is not None and any(line.id == line_id for line in self.stands.lines)


@dataclass(frozen=True)
class TakenBack:
    """A reversal (冲正) of one or all lines: what stood before it, and what stands after."""

    bought: Bought
    number: int
    at: datetime
    before: Statement
    after: Statement | None


@dataclass(frozen=True)
class Credited:
    """Money that came into an account (划入)."""

    person: Person
    at: datetime
    amount: Decimal
    number: int


Deed = Bought | TakenBack | Credited


@dataclass
class Household:
    """A couple (一户) and how many settlements they have this year; `first` is their first's number."""

    city: City
    number: int
    first: int
    settlements: int

    def __post_init__(self) -> None:
        self.random = self.city.chance("household", self.number)
        self.people = [self._person(2 * self.number + place) for place in range(2)]
        self._next = self.first

    def _person(self, index: int) -> Person:
        kind = KINDS[index % len(KINDS)]
        account = self.new_id() if kind.insurance is EMPLOYEE else None
        return Person(self.new_id(), index, kind, account)

    def new_id(self) -> UUID:
        """A fresh identifier (标识)."""
        return UUID(int=self.random.getrandbits(128), version=4)

    def deeds(self) -> Iterator[Deed]:
        """Everything that happens in the year, in order (全年业务)."""
        waiting: list[tuple[datetime, int, Person | Bought | Credited]] = []
        for order in range(self.settlements):
            waiting.append((self.city.instant(self.random), order, self.random.choice(self.people)))
        for month, amount in CREDITS:
            at = self.city.begins.replace(month=month) + timedelta(hours=9)
            coming = (Credited(one, at, amount, month) for one in self.people if one.account)
            waiting += [(at, -1 - one.person.index, one) for one in coming]
        heapq.heapify(waiting)
        order = self.settlements
        while waiting:
            at, _, what = heapq.heappop(waiting)
            if isinstance(what, Person):
                bought = self._buy(what, at)
                yield bought
                if self.random.random() < REVERSED_SHARE:
                    order += 1
                    later = at + timedelta(seconds=self.random.randrange(60, REVERSED_WITHIN_DAYS * 86_400))
                    heapq.heappush(waiting, (later, order, bought))
            elif isinstance(what, Bought):
                yield self._take_back(what, at)
            else:
                what.person.balance += what.amount
                yield what

    def _buy(self, person: Person, at: datetime) -> Bought:
        rng, city = self.random, self.city
        pharmacy, hospital = rng.choice(city.pharmacies), rng.choice(city.hospitals)
        special = person.kind.disease is not None and (
            person.kind.insurance is RESIDENT or rng.random() < 0.6
        )
        payer = self._payer(person)
        facts = self._facts(person, payer, pharmacy, hospital, shanghai_day(at), special)
        found = settle(facts)
        person.use(found.uses)
        person.balance -= found.acct_pay
        if payer is not None:
            payer.balance -= found.acct_mulaid_pay
        number, self._next = self._next, self._next + 1
        paid_by = payer if found.acct_mulaid_pay else None
        bought = Bought(person, paid_by, number, at, pharmacy, hospital, facts, found, found)
        person.paid.append(bought)
        return bought

    def _payer(self, person: Person) -> Person | None:
        """The other one, when the family account is asked (共济付款人) and there is one."""
        if self.random.random() >= FAMILY_SHARE:
            return None
        return next((one for one in self.people if one is not person and one.account), None)

    def _facts(
        self,
        person: Person,
        payer: Person | None,
        pharmacy: CityPharmacy,
        hospital: CityHospital,
        on: date,
        is_special: bool,
    ) -> BillFacts:
        """What a bill is computed from (待遇计算依据), as `services.benefit.bill_facts` puts it together."""
        disease = person.kind.disease if is_special else None
        benefit = BenefitKind.SPECIAL_DISEASE if is_special else BenefitKind.OUTPATIENT
        used, common = person.used(benefit, disease), person.used(BenefitKind.OUTPATIENT, None)
        return BillFacts(
            area=self.city.area,
            on=on,
            insurance=person.kind.insurance,
            status=person.kind.status,
            insured=InsuredState.NORMAL,
            residence=Residence.LOCAL,
            benefit=benefit,
            disease_code=disease,
            prescriber_tier=hospital.tier,
            pharmacy_tier=None,
            deductible_taken_visit=ZERO,
            deductible_used_year=used.deductible,
            fund_used_year=used.fund,
            has_credential=True,
            contracted=True,
            has_prescription=True,
            reviewed=True,
            lines=tuple(self._lines(pharmacy, hospital, on)),
            use_account=person.account is not None and self.random.random() >= NO_ACCOUNT_SHARE,
            account_balance=person.balance,
            family_balance=payer.balance if payer else ZERO,
            place_in_province=True,
            place_area=self.city.area,
            has_personal_account=person.account is not None,
            quota_used_month=person.quota(disease, on.replace(day=1)) if is_special else ZERO,
            quota_used_quarter=person.quota(disease, quarter_start(on)) if is_special else ZERO,
            outpatient_deductible_used_year=common.deductible,
            outpatient_fund_used_year=common.fund,
        )

    def _lines(self, pharmacy: CityPharmacy, hospital: CityHospital, on: date) -> Iterator[BillLine]:
        chosen = self.random.sample(self.city.drugs, self.random.choice((1, 1, 1, 2, 2, 3)))
        for drug in chosen:
            yield self._line(drug, self.city.price(drug, pharmacy, on), hospital, on)

    def _line(self, drug: CityDrug, price: Decimal, hospital: CityHospital, on: date) -> BillLine:
        return BillLine(
            id=str(self.new_id()),
            drug_code=drug.code,
            quantity=Decimal(self.random.randint(1, 6)),
            price=price,
            list_class=drug.list_class,
            covered=drug.list_class != "03",
            payment_standard=self.city.standard(drug, hospital.area, on),
            limited_use=drug.limited_use,
            approval=HospitalApproval.APPROVED if drug.limited_use else HospitalApproval.NOT_ASKED,
            is_essential=drug.is_essential,
            is_dual_channel=drug.is_dual_channel,
        )

    def _take_back(self, bought: Bought, at: datetime) -> TakenBack:
        before, kept = bought.statement, set[str]()
        if len(bought.facts.lines) > 1 and self.random.random() < PART_SHARE:
            gone = self.random.choice(bought.facts.lines).id
            kept = {line.id for line in bought.facts.lines} - {gone}
        after = remaining(bought.facts, before, kept)
        if any(amount < 0 for amount in refund(before, after).values()):
            after = None  # such a one is taken back as a whole only
        bought.stands = after
        bought.person.use(changes(before, after))
        bought.person.balance += before.acct_pay - (after.acct_pay if after else ZERO)
        if bought.payer is not None:
            bought.payer.balance += before.acct_mulaid_pay - (after.acct_mulaid_pay if after else ZERO)
        return TakenBack(bought, bought.number, at, before, after)


def households(settlements: int) -> Iterator[tuple[int, int, int]]:
    """The couples of the city (全部住户): number, first settlement's number, how many settlements."""
    number = first = 0
    while first < settlements:
        size = min(SIZES[number % len(SIZES)], settlements - first)
        yield number, first, size
        number, first = number + 1, first + size


SIZES = (4, 10, 16, 20, 20, 50)
"""Settlements of a couple in a year: most buy now and then, some every week."""
