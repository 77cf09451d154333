"""The payment standard, and whose listed prices bind."""

from datetime import date
from decimal import Decimal

import pytest

from policy.parameter import ParameterNotFound
from policy.prices import DatedPrice, ceiling, listing_platform, payment_standard
from policy.terms import PriceKind
from tests.policy.sample_facts import FUZHOU, MONDAY, SANMING, TAIYUAN

STANDARDS = [
    DatedPrice(PriceKind.PAYMENT_STANDARD, Decimal("5.00"), date(2023, 1, 1), date(2025, 12, 31), "山西"),
    DatedPrice(PriceKind.PAYMENT_STANDARD, Decimal("4.00"), date(2026, 1, 1), None, "山西"),
    DatedPrice(PriceKind.LISTED, Decimal("9.00"), date(2023, 1, 1), None, "山西"),
]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2025, 12, 31), "5.00"), (date(2026, 1, 1), "4.00")],
    ids=["原标准最后一日", "新标准首日"],
)
def test_shanxi_counts_within_the_standard_of_the_day(day: date, expected: str) -> None:
    assert payment_standard(STANDARDS, TAIYUAN, day) == Decimal(expected)


def test_without_a_standard_there_is_none() -> None:
    assert payment_standard(STANDARDS[2:], TAIYUAN, MONDAY) is None


def test_fujian_counts_without_a_standard() -> None:
    assert payment_standard(STANDARDS, FUZHOU, MONDAY) is None


def test_each_area_has_its_platform() -> None:
    assert listing_platform(SANMING, MONDAY) == "三明药品联盟"
    assert listing_platform(FUZHOU, MONDAY) == "福建药耗招采"


def test_a_day_without_regulation_has_no_ceiling_to_tell() -> None:
    with pytest.raises(ParameterNotFound, match="price_ceilings"):
        ceiling([], FUZHOU, date(2027, 1, 1), joined_vbp=False)
    with pytest.raises(ParameterNotFound, match="payment_standard_applies"):
        payment_standard(STANDARDS, TAIYUAN, date(2022, 12, 31))
