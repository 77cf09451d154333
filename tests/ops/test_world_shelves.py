"""The sample world's people and pharmacies: who is where, what is on the shelves, at what price."""

from datetime import date
from decimal import Decimal

import pytest

from ops.world import cast
from ops.world.areas import FUJIAN, SHANXI
from ops.world.days import DEMO_NOW
from ops.world.member_cast import PEOPLE, USAGES
from ops.world.pharmacies import Pharmacy
from ops.world.pharmacists import shifts
from ops.world.pharmacy_cast import Shelf
from ops.world.shelves import Shelves, demo_drugs, is_sold_at_pharmacies
from ops.world.world import World
from policy.geography import distance_m
from policy.identifiers import (
    province,
)
from policy.prices import DatedPrice, payment_standard
from tests.ops.worlds import TODAY, codes, drug, offers, pharmacy, rows, top_price


def test_everyone_and_everything_in_the_cast_exists(world: World) -> None:
    known = {row.psn_no for row in rows(world, "member")}
    for table in ("drug", "institution", "doctor", "pharmacist"):
        known |= set(codes(world, table))
    named = {
        value
        for name, value in vars(cast).items()
        if isinstance(value, str) and value[-4:].isdigit() and not name.endswith(("_AREA", "_DISEASE"))
    }

    assert len(named) > 70
    assert named - known - {cast.FUJIAN_DIABETES} == set()
    assert {person.psn_no for person in PEOPLE} <= known
    assert {usage.psn_no for usage in USAGES} <= known
    assert set(cast.PORTRAITS) <= known


@pytest.mark.parametrize("code", [cast.FUJIAN_PHARMACY, cast.SHANXI_PHARMACY])
def test_the_demo_pharmacies_are_near_open_staffed_and_stocked(world: World, code: str) -> None:
    found = pharmacy(world, code)
    home = cast.FUJIAN_HOME if province(found.row.adcode) == FUJIAN else cast.SHANXI_HOME

    shelf = offers(world, code)

    assert distance_m((found.row.longitude, found.row.latitude), home) < 500
    assert on_duty(found) == {f"HY{code[1:]}1"}
    assert all(shelf[wanted].bought >= 20 and not shelf[wanted].sold for wanted in demo_drugs(found))


def on_duty(found: Pharmacy) -> set[str]:
    return {
        shift.pharmacist_id
        for shift in shifts(found, DEMO_NOW)
        if shift.starts_at <= DEMO_NOW < shift.ends_at
    }


@pytest.mark.parametrize(
    ("code", "is_staffed"),
    [
        (cast.FUJIAN_PHARMACY_CLOSED, False),
        (cast.FUJIAN_PHARMACY_NO_PHARMACIST, False),
        (cast.FUJIAN_PHARMACY_NIGHT, True),
        (cast.SHANXI_PHARMACY_CLOSED, False),
    ],
)
def test_nobody_is_on_duty_where_the_cast_says_so(world: World, code: str, is_staffed: bool) -> None:
    assert bool(on_duty(pharmacy(world, code))) is is_staffed


def test_shifts_stay_inside_the_opening_hours_and_cover_five_weeks(world: World) -> None:
    for found in world.pharmacies:
        open_minutes = {
            (span.weekday, minute) for span in found.hours for minute in (span.opens, span.closes)
        }
        made = list(shifts(found, DEMO_NOW))
        assert {shift.starts_at.date() for shift in made} <= set(roster_days())
        for shift in made:
            day = shift.starts_at.weekday()
            opens = [minute for weekday, minute in open_minutes if weekday == day]
            assert min(opens) <= shift.starts_at.hour * 60
            assert shift.starts_at < shift.ends_at


def roster_days() -> list[date]:
    return [date.fromordinal(date(2026, 3, 9).toordinal() + number) for number in range(35)]


