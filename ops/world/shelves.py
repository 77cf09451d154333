"""What pharmacies keep, at what price and how fresh (示例货架)."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import ROUND_DOWN, Decimal
from functools import cached_property
from random import Random
from typing import NamedTuple
from uuid import UUID

from ops.world.areas import FUJIAN
from ops.world.cast import FUJIAN_DEMO_DRUGS, FUJIAN_LINES, SHANXI_DEMO_DRUGS, SHANXI_LINES, DemoLine
from ops.world.catalogue import Drug
from ops.world.ids import joined_id, stable_id
from ops.world.pharmacies import Pharmacy
from ops.world.pharmacy_cast import Shelf
from policy.calendar import shanghai_day
from policy.identifiers import province
from policy.terms import DrugKind, PriceKind

SUPPLIERS = ("示例医药配送甲公司", "示例医药配送乙公司", "示例医药配送丙公司")

# How likely a scattered pharmacy keeps a drug, sells it out, has it near its expiry or above the ceiling.
_KEPT_DEMO, _KEPT_ESSENTIAL, _KEPT_OTHER, _KEPT_SYNTHETIC = 0.95, 0.75, 0.55, 0.07
_SOLD_OUT, _NEAR_EXPIRY, _TOO_DEAR = 0.03, 0.02, 0.015
_NEVER_KEPT = (DrugKind.HERBAL_PIECES, DrugKind.HOSPITAL_PREPARATION)


class Offer(NamedTuple):
    """A drug on a shelf (货位): how many came and went, its price, and how old the figure is."""

    item_id: UUID
    drug: Drug
    bought: int
    sold: int
    price: Decimal
    expires_on: date
    bought_at: datetime
    moved_at: datetime
    supplier: str


class Shelves:
    """Fills shelves from a list of drugs (货架); synthetic drugs leave the catalogue's offers as they are."""

    def __init__(self, drugs: Sequence[Drug], now: datetime) -> None:
        self._drugs = [drug for drug in drugs if is_sold_at_pharmacies(drug)]
        self._now = now
        self._day = shanghai_day(now)
        self._prices: dict[tuple[str, bool], dict[str, int]] = {}
        self._ids = {drug.code: stable_id("stocked-drug", drug.code) for drug in self._drugs}

    def of(self, pharmacy: Pharmacy) -> Iterator[Offer]:
        """What this pharmacy keeps (在架药品)."""
        dice = Random(f"yaolu:shelves:{pharmacy.code}")
        prices = self._price_list(pharmacy.row.area, pharmacy.row.joined_vbp)
        shelf_id = pharmacy.shelf_id
        for drug in self._kept(pharmacy, dice):
            item_id = joined_id(shelf_id, self._ids[drug.code])
            yield self._offer(pharmacy, drug, item_id, prices[drug.code], dice)

    def _kept(self, pharmacy: Pharmacy, dice: Random) -> Iterator[Drug]:
        demo = demo_drugs(pharmacy)
        missing = demo_prescription(pharmacy)[-1] if pharmacy.shelf is Shelf.PARTIAL else None
        for drug in self._real:
            chance = _KEPT_ESSENTIAL if drug.row.is_essential else _KEPT_OTHER
            if drug.code in demo:
                chance = _KEPT_DEMO
            if drug.code != missing and (pharmacy.shelf is not Shelf.MIXED or dice.random() < chance):
                yield drug
        yield from dice.sample(self._synthetic, int(len(self._synthetic) * _KEPT_SYNTHETIC))

    @cached_property
    def _real(self) -> list[Drug]:
        return [drug for drug in self._drugs if not drug.is_synthetic]

    @cached_property
    def _synthetic(self) -> list[Drug]:
        return [drug for drug in self._drugs if drug.is_synthetic]

    def _offer(self, pharmacy: Pharmacy, drug: Drug, item_id: UUID, top_fen: int, dice: Random) -> Offer:
        mixed = pharmacy.shelf is Shelf.MIXED
        chance, near_chance, age_minutes = dice.random(), dice.random(), 10 + int(dice.random() * 9 * 24 * 60)
        bought = 6 + int(dice.random() * 54) + (0 if mixed else 40)
        emptied = pharmacy.shelf is Shelf.EMPTY and drug.code in demo_drugs(pharmacy)
        sold_out = chance < _SOLD_OUT if mixed else emptied
        near = near_chance < _NEAR_EXPIRY if mixed else pharmacy.shelf is Shelf.EMPTY
        days_left = 5 + int(dice.random() * 15) if near else 200 + int(dice.random() * 700)
        moved_at = self._now - timedelta(minutes=age_minutes)
        return Offer(
            item_id=item_id,
            drug=drug,
            bought=bought,
            sold=bought if sold_out else 0,
            price=Decimal(max(1, top_fen * _percent(pharmacy.shelf, dice) // 100)).scaleb(-2),
            expires_on=self._day + timedelta(days=days_left),
            bought_at=moved_at - timedelta(days=20) if sold_out else moved_at,
            moved_at=moved_at,
            supplier=SUPPLIERS[int(dice.random() * len(SUPPLIERS))],
        )

    def _price_list(self, area: str, joined_vbp: bool) -> dict[str, int]:
        key = area, joined_vbp
        if key not in self._prices:
            self._prices[key] = {
                drug.code: int(
                    (reference_price(drug, area, joined_vbp, self._day) * 100).quantize(
                        Decimal(1), ROUND_DOWN
                    )
                )
                for drug in self._drugs
            }
        return self._prices[key]


def is_sold_at_pharmacies(drug: Drug) -> bool:
    """Whether any sample pharmacy keeps it (药店可售)."""
    row = drug.row
    return (
        row.kind not in _NEVER_KEPT
        and row.restriction is None
        and not row.is_consumable
        and bool(drug.prices)
    )


def demo_prescription(pharmacy: Pharmacy) -> tuple[str, ...]:
    """The drugs of the demo prescription of the pharmacy's province (示例处方药品)."""
    return _codes(FUJIAN_LINES if province(pharmacy.row.adcode) == FUJIAN else SHANXI_LINES)


def demo_drugs(pharmacy: Pharmacy) -> tuple[str, ...]:
    """Every drug that the demos of the pharmacy's province use (示例药品)."""
    return _codes(FUJIAN_DEMO_DRUGS if province(pharmacy.row.adcode) == FUJIAN else SHANXI_DEMO_DRUGS)


def reference_price(drug: Drug, area: str, joined_vbp: bool, on: date) -> Decimal:
    """The price a sample pharmacy goes by (参考价): the lowest published price that binds it.

    Shanxi sets no ceiling for sales; there Fujian's listed price serves as the sample's market price.
    """
    of = province(area)
    found = [
        drug.price(PriceKind.LISTED, area, on) or drug.price(PriceKind.LISTED, FUJIAN, on),
        drug.price(PriceKind.NEGOTIATED, of, on),
        drug.price(PriceKind.AWARDED, of, on) if joined_vbp else None,
    ]
    known = [amount for amount in found if amount is not None]
    return min(known) if known else min(price.amount for price in drug.prices)


def _percent(shelf: Shelf, dice: Random) -> int:
    chance, spread = dice.random(), dice.random()
    match shelf:
        case Shelf.DEAR:
            return 108
        case Shelf.CHEAP:
            return 90
        case Shelf.MIXED if chance < _TOO_DEAR:
            return 103 + int(spread * 8)
        case Shelf.MIXED:
            return 86 + int(spread * 15)
        case _:
            return 96 + int(spread * 5)


def _codes(lines: tuple[DemoLine, ...]) -> tuple[str, ...]:
    return tuple(line.drug_code for line in lines)
