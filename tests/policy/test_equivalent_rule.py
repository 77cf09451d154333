"""What may stand for a prescribed drug, and who says so."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from policy.equivalents import Product, SubstituteLine, check_substitutes, is_equivalent
from policy.terms import DrugKind, DrugRestriction, ListClass

OWN = Product(
    code="XC08CAS001A001010199901",
    generic_name="苯磺酸氨氯地平片",
    form="片剂",
    spec="5mg×28片",
    units_per_package=Decimal(28),
    kind=DrugKind.WESTERN,
    restriction=None,
    is_insulin=False,
    is_consumable=False,
    list_class=ListClass.A,
    min_tier=2,
    is_listed=True,
    diseases=frozenset({"M03900"}),
)
SAME = replace(OWN, code="XC08CAS001A001010199909")


@pytest.mark.parametrize(
    "changes",
    [
        {"generic_name": "硝苯地平控释片"},
        {"form": "胶囊剂"},
        {"spec": "5mg×14片"},
        {"units_per_package": Decimal(14)},
        {"restriction": DrugRestriction.NARCOTIC},
        {"is_listed": False},
        {"list_class": ListClass.C},
        {"min_tier": 3},
        {"diseases": frozenset({"M04600"})},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_one_that_differs_or_circulates_less_stands_for_nothing(changes: dict[str, Any]) -> None:
    assert is_equivalent(OWN, SAME, "M03900")
    assert not is_equivalent(OWN, replace(SAME, **changes), "M03900")


def test_one_that_circulates_more_may_stand_for_it() -> None:
    more = replace(SAME, min_tier=None, diseases=OWN.diseases | {"M04600"})

    assert is_equivalent(OWN, more, "M03900")
    assert is_equivalent(OWN, more, None)
    assert is_equivalent(replace(OWN, list_class=ListClass.C), replace(SAME, list_class=ListClass.C), None)


@pytest.mark.parametrize(
    ("is_allowed", "other", "codes"),
    [
        (True, SAME, []),
        (False, SAME, ["EQUIVALENT_NOT_ALLOWED"]),
        (False, replace(SAME, spec="10mg"), ["EQUIVALENT_NOT_ALLOWED"]),
        (True, replace(SAME, spec="10mg"), ["NOT_EQUIVALENT"]),
    ],
)
def test_the_prescriber_decides_and_the_medicine_must_be_the_same(
    is_allowed: bool, other: Product, codes: list[str]
) -> None:
    found = check_substitutes([SubstituteLine("1", is_allowed, OWN, other)], "M03900")

    assert [violation.code for violation in found] == codes
    assert all(violation.rule == "YL-30" and violation.line_id == "1" for violation in found)