@pytest.mark.parametrize(
    "code", [cast.FUJIAN_PHARMACY, cast.FUJIAN_PHARMACY_OTHER, cast.FUJIAN_PHARMACY_SANMING]
)
def test_honest_pharmacies_keep_to_the_ceiling_on_every_drug(world: World, code: str) -> None:
    found = pharmacy(world, code)

    for offer in offers(world, code).values():
        limit = top_price(offer.drug, found)
        assert limit is not None or offer.drug.code == cast.TELMISARTAN
        assert Decimal(0) < offer.price <= (limit or offer.price), offer.drug.row.generic_name


def test_the_dear_pharmacy_is_above_the_ceiling_with_every_demo_drug(world: World) -> None:
    found = pharmacy(world, cast.FUJIAN_PHARMACY_DEAR)
    shelf = offers(world, found.code)

    for code in demo_drugs(found):
        limit = top_price(shelf[code].drug, found)
        assert limit is not None
        assert shelf[code].price > limit


def test_a_few_of_the_others_are_above_the_ceiling_sold_out_or_near_expiry(world: World) -> None:
    shelves = Shelves(world.drugs, world.now)
    mixed = [found for found in world.pharmacies if found.shelf is Shelf.MIXED and found.row.area[:2] == "35"]
    kept = [(found, offer) for found in mixed for offer in shelves.of(found)]

    dear = [offer for found, offer in kept if offer.price > (top_price(offer.drug, found) or offer.price)]

    assert 0.002 < len(dear) / len(kept) < 0.03
    assert 0.01 < sum(offer.sold > 0 for _, offer in kept) / len(kept) < 0.06
    assert 0.005 < sum((offer.expires_on - TODAY).days < 30 for _, offer in kept) / len(kept) < 0.05
    assert all(offer.moved_at < DEMO_NOW and offer.bought_at < DEMO_NOW for _, offer in kept)


def test_shanxis_demo_has_one_drug_above_its_payment_standard(world: World) -> None:
    shelf = offers(world, cast.SHANXI_PHARMACY)
    above = []
    for line in cast.SHANXI_LINES:
        prices = [
            DatedPrice(price.kind, price.amount, price.since, price.until, price.source)
            for price in shelf[line.drug_code].drug.prices
            if price.area == SHANXI
        ]
        standard = payment_standard(prices, cast.SHANXI_AREA, TODAY)
        above.append(standard is not None and shelf[line.drug_code].price > standard)

    assert above == [False, True, False]


def test_the_partial_and_the_empty_pharmacy_cannot_fill_the_demo(world: World) -> None:
    last = cast.FUJIAN_LINES[-1].drug_code

    assert last not in offers(world, cast.FUJIAN_PHARMACY_PARTIAL)
    assert len(offers(world, cast.FUJIAN_PHARMACY_PARTIAL)) > 100
    empty = offers(world, cast.FUJIAN_PHARMACY_EMPTY)
    assert all(empty[line.drug_code].bought == empty[line.drug_code].sold for line in cast.FUJIAN_LINES)


def test_no_pharmacy_keeps_what_pharmacies_may_not_have(world: World) -> None:
    kept = {row.drug_id for row in rows(world, "stock_item")}

    assert kept == {found.code for found in world.drugs if is_sold_at_pharmacies(found)}
    assert not kept & {cast.MORPHINE, cast.ASTRAGALUS_PIECES, cast.HOSPITAL_PREPARATION, cast.PEN_NEEDLE}


@pytest.mark.parametrize("lines", [cast.FUJIAN_LINES, cast.FUJIAN_DIABETES_LINES, cast.SHANXI_LINES])
def test_the_demos_prescribe_as_many_days_as_the_packages_last(lines: tuple[cast.DemoLine, ...]) -> None:
    for line in lines:
        units = line.quantity * drug(line.drug_code).row.units_per_package
        assert units == line.dose * line.times_per_day * line.days


def test_fujians_demos_prescribe_only_what_treats_the_disease() -> None:
    for disease, lines in (
        (cast.FUJIAN_DISEASE, cast.FUJIAN_LINES),
        (cast.FUJIAN_DIABETES, cast.FUJIAN_DIABETES_LINES),
    ):
        assert all(disease in drug(line.drug_code).diseases for line in lines)
