"""Settlements and reversals of people who are alike, in any order, straight through the use cases."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from uuid import UUID

from models import (
    Account,
    Accumulator,
    Member,
    Reversal,
    Settlement,
    StockItem,
    VisitDeductible,
)
from ops.road import Region
from policy.benefit.reversal import Settled
from policy.money import ZERO
from policy.terms import AccountKind, BenefitKind, Credential, GoodsFate, Role
from services.accumulators import bucket
from services.actor import Actor, Call
from services.bills import Tender
from services.reversal_plan import Wish, settled
from services.reversing import reverse_settlement
from services.settling import settle_fill
from tests.house import House
from tests.storm.ready import Wanted, deliver, filled, prescribed

SHARES = ("medfee_sumamt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay", "fund_pay_sumamt", "psn_part_amt")
"""What the law says of a bill; by which of the member's accounts it is paid hangs on the money at hand."""

ELECTRONIC = Tender(Credential.ELECTRONIC)
PACKAGES = 40


@dataclass
class Street:
    """One hospital and one pharmacy (一条街), and a clock that only goes on."""

    house: House
    region: Region
    area: str
    now: datetime
    before: Mapping[str, Decimal] = field(default_factory=dict)

    async def open(self) -> "Street":
        """Fill the shelf."""
        self.drugs = [line.drug_code for line in self.region.lines]
        items = await self.shelf()
        await deliver(items, 10_000, self.now)
        await StockItem.bulk_update(items, fields=["on_hand", "sellable"])
        self.before = await self.stock()
        return self

    async def shelf(self) -> list[StockItem]:
        """The stock rows of the drugs that are prescribed here."""
        return await StockItem.filter(pharmacy_id=self.region.pharmacy, drug_id__in=self.drugs)

    async def stock(self) -> dict[str, Decimal]:
        """What is on the shelf."""
        return {item.drug_id: item.on_hand for item in await self.shelf()}

    def later(self, dice: Random) -> None:
        """The same day, or some days on."""
        self.now += timedelta(seconds=7) + dice.choice((0, 0, 3, 10)) * timedelta(days=1)

    def prescription(self, dice: Random, *, is_for_disease: bool) -> Wanted:
        """Some packages of some drugs, of one of a few visits."""
        chosen = dice.sample(self.drugs, dice.randint(1, len(self.drugs)))
        return self.wanted(
            {drug: dice.randint(1, PACKAGES) for drug in chosen},
            BenefitKind.SPECIAL_DISEASE if is_for_disease else BenefitKind.OUTPATIENT,
            f"V{dice.randint(1, 3)}",
        )

    def wanted(self, drugs: Mapping[str, int], benefit: BenefitKind, visit: str) -> Wanted:
        """A prescription of this street."""
        disease = self.region.disease if benefit == BenefitKind.SPECIAL_DISEASE else None
        return Wanted(self.region.hospital, self.region.doctor, drugs, benefit, disease, visit)

    async def settle(self, member: Member, wanted: Wanted) -> Settlement:
        """A fill of that prescription, settled at the counter."""
        prescription, lines = await prescribed(member, self.now, wanted)
        items = {item.drug_id: item for item in await self.shelf()}
        fill = await filled(prescription, lines, [items[line.drug_id] for line in lines], self.now)
        await StockItem.bulk_update(items.values(), fields=["held"])
        code = self.region.pharmacy
        return await settle_fill(
            self.call(Actor(Role.PHARMACY, code, institution=code)), fill_id=fill.id, tender=ELECTRONIC
        )

    async def reverse(self, settlement_id: UUID, numbers: Collection[int] | None) -> Reversal:
        """Take lines back, or all that is left; the agency may at any time."""
        lines = None if numbers is None else [(number, None) for number in sorted(numbers)]
        return await reverse_settlement(
            self.call(Actor(Role.AGENCY, self.area, area=self.area)),
            settlement_id=settlement_id,
            reason="患者退药",
            wish=Wish(GoodsFate.RETURNED, lines),
        )

    def call(self, actor: Actor) -> Call:
        """A call at the street's time."""
        return Call(actor, self.now, self.house.tools)


async def history(member: Member) -> list[Settled]:
    """Everything a member ever settled, and what stands of it."""
    rows = (
        await Settlement.filter(member_id=member.id)
        .prefetch_related("fill__prescription", "reversals")
        .order_by("settled_at", "id")
    )
    return [settled(row) for row in rows]


def shares(one: Settled) -> list[Decimal] | None:
    """What stands of a settlement."""
    return None if one.now is None else [getattr(one.now, name) for name in SHARES]


async def ends(member: Member) -> dict[str, Any]:
    """What a member's settlements and reversals came to."""
    pots = await Accumulator.filter(member_id=member.id)
    visits = await VisitDeductible.filter(member_id=member.id)
    account = await Account.get(kind=AccountKind.MEMBER_ACCOUNT, owner=str(member.id))
    used = {(pot.year, pot.bucket): [pot.deductible_used, pot.fund_used] for pot in pots}
    return {
        "account": account.balance,
        "pots": {key: amounts for key, amounts in used.items() if any(amounts)},
        "visits": {row.visit_no: row.taken_at_pharmacies for row in visits if row.taken_at_pharmacies},
    }


def what_stands(found: Sequence[Settled], money: Decimal) -> dict[str, Any]:
    """What the figures of a member must be, by the statements that stand."""
    pots: dict[tuple[int, str], list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    visits: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in found:
        if one.now is None:
            continue
        money -= one.now.acct_pay
        visits[one.visit.partition(":")[2]] += one.now.act_pay_dedc
        for use in one.now.uses:
            pot = pots[one.facts.on.year, bucket(use.benefit, use.disease_code)]
            pot[0] += use.deductible
            pot[1] += use.fund
    return {
        "account": money,
        "pots": {key: used for key, used in pots.items() if any(used)},
        "visits": {visit: taken for visit, taken in visits.items() if taken},
    }


def bought(found: Sequence[Settled]) -> dict[str, Decimal]:
    """The packages that were kept, by drug."""
    packages: dict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in found:
        kept = {line.id for line in one.now.lines} if one.now else set()
        for line in one.facts.lines:
            packages[line.drug_code] += line.quantity if line.id in kept else ZERO
    return packages


async def only_what_was_kept(street: Street, found: Sequence[Settled], twin: Member) -> None:
    """The twin settles what is left of these, at the same moments."""
    for one in found:
        if one.now is None:
            continue
        kept = {line.id for line in one.now.lines}
        drugs = {line.drug_code: int(line.quantity) for line in one.facts.lines if line.id in kept}
        street.now = one.at
        await street.settle(twin, street.wanted(drugs, one.facts.benefit, one.visit.partition(":")[2]))
