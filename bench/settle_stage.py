"""Orders to be settled (待结算的配药): of many people at many pharmacies, of one person, at one pharmacy."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from tortoise.transactions import in_transaction

from models import Agreement, Institution, StockBatch, StockItem
from ops.world import cast
from policy.money import ZERO
from policy.terms import AgreementState
from tests.storm.killed import seen_past_the_api
from tests.storm.ready import DRUGS, Ready, ready_fills
from tests.storm.twins import altered, twins

SPREAD, ONE_MEMBER, ONE_PHARMACY = "spread", "one member", "one pharmacy"
PEOPLE, PHARMACIES = 96, 8
MONEY = Decimal(10_000_000)


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders of one kind (待结算的配药); the first ones warm up what is cold and are not counted."""

    name: str
    warm: list[Ready]
    counted: list[Ready]


async def set_the_stage(database: str, now: datetime, many: int, warm: int) -> list[Orders]:
    """Write so many orders of each kind beside the sample world."""
    async with seen_past_the_api(database), in_transaction():
        people = [one.id for one in await twins(cast.FUJIAN_PATIENT, PEOPLE, MONEY)]
        pharmacies = await shelves()
        kinds = {
            SPREAD: (people, pharmacies),
            ONE_MEMBER: (people[:1], pharmacies),
            ONE_PHARMACY: (people, pharmacies[:1]),
        }
        found = []
        for name, (members, shops) in kinds.items():
            made = await ready_fills(warm + many, now, members, shops)
            found.append(Orders(name, made[:warm], made[warm:]))
        return found


async def shelves() -> list[str]:
    """Pharmacies like the demo's, each with a shelf of the orders' drugs, still empty."""
    model = await Institution.get(code=cast.FUJIAN_PHARMACY)
    agreement = await Agreement.filter(institution_id=model.code, state=AgreementState.ACTIVE).first()
    items = await StockItem.filter(pharmacy_id=model.code, drug_id__in=DRUGS)
    shops, contracts, rows, batches = [], [], [], []
    for number in range(PHARMACIES):
        shops.append(altered(model, code=f"P3501{9_000_000 + number}"))
        contracts.append(altered(agreement, id=uuid4(), institution_id=shops[-1].code))
        for item in items:
            batch = await StockBatch.filter(item_id=item.id).order_by("expires_on").last()
            empty = {"on_hand": ZERO, "sellable": ZERO, "held": ZERO}
            rows.append(altered(item, id=uuid4(), pharmacy_id=shops[-1].code, **empty))
            batches.append(altered(batch, id=uuid4(), item_id=rows[-1].id, on_hand=ZERO))
    await Institution.bulk_create(shops)
    await Agreement.bulk_create(contracts)
    await StockItem.bulk_create(rows)
    await StockBatch.bulk_create(batches)
    return [shop.code for shop in shops]
