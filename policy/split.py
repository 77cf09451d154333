"""Who together fills what nobody fills alone (分开配药方案): the fewest pharmacies, each drug at one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shop:
    """A pharmacy that could take part (候选药店): how many metres away, and the drugs it has in full."""

    code: str
    distance: int
    drugs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Split:
    """A proposal (分开配药方案): which drugs at which pharmacy, and what nobody has."""

    parts: Mapping[str, Sequence[str]]
    missing: Sequence[str]


EXACT_MAX = 7
"""With more drugs than this the way is taken greedily: a prescription rightly has five."""

Plan = tuple[int, tuple[str, ...]]
"""The way to all shops of a plan, and their codes in the order they were chosen."""


def propose(drugs: Sequence[str], shops: Iterable[Shop]) -> Split:
    """The fewest pharmacies that together have every drug (最少药店, SX-14); of these, the least way.

    A drug counts as had only where its whole quantity is, so no drug is ever bought at two pharmacies.
    Drugs that no shop has are named as missing; the others are proposed all the same.
    """
    known = list(dict.fromkeys(drugs))
    bits = {drug: 1 << number for number, drug in enumerate(known)}
    nearest: dict[int, Shop] = {}
    for shop in sorted(shops, key=lambda shop: (shop.distance, shop.code)):
        mask = sum(bits[drug] for drug in shop.drugs if drug in bits)
        if mask:
            # of shops with the same drugs only the nearest can be in the best plan
            nearest.setdefault(mask, shop)
    every = 0
    for mask in nearest:
        every |= mask
    plan = best_plan if len(known) <= EXACT_MAX else greedy_plan
    chosen = plan(every, nearest)
    by_code = {shop.code: shop for shop in nearest.values()}
    parts: dict[str, list[str]] = {code: [] for code in chosen}
    for drug in known:
        holders = [code for code in chosen if drug in by_code[code].drugs]
        if holders:
            parts[min(holders, key=lambda code: (by_code[code].distance, code))].append(drug)
    return Split(parts, [drug for drug in known if not bits[drug] & every])


def best_plan(wanted: int, shops: Mapping[int, Shop]) -> tuple[str, ...]:
    """The codes of the fewest shops whose drugs cover `wanted`, the least way among equals."""
    reached: dict[int, Plan] = {0: (0, ())}
    while wanted not in reached:
        farther: dict[int, Plan] = {}
        for covered, (way, codes) in reached.items():
            for mask, shop in shops.items():
                union = covered | mask
                if union == covered:
                    continue
                plan = (way + shop.distance, (*codes, shop.code))
                if union not in farther or plan < farther[union]:
                    farther[union] = plan
        reached = farther
    return reached[wanted][1]


def greedy_plan(wanted: int, shops: Mapping[int, Shop]) -> tuple[str, ...]:
    """The codes of few shops whose drugs cover `wanted`: each time the one that adds most."""
    codes: list[str] = []
    while wanted:
        mask = min(shops, key=lambda mask: (-(mask & wanted).bit_count(), shops[mask].distance))
        codes.append(shops[mask].code)
        wanted &= ~mask
    return tuple(codes)
