"""What `yaolu rules` prints, checks and writes."""

from dataclasses import replace
from pathlib import Path

import pytest

from ops.rules import Coverage, coverage, page, print_coverage, problems
from policy.rule import RULES, Rule, RuleStatus


@pytest.fixture(scope="module")
def found() -> dict[str, Coverage]:
    return {one.rule.id: one for one in coverage()}


def test_every_rule_is_there_once_in_its_order(found: dict[str, Coverage]) -> None:
    assert [*found] == [*RULES]


def test_every_enforced_rule_of_a_regulation_has_code_and_three_cases(found: dict[str, Coverage]) -> None:
    assert not {rule_id: one.gaps for rule_id, one in found.items() if one.gaps}


def test_a_rule_names_modules_values_and_cases(found: dict[str, Coverage]) -> None:
    supply, overflow = found["FJ-5.1"], found["SX-25"]

    assert "policy.prescribing.supply" in supply.modules
    assert {"supply_limit", "ordinary_supply_limit", "consent_required"} <= set(supply.parameters)
    assert "福建 85天超过12周" in supply.cases
    assert "policy.benefit.scheme" in overflow.modules
    assert len(overflow.cases) >= 3


def test_the_page_is_up_to_date() -> None:
    assert problems() == []


def test_an_enforced_rule_without_code_or_cases_is_a_gap() -> None:
    rule = RULES["FJ-5.2"]
    bare = Coverage(rule, modules=(), parameters=(), cases=("一", "二"))

    assert bare.gaps == ("no code names it", "2 of at least 3 cases")
    assert replace(bare, modules=("policy.validity",), cases=("一", "二", "三")).gaps == ()
    assert replace(bare, rule=later(rule)).gaps == ()
    assert replace(bare, rule=RULES["YL-1"]).gaps == ("no code names it",), "our own rules need no cases"


def later(rule: Rule) -> Rule:
    """The same rule, not written yet."""
    return replace(rule, status=RuleStatus.LATER)


def test_a_stale_page_and_unknown_ids_are_problems(tmp_path: Path) -> None:
    cases = tmp_path / "cases" / "fujian"
    cases.mkdir(parents=True)
    (cases / "bill.toml").write_text('[[case]]\nname = "一"\nbasis = ["FJ-99"]\n')

    told = problems(tmp_path / "rules.md", tmp_path / "cases")

    assert "FJ-99: cases name it, rules.toml does not" in told
    assert "FJ-5.2: 0 of at least 3 cases" in told
    assert told[-1].startswith("docs/rules.md is not up to date")


def test_the_page_shows_each_rule_in_its_part() -> None:
    text = page()

    assert "## 电子处方" in text
    assert "| FJ-5.2 | 闽医保规〔2023〕6号 五（二） |" in text
    assert "（未核实） |" in text, "general law quoted from memory says so"


def test_coverage_is_printed_line_by_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_coverage()

    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(RULES) + 1
    assert lines[-1].endswith("0 of them lack something.")
