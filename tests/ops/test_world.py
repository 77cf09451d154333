"""The sample world: sound, alike everywhere, and written once."""

import hashlib
import subprocess
import sys
from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import islice, pairwise
from typing import Any

import pytest
from tortoise import fields

import models
from ops.world import cast, catalogue
from ops.world.areas import FUJIAN, PROVINCES, SHANXI, counties, county, pooling_areas
from ops.world.days import DEMO_NOW
from ops.world.member_cast import PEOPLE, USAGES
from ops.world.pharmacies import Pharmacy
from ops.world.pharmacists import shifts
from ops.world.pharmacy_cast import Shelf
from ops.world.rows import COLUMNS, Row
from ops.world.shelves import Offer, Shelves, demo_drugs, is_sold_at_pharmacies
from ops.world.stock import movements
from ops.world.stored import columns
from ops.world.world import World
from policy.calendar import shanghai_day
from policy.geography import distance_m
from policy.identifiers import (
    is_doctor_code,
    is_drug_code,
    is_id_number,
    is_institution_code,
    is_trace_code,
    pooling_area,
    province,
)
from policy.prices import DatedPrice, ceiling, payment_standard
from policy.terms import DrugKind, DrugRestriction, ListClass, PriceKind

TODAY = shanghai_day(DEMO_NOW)
MODELS = {
    model._meta.db_table: model
    for name in models.__all__
    if isinstance(model := getattr(models, name), type) and hasattr(model, "_meta")
}


@pytest.fixture(scope="module")
def world() -> World:
    return World()


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


# --- codes and references --------------------------------------------------------------------------------


def test_every_code_has_its_national_form(world: World) -> None:
    consumables = {found.code for found in world.drugs if found.row.is_consumable}

    assert [code for code in codes(world, "drug") if not is_drug_code(code)] == list(consumables)
    assert all(is_institution_code(code) for code in codes(world, "institution"))
    assert all(is_doctor_code(code) for code in codes(world, "doctor"))


def codes(world: World, table: str) -> list[str]:
    return [row.code for row in rows(world, table)]


def test_synthetic_drugs_and_many_pharmacies_have_sound_codes_too() -> None:
    large = World(3_000, 2_000)

    assert len({found.code for found in large.drugs}) == 2_000
    assert all(is_drug_code(found.code) for found in large.drugs if not found.row.is_consumable)
    assert len({found.code for found in large.pharmacies}) == 3_000
    assert all(is_institution_code(found.code) for found in large.pharmacies)
    assert len({found.trace_prefix for found in large.drugs}) == 2_000


def test_identity_numbers_are_samples_with_a_valid_check_digit(world: World) -> None:
    members = rows(world, "member")

    assert all(is_id_number(row.id_number, allow_samples=True) for row in members)
    assert not any(is_id_number(row.id_number) for row in members)
    assert len({row.id_number for row in members}) == len(members)
    assert all(row.id_number[6:14] == f"{row.birth_date:%Y%m%d}" for row in members)
    assert all(int(row.id_number[16]) % 2 == int(row.sex) % 2 for row in members)


def test_identity_numbers_stay_unique_in_a_large_world() -> None:
    members = rows(World(50_000), "member")

    assert len(members) > 20_000
    assert len({row.id_number for row in members}) == len(members)


def test_trace_codes_are_sound_and_no_box_has_two(world: World) -> None:
    shelves = Shelves(world.drugs, world.now)
    cast_pharmacies = [found for found in world.pharmacies if found.shelf is not Shelf.MIXED]
    boxes = [
        code
        for found in cast_pharmacies
        for offer in shelves.of(found)
        for code in next(movements(found, offer)).trace_codes
    ]

    assert len(boxes) > 10_000
    assert all(is_trace_code(code) for code in boxes)
    assert len(set(boxes)) == len(boxes)


@pytest.mark.parametrize("table", list(COLUMNS))
def test_rows_fit_their_table(world: World, table: str) -> None:
    known = {
        f"{name}_id" if isinstance(field, fields.relational.RelationalField) else name: field
        for name, field in MODELS[table]._meta.fields_map.items()
    }

    assert set(columns(table)) <= set(known)
    plain = [(name, known[name]) for name in COLUMNS[table] if name in known]
    for row in islice(world.tables()[table](), 2_000):
        values = dict(zip(COLUMNS[table], row, strict=True))
        for name, field in plain:
            assert values[name] is not None or field.null, f"{table}.{name} must not be empty"
            if isinstance(field, fields.CharField):
                assert values[name] is None or len(str(values[name])) <= field.max_length, f"{table}.{name}"


