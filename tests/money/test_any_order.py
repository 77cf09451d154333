"""Settling and reversing in any order comes to settling what was kept, or the difference was told."""

from datetime import UTC, datetime
from decimal import Decimal
from random import Random
from uuid import UUID

import pytest

from models import Member, Reversal
from ops.road import FUJIAN, SHANXI, Region
from ops.world import cast
from policy.benefit.reversal import Settled, replay
from tests.house import House
from tests.money.any_order import (
    Street,
    bought,
    ends,
    history,
    only_what_was_kept,
    shares,
    what_stands,
)
from tests.money.words import check_books
from tests.storm.twins import twins

MONEY = Decimal("300.00")
SETTLEMENTS, REVERSALS = 7, 6
FUZHOU = (FUJIAN, cast.FUJIAN_AREA, datetime(2026, 4, 20, 1, 30, tzinfo=UTC))
TAIYUAN = (SHANXI, cast.SHANXI_AREA, datetime(2026, 12, 18, 1, 30, tzinfo=UTC))
"""There the steps lead across the year's end; Fujian's notice ends with the year."""

PLACES = pytest.mark.parametrize("place", [FUZHOU, TAIYUAN], ids=["福建", "山西"])
SEEDS = pytest.mark.parametrize("seed", [1, 2])


async def street_of(house: House, place: tuple[Region, str, datetime]) -> Street:
    """A street with a full shelf."""
    return await Street(house, *place).open()


async def take_some_back(street: Street, dice: Random, member: Member) -> None:
    """Reverse a settlement that still stands, or a line of it."""
    standing = [one for one in await history(member) if one.now is not None]
    if standing:
        one = dice.choice(standing)
        assert one.now is not None
        ids = [line.id for line in one.now.lines]
        number = 1 + [line.id for line in one.facts.lines].index(dice.choice(ids))
        await street.reverse(UUID(one.key), dice.choice([None, [number]]))


async def effects_told(found: list[Settled]) -> dict[str, Decimal]:
    """By how much the fund's part of each settlement would be different, as all reversals together say."""
    told: dict[str, Decimal] = {}
    for row in await Reversal.filter(settlement_id__in=[one.key for one in found]):
        for effect in row.effects:
            key = effect["settlement"]
            told[key] = told.get(key, Decimal(0)) + Decimal(effect["fund"])
    return told


@PLACES
@SEEDS
async def test_any_mixture_comes_to_what_was_kept_or_the_difference_was_told(
    house: House, place: tuple[Region, str, datetime], seed: int
) -> None:
    street, dice = await street_of(house, place), Random(seed)
    member, twin = await twins(street.region.patient, 2, MONEY)
    steps = ["settle"] * SETTLEMENTS + ["reverse"] * REVERSALS
    dice.shuffle(steps)

    for step in steps:
        street.later(dice)
        if step == "reverse":
            await take_some_back(street, dice, member)
            continue
        is_for_disease = street.region is FUJIAN and dice.random() < 0.5
        await street.settle(member, street.prescription(dice, is_for_disease=is_for_disease))
    found = await history(member)
    await only_what_was_kept(street, found, twin)
    afresh = await history(twin)

    assert await ends(member) == what_stands(found, MONEY)
    assert await ends(twin) == what_stands(afresh, MONEY)
    sold = {drug: had - (await street.stock())[drug] for drug, had in street.before.items()}
    assert sold == {drug: bought([*found, *afresh]).get(drug, Decimal(0)) for drug in sold}
    # what would be of each, worked out from what was kept, is what the twin's settlements really are
    kept = [(one, otherwise) for one, otherwise in replay(found) if one.now is not None]
    would_be = [shares(Settled(one.key, one.visit, one.facts, ((one.at, now),))) for one, now in kept]
    assert would_be == [shares(one) for one in afresh]
    if not await effects_told(found):
        assert [shares(one) for one, _ in kept] == [shares(one) for one in afresh]
        assert (await ends(member))["pots"] == (await ends(twin))["pots"]
    await check_books()


@PLACES
@SEEDS
async def test_in_which_order_things_are_taken_back_makes_no_difference(
    house: House, place: tuple[Region, str, datetime], seed: int
) -> None:
    street, dice = await street_of(house, place), Random(seed)
    one, other, twin = await twins(street.region.patient, 3, MONEY)
    for _ in range(SETTLEMENTS):
        street.later(dice)
        wanted = street.prescription(dice, is_for_disease=street.region is FUJIAN and dice.random() < 0.5)
        for member in (one, other):
            await street.settle(member, wanted)
    size = [len(settlement.facts.lines) for settlement in await history(one)]
    lines = [(index, number) for index, many in enumerate(size) for number in range(1, many + 1)]
    wishes = dice.sample(lines, len(lines) // 2)

    for member in (one, other):
        dice.shuffle(wishes)
        keys = [UUID(settlement.key) for settlement in await history(member)]
        for index, number in wishes:
            street.later(dice)
            await street.reverse(keys[index], [number])
    found, others = await history(one), await history(other)
    await only_what_was_kept(street, found, twin)
    afresh = iter(await history(twin))

    assert [shares(settlement) for settlement in found] == [shares(settlement) for settlement in others]
    assert await ends(one) == await ends(other) == what_stands(found, MONEY)
    told = await effects_told(found)
    for index, settlement in enumerate(found):
        if settlement.now is None:
            continue
        bare = next(afresh).now
        assert bare is not None
        if index not in {touched for touched, _ in wishes}:
            # the law's order matters: exactly by as much as the reversals said
            difference = bare.fund_pay_sumamt - settlement.now.fund_pay_sumamt
            assert difference == told.get(settlement.key, Decimal(0))
    await check_books()
