"""Buying at several pharmacies what none has alone (分开配药): a proposal the patient may follow."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from models import FillLine, Prescription, PrescriptionLine
from policy.calendar import shanghai_day
from policy.parameters import parameter
from policy.preference import Choice
from policy.split import Shop, propose
from services.access import get_prescription
from services.actor import Call
from services.equivalents import equivalents
from services.law import lawful
from services.nearby import CANDIDATES, open_lines
from services.nearby_offers import Estimator, NearbyPharmacy, build_all
from services.nearby_search import After, Search, Want, check_search, find


@dataclass(frozen=True, slots=True)
class Part:
    """What to ask of one pharmacy (分开配药的一份): its code goes with these lines into requestFill."""

    pharmacy: NearbyPharmacy
    line_ids: Sequence[UUID]
    substitutes: Sequence[tuple[UUID, str]]


@dataclass(frozen=True, slots=True)
class Proposal:
    """The fewest pharmacies that together fill what can be filled (分开配药方案)."""

    parts: Sequence[Part]
    missing: Sequence[UUID]
    needs_reason: bool


async def propose_split(call: Call, search: Search, prescription_id: UUID) -> Proposal:
    """Propose the fewest pharmacies for the open lines (SX-14); the nearest `CANDIDATES` are looked at."""
    check_search(search)
    prescription = await get_prescription(call.actor, prescription_id, call.now)
    lines = await open_lines(prescription)
    day = shanghai_day(call.now)
    with lawful():
        same_allowed = parameter("split_same_drug_allowed", prescription.area, on=day).flag
        reason_required = parameter("split_reason_required", prescription.area, on=day).flag
    bound = {} if same_allowed else await bound_drugs(prescription)
    # what one pharmacy sells of a drug it must sell whole, so a drug's lines are one want
    wants = wants_of(lines, await equivalents(prescription, lines, call.now))
    rows = []
    for stale in (False, True):
        rows += await find(call.now, search, wants, stale=stale, after=After(), limit=CANDIDATES)
    shown = {one.code: one for one in build_all(rows, wants, Estimator(None, (), Decimal(0), day))}
    shops = [shop_of(one, bound) for one in shown.values() if not one.is_stale]
    # pharmacies gone quiet only help where the others have nothing
    had = frozenset[str]().union(*(shop.drugs for shop in shops))
    quiet = [shop_of(one, bound) for one in shown.values() if one.is_stale]
    shops += [Shop(shop.code, shop.distance, shop.drugs - had) for shop in quiet]
    plan = propose([want.drug_code for want in wants], shops)
    by_drug: dict[str, list[UUID]] = defaultdict(list)
    for line in lines:
        by_drug[line.drug_id].append(line.id)
    parts = [part_of(shown[code], drugs, by_drug) for code, drugs in plan.parts.items()]
    missing = [key for drug in plan.missing for key in by_drug[drug]]
    every = await PrescriptionLine.filter(prescription_id=prescription.id).count()
    is_partial = len(parts) > 1 or bool(missing) or len(lines) < every
    return Proposal(parts, missing, reason_required and is_partial and bool(parts))


def wants_of(lines: Sequence[PrescriptionLine], others: dict[UUID, tuple[Choice, ...]]) -> list[Want]:
    """The drugs of these lines, each once with its whole quantity; equivalents where all lines allow them."""
    by_drug: dict[str, list[PrescriptionLine]] = defaultdict(list)
    for line in lines:
        by_drug[line.drug_id].append(line)
    return [
        Want(
            None,
            code,
            sum((line.quantity for line in same), Decimal(0)),
            others.get(same[0].id, ()) if all(line.id in others for line in same) else (),
        )
        for code, same in by_drug.items()
    ]


def part_of(found: NearbyPharmacy, drugs: Sequence[str], by_drug: dict[str, list[UUID]]) -> Part:
    """What to ask of a pharmacy: the prescribed products, or what stands for those it has not enough of."""
    enough = [offer for offer in found.offers if offer.suffices]
    whole = {offer.drug_code for offer in enough if offer.stands_for is None}
    other = {offer.stands_for: offer.drug_code for offer in reversed(enough)}
    return Part(
        found,
        [key for drug in drugs for key in by_drug[drug]],
        [(key, other[drug]) for drug in drugs if drug not in whole for key in by_drug[drug]],
    )


async def bound_drugs(prescription: Prescription) -> dict[str, str]:
    """Drugs of which a pharmacy has a line already (SX-14): the rest must come from there."""
    rows = await FillLine.filter(
        prescription_line__prescription_id=prescription.id, is_live=True
    ).values_list("prescription_line__drug_id", "fill__pharmacy_id")
    return dict(rows)


def shop_of(found: NearbyPharmacy, bound: dict[str, str]) -> Shop:
    """A pharmacy as the proposal sees it."""
    drugs = frozenset(
        drug
        for offer in found.offers
        if offer.suffices and bound.get(drug := offer.stands_for or offer.drug_code, found.code) == found.code
    )
    return Shop(found.code, round(found.distance), drugs)
