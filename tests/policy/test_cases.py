"""The rules, case by case: the cases stand in `cases/<province>/*.toml`."""

from decimal import Decimal

import pytest

from policy.books import is_balanced
from policy.parameter import ParameterNotFound
from policy.rule import RULES
from tests.policy.case_files import (
    CHECKS,
    Case,
    assessment,
    bill,
    books,
    budget,
    cases,
    most,
    preference,
)
from tests.values import carrying, values

CHECKED = [(ask, case) for ask in CHECKS for case in cases(ask)]


@pytest.mark.parametrize(("ask", "case"), CHECKED, ids=[case.name for _, case in CHECKED])
def test_rules_answer_with_exactly_what_is_broken(ask: str, case: Case) -> None:
    found = CHECKS[ask](case)

    assert [violation.code for violation in found] == case.told["expect"]
    if "rules" in case.told:
        assert [violation.rule for violation in found] == case.told["rules"]
    assert all(violation.basis and violation.message for violation in found)
    assert all(violation.rule in RULES for violation in found)


@pytest.mark.parametrize("case", cases("bill"), ids=lambda case: case.name)
def test_bills_are_divided_to_the_fen(case: Case) -> None:
    found = bill(case)

    for name, amount in case.part("expect").items():
        got = getattr(found, name)
        assert got == (None if amount == "none" else Decimal(amount)), f"{name} is {got}, not {amount}"
    assert [reason.code for reason in found.unpaid_reasons] == case.told.get("unpaid", [])
    assert [reason.rule for reason in found.unpaid_reasons] == case.told.get("rules", [])
    for number, told in enumerate(case.told.get("expect_lines", [])):
        for name, amount in told.items():
            assert getattr(found.lines[number], name) == Decimal(amount), name
    for which, step in case.part("expect_steps").items():
        got = found.steps[int(which) - 1]
        assert (got.amount, got.rule) == (Decimal(step["amount"]), step["rule"]), got.text
    if "uses" in case.told:
        uses = [(use.benefit, use.fund, use.deductible) for use in found.uses]
        assert uses == [
            (use["benefit"], Decimal(use["fund"]), Decimal(use.get("deductible", 0)))
            for use in case.told["uses"]
        ]


@pytest.mark.parametrize("case", cases("carry"), ids=lambda case: case.name)
def test_a_year_takes_over_what_the_area_says(case: Case) -> None:
    with values(case.area, case.day, carrying(**case.part("carry"))):
        if isinstance(case.told["expect"], str):
            with pytest.raises(ParameterNotFound) as raised:
                bill(case)
            assert str(raised.value) == case.told["expect"]
            return
        found = bill(case)

    for name, amount in case.part("expect").items():
        assert getattr(found, name) == Decimal(amount), name


@pytest.mark.parametrize("case", cases("budget"), ids=lambda case: case.name)
def test_the_prescribers_budget_takes_what_is_not_dual_channel(case: Case) -> None:
    found = budget(case)

    if case.told["expect"] == "none":
        assert found is None
    else:
        assert found is not None
        for name, amount in case.part("expect").items():
            assert getattr(found, name) == Decimal(amount), name


@pytest.mark.parametrize("case", cases("books"), ids=lambda case: case.name)
def test_money_is_booked_on_the_accounts_of_the_rule(case: Case) -> None:
    found = books(case)

    sides = {f"{one.owner}:{one.kind}": one.debit - one.credit for one in found.sides}
    assert sides == {name: Decimal(amount) for name, amount in case.part("expect").items()}
    assert is_balanced(found.sides)
    assert all(one.debit >= 0 and one.credit >= 0 for one in found.sides)
    assert found.rule == case.told["basis"][0]


@pytest.mark.parametrize("case", cases("assessment"), ids=lambda case: case.name)
def test_a_year_has_its_figures(case: Case) -> None:
    found = assessment(case)

    for name, told in case.part("expect").items():
        assert getattr(found, name) == (None if told == "none" else Decimal(told)), name
    assert found.rule in case.told["basis"]


@pytest.mark.parametrize("case", cases("preference"), ids=lambda case: case.name)
def test_drugs_stand_in_the_areas_order(case: Case) -> None:
    if isinstance(case.told["expect"], str):
        with pytest.raises(ParameterNotFound) as raised:
            preference(case)
        assert str(raised.value) == case.told["expect"]
    else:
        assert preference(case) == case.told["expect"]


@pytest.mark.parametrize("case", cases("ceiling"), ids=lambda case: case.name)
def test_the_lowest_binding_price_is_the_ceiling(case: Case) -> None:
    if "is not set" in case.told["expect"]:
        with pytest.raises(ParameterNotFound) as raised:
            most(case)
        assert str(raised.value) == case.told["expect"]
        return

    found = most(case)

    if case.told["expect"] == "none":
        assert found is None
    else:
        assert found is not None
        assert (found.amount, found.rule) == (Decimal(case.told["expect"]), case.told["rule"])


@pytest.mark.parametrize("case", cases("no_law"), ids=lambda case: case.name)
def test_a_day_without_regulation_has_no_benefit(case: Case) -> None:
    with pytest.raises(ParameterNotFound) as raised:
        bill(case)

    assert str(raised.value) == case.told["expect"]