def test_every_reference_leads_to_a_row(world: World) -> None:
    keys: dict[str, set[object]] = {}
    targets = {"parent_id": "institution", "institution_id": "institution", "pharmacy_id": "institution"}
    targets |= {"drug_id": "drug", "member_id": "member", "owner_id": "member", "proxy_id": "member"}
    targets |= {"pharmacist_id": "pharmacist", "item_id": "stock_item"}
    targets |= {"entry_id": "journal_entry", "account_id": "account"}
    for table, made in world.tables().items():
        found: set[object] = set()
        count = 0
        for count, row in enumerate(made(), 1):  # noqa: B007  # how many there were
            found.add(row[0])
            for name, value in zip(COLUMNS[table], row, strict=True):
                if name in targets and value is not None:
                    known = found if targets[name] == table else keys[targets[name]]
                    assert value in known, f"{table}.{name} {value}"
        assert len(found) == count, f"{table} has an identifier twice"
        keys[table] = found


# --- the catalogue -----------------------------------------------------------------------------------------


def test_the_catalogue_has_every_kind_of_drug_that_rules_tell_apart() -> None:
    drugs = [found.row for found in catalogue.drugs()]

    assert len(drugs) >= 80
    assert {row.restriction for row in drugs} == {None, *DrugRestriction}
    assert {row.kind for row in drugs} == set(DrugKind)
    assert {row.list_class for row in drugs} == set(ListClass)
    assert all(row.is_sample for row in drugs)
    for flag in ("is_insulin", "is_essential", "is_vbp", "is_negotiated", "is_dual_channel", "limited_use"):
        assert any(getattr(row, flag) for row in drugs), flag


def test_every_disease_has_a_drug_and_every_drug_a_known_disease() -> None:
    treated = {code for found in catalogue.drugs() for code in found.diseases}

    assert treated == set(catalogue.diseases())
    assert {of for disease in catalogue.diseases().values() for of in disease.provinces} == set(PROVINCES)


def test_published_prices_follow_each_other_without_overlap() -> None:
    for found in catalogue.drugs():
        spans = sorted((price.area, price.kind, price.since, price.until) for price in found.prices)
        for before, after in pairwise(spans):
            if before[:2] == after[:2]:
                assert before[3] is not None, found.code
                assert before[3] < after[2], found.code


@pytest.mark.parametrize(
    ("code", "restriction"),
    [
        (cast.MORPHINE, DrugRestriction.NARCOTIC),
        (cast.ALPRAZOLAM, DrugRestriction.PSYCHOTROPIC_2),
        (cast.EPOETIN, DrugRestriction.ANABOLIC_OR_PEPTIDE),
        (cast.TIGECYCLINE, DrugRestriction.SPECIAL_ANTIMICROBIAL),
        (cast.ADENOVIRUS, DrugRestriction.FROZEN_INJECTION),
        (cast.MIFEPRISTONE, DrugRestriction.FORBIDDEN_BY_LAW),
        (cast.INSULIN_GLARGINE, None),
    ],
)
def test_the_cast_names_the_excluded_drugs(code: str, restriction: DrugRestriction | None) -> None:
    assert drug(code).row.restriction is restriction


