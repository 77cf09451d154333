"""Which regulation decides, and what is said when none does."""

from datetime import date

import pytest

from policy.parameter import ParameterNotFound
from policy.regulation import Regulation, not_in_force, regulation, regulation_violation
from tests.policy.sample_facts import FUZHOU, MONDAY, TAIYUAN


def test_each_province_has_its_regulation() -> None:
    assert regulation(FUZHOU, on=MONDAY) is Regulation.FUJIAN_2023_6
    assert regulation(TAIYUAN, on=MONDAY) is Regulation.SHANXI_2022_27
    assert regulation_violation(FUZHOU, on=MONDAY) is None


@pytest.mark.parametrize(
    ("area", "day", "rule"),
    [
        (FUZHOU, date(2027, 1, 1), "FJ-11.3"),
        (TAIYUAN, date(2022, 12, 31), "SX-29"),
        ("440100", MONDAY, "YL-7"),
    ],
    ids=["福建 文件失效", "山西 规程生效前", "广东 没有规定"],
)
def test_without_a_regulation_the_refusal_says_where_and_when(area: str, day: date, rule: str) -> None:
    found = regulation_violation(area, on=day)

    assert found is not None
    assert found.code == "REGULATION_NOT_IN_FORCE"
    assert found.message == f"地区{area}在{day}没有有效的规定，不能办理。"
    assert (found.rule, found.actual) == (rule, day.isoformat())


def test_a_missing_value_is_named() -> None:
    found = not_in_force(ParameterNotFound("fund_ratio", "350300", MONDAY, {"tier": "3"}))

    assert "（fund_ratio）" in found.message
