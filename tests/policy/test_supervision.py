"""The rules of supervision, case by case: accounts that are off, false stock, complaints, prices."""

from datetime import date
from decimal import Decimal

import pytest

from policy.parameter import ParameterNotFound
from policy.supervision import consequence, false_stock_exit, is_mismatch
from tests.policy.case_files import Case, cases
from tests.policy.sample_facts import FUZHOU
from tests.policy.supervision_cases import account, alert, complaint, due_soon, ground, shown


def no_law(case: Case) -> bool:
    """Whether the case's day has no regulation."""
    return "is not set" in str(case.told["expect"])


@pytest.mark.parametrize("case", cases("stock_account"), ids=lambda case: case.name)
def test_an_account_that_is_off_by_the_limit_is_a_mismatch(case: Case) -> None:
    found = account(case)

    assert found.difference == Decimal(case.told["difference"])
    if no_law(case):
        with pytest.raises(ParameterNotFound) as raised:
            is_mismatch(found, case.area, case.day)
        assert str(raised.value) == case.told["expect"]
    else:
        assert is_mismatch(found, case.area, case.day) is case.told["expect"]


@pytest.mark.parametrize("case", cases("false_stock"), ids=lambda case: case.name)
def test_often_proven_false_stock_is_a_ground_to_leave(case: Case) -> None:
    if no_law(case):
        with pytest.raises(ParameterNotFound) as raised:
            ground(case)
        assert str(raised.value) == case.told["expect"]
        return

    found = ground(case)

    assert (found.count if found else "none") == case.told["expect"]


@pytest.mark.parametrize("case", cases("complaint"), ids=lambda case: case.name)
def test_complaints_are_taken_up_to_the_days_limit(case: Case) -> None:
    if no_law(case):
        with pytest.raises(ParameterNotFound) as raised:
            complaint(case)
        assert str(raised.value) == case.told["expect"]
        return

    found = complaint(case)

    assert [one.code for one in found] == case.told["expect"]
    assert [one.rule for one in found] == case.told.get("rules", [])


@pytest.mark.parametrize("case", cases("price_alert"), ids=lambda case: case.name)
def test_a_price_is_watched_before_and_after_its_term(case: Case) -> None:
    if no_law(case):
        with pytest.raises(ParameterNotFound) as raised:
            alert(case)
        assert str(raised.value) == case.told["expect"]
        return

    found = alert(case)

    assert (shown(found) if found else "none") == case.told["expect"]
    if found and "due_soon" in case.told:
        assert due_soon(case, found) is case.told["due_soon"]


def test_an_alert_says_what_follows_by_which_article_and_that_nothing_follows_by_itself() -> None:
    on = date(2026, 3, 16)

    found = false_stock_exit(FUZHOU, on, [on] * 3)

    assert found is not None
    assert "九（五）2" in found.text
    assert "3 年内不再纳入" in consequence(FUZHOU, on)
    assert found.text.endswith("系统不自动处理。")
