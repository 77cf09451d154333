"""How long records of a sale are kept."""

from datetime import date

import pytest

from policy.parameter import ParameterNotFound
from policy.records import record_kept_until
from tests.policy.sample_facts import FUZHOU, TAIYUAN


@pytest.mark.parametrize(
    ("area", "day", "last"),
    [
        (FUZHOU, date(2026, 3, 16), date(2028, 3, 16)),
        (FUZHOU, date(2024, 2, 29), date(2026, 2, 28)),
        (FUZHOU, date(2026, 12, 31), date(2028, 12, 31)),
        (TAIYUAN, date(2026, 2, 28), date(2028, 2, 28)),
    ],
    ids=["福建 两年", "福建 闰日", "福建 年末", "山西 两年"],
)
def test_a_record_is_kept_for_years_to_the_day(area: str, day: date, last: date) -> None:
    assert record_kept_until(area, day) == last


def test_where_nothing_is_in_force_nothing_is_said() -> None:
    with pytest.raises(ParameterNotFound):
        record_kept_until(FUZHOU, date(2027, 1, 1))