def test_the_cast_drugs_are_what_they_are_called() -> None:
    assert drug(cast.METOPROLOL).row.list_class is ListClass.B
    assert drug(cast.AMLODIPINE).row.is_essential
    assert drug(cast.AMLODIPINE).row.is_vbp
    assert drug(cast.ORLISTAT).row.list_class is ListClass.C
    assert not any(price.kind is PriceKind.LISTED for price in drug(cast.TELMISARTAN).prices)
    assert drug(cast.ROXADUSTAT).row.min_tier == 2
    assert drug(cast.PEN_NEEDLE).row.is_consumable
    assert drug(cast.ASTRAGALUS_PIECES).row.kind is DrugKind.HERBAL_PIECES
    assert drug(cast.HOSPITAL_PREPARATION).row.kind is DrugKind.HOSPITAL_PREPARATION
    assert drug(cast.AMLODIPINE).row.ingredient == drug(cast.AMLODIPINE_ORIGINAL).row.ingredient


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        pytest.param(date(2026, 3, 16), "45.63", id="降价 30 天内旧价仍为上限"),
        pytest.param(date(2026, 3, 31), "45.63", id="第 30 天仍为旧价"),
        pytest.param(date(2026, 4, 1), "36.50", id="第 31 天起为新价"),
    ],
)
def test_a_listed_price_was_cut_shortly_before_the_demo(world: World, on: date, amount: str) -> None:
    seller = pharmacy(world, cast.FUJIAN_PHARMACY)

    assert top_price(drug(cast.GASTRODIA_GRANULES), seller, on) == Decimal(amount)


# --- places ------------------------------------------------------------------------------------------------


def test_pharmacies_lie_near_their_county_and_in_its_pooling_area(world: World) -> None:
    for found in world.pharmacies:
        home = county(found.row.adcode)
        assert distance_m((found.row.longitude, found.row.latitude), home.centre) < 13_000
        assert found.row.area == pooling_area(home.adcode)


def test_half_of_the_pharmacies_are_in_each_province_and_the_capitals_have_most(world: World) -> None:
    by_province = Counter(province(found.row.adcode) for found in world.pharmacies)
    by_area = Counter(found.row.area for found in world.pharmacies)

    assert by_province == {FUJIAN: 60, SHANXI: 60}
    assert by_area[cast.FUJIAN_AREA] >= 15
    assert by_area[cast.SHANXI_AREA] >= 15


def test_a_larger_world_begins_with_the_smaller_one() -> None:
    small, large = World(), World(1_000, 400)
    by_code = {found.code: found for found in large.pharmacies}

    assert [found.code for found in large.drugs[: len(small.drugs)]] == [found.code for found in small.drugs]
    assert all(by_code[found.code].row == found.row for found in small.pharmacies)
    assert all(by_code[found.code].hours == found.hours for found in small.pharmacies)


def test_the_world_is_never_smaller_than_its_cast() -> None:
    tiny = World(1, 1)

    assert len(tiny.drugs) == len(catalogue.drugs())
    assert {cast.FUJIAN_PHARMACY, cast.SHANXI_PHARMACY_DATONG} <= {found.code for found in tiny.pharmacies}


def test_every_county_has_a_position_inside_its_province() -> None:
    bounds = {FUJIAN: (115.8, 120.8, 23.5, 28.4), SHANXI: (110.2, 114.6, 34.5, 40.8)}

    for of, (west, east, south, north) in bounds.items():
        assert all(west < found.centre.longitude < east for found in counties(of))
        assert all(south < found.centre.latitude < north for found in counties(of))
    assert [len(counties(of)) for of in PROVINCES] == [85, 119]
    assert [len(pooling_areas(of)) for of in PROVINCES] == [9, 11]


# --- who is where ----------------------------------------------------------------------------------------


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


# --- stock and prices --------------------------------------------------------------------------------------


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


# --- alike everywhere --------------------------------------------------------------------------------------


def fingerprint(world: World) -> str:
    digest = hashlib.sha256()
    for table, made in world.tables().items():
        digest.update(table.encode())
        for row in made():
            digest.update(repr(row).encode())
    return digest.hexdigest()


def test_the_world_is_the_same_in_another_process_with_other_hashes() -> None:
    script = "from test_world import *; print(fingerprint(World(130, 200)))"
    environment = {"PYTHONPATH": "tests/ops:.", "PYTHONHASHSEED": "7", "TZ": "America/New_York"}

    with subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=subprocess.PIPE, text=True
    ) as other:
        ours = fingerprint(World(130, 200))
        theirs, _ = other.communicate()

    assert (other.returncode, theirs.strip()) == (0, ours)


def test_rows_are_tuples_that_cannot_be_changed(world: World) -> None:
    row: Row = next(world.tables()["institution"]())

    with pytest.raises(AttributeError):
        row.code = "H1"  # type: ignore[attr-defined]  # the point of the test
