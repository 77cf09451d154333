"""The sample world's drugs, and where its places lie."""

from collections import Counter
from datetime import date
from decimal import Decimal
from itertools import pairwise

import pytest

from ops.world import cast, catalogue
from ops.world.areas import FUJIAN, PROVINCES, SHANXI, counties, county, pooling_areas
from ops.world.world import World
from policy.geography import distance_m
from policy.identifiers import (
    pooling_area,
    province,
)
from policy.terms import DrugKind, DrugRestriction, ListClass, PriceKind
from tests.ops.worlds import drug, pharmacy, top_price


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
