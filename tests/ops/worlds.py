"""Looking things up in a sample world (查示例世界)."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from ops.world import catalogue
from ops.world.days import DEMO_NOW
from ops.world.pharmacies import Pharmacy
from ops.world.shelves import Offer, Shelves
from ops.world.world import World
from policy.calendar import shanghai_day
from policy.identifiers import (
    province,
)
from policy.prices import DatedPrice, ceiling

TODAY = shanghai_day(DEMO_NOW)


def rows(world: World, table: str) -> list[Any]:
    return list(world.tables()[table]())


def pharmacy(world: World, code: str) -> Pharmacy:
    return next(found for found in world.pharmacies if found.code == code)


def offers(world: World, code: str) -> dict[str, Offer]:
    shelves = Shelves(world.drugs, world.now)
    return {offer.drug.code: offer for offer in shelves.of(pharmacy(world, code))}


def drug(code: str) -> catalogue.Drug:
    return next(found for found in catalogue.drugs() if found.code == code)


def top_price(found: catalogue.Drug, seller: Pharmacy, on: date = TODAY) -> Decimal | None:
    reach = {seller.row.area, province(seller.row.area)}
    prices = [
        DatedPrice(price.kind, price.amount, price.since, price.until, price.source)
        for price in found.prices
        if price.area in reach
    ]
    limit = ceiling(prices, seller.row.area, on, joined_vbp=seller.row.joined_vbp)
    return limit.amount if limit else None


def codes(world: World, table: str) -> list[str]:
    return [row.code for row in rows(world, table)]


def fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    for table, made in world.tables().items():
        digest.update(table.encode())
        for row in made():
            digest.update(repr(row).encode())
    return digest.hexdigest()
