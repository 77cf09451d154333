"""What the rules' own code must keep to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import policy
from policy import entitlement, prescribing
from policy.benefit import nonpayment, steps
from policy.dispensing import claim, identity, review, settlement
from policy.parameters.files import ROWS
from policy.prescribing import reminders
from policy.regulation import Regulation
from policy.rule import PARTS, RULES, RuleStatus
from tests.policy.case_files import CHECKS, bill, cases

FOLDER = Path(next(iter(policy.__path__)))
# the sphere of the earth, the calendar and the weights of an identity number are no law
NOT_LAW = {"calendar.py", "geography.py", "identifiers.py", "terms.py"}
# none, one, days of a week, hours of a day, parts of a hundred
PLAIN = {0, 1, 7, 24, 100}
MODULES = {
    path: ast.parse(path.read_text("utf-8"))
    for path in sorted(FOLDER.rglob("*.py"))
    if path.name not in NOT_LAW
}


def constants(tree: ast.AST) -> Iterator[tuple[int, int | float]]:
    """Every number that stands in code, but for the sizes of caches, and its line."""
    sizes = {
        id(node.value) for node in ast.walk(tree) if isinstance(node, ast.keyword) and node.arg == "maxsize"
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Constant) or isinstance(node.value, bool) or id(node) in sizes:
            continue
        if isinstance(node.value, int | float):
            yield node.lineno, node.value


def test_no_number_of_a_regulation_stands_in_code() -> None:
    found = [
        f"{path.name}:{line} {value}"
        for path, tree in MODULES.items()
        for line, value in constants(tree)
        if value not in PLAIN
    ]

    assert not found, f"numbers of the law belong into policy/parameters; found {found}"


def test_money_is_never_a_float() -> None:
    found = [
        f"{path.name}:{node.lineno}"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if (isinstance(node, ast.Name) and node.id == "float")
        or (isinstance(node, ast.Constant) and isinstance(node.value, float))
    ]

    assert not found, f"policy/ counts money in Decimal; float in {found}"


def test_no_rule_reads_a_clock() -> None:
    clocks = {"now", "today", "utcnow", "time", "monotonic"}
    found = [
        f"{path.name}:{node.lineno}"
        for path, tree in MODULES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in clocks
    ]

    assert not found, f"pass now or the day instead: {found}"


def test_every_rule_that_the_code_names_exists() -> None:
    names = {
        node.value
        for tree in MODULES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value.split("-")[0] in {"FJ", "SX", "CN", "YL"}
        and "-" in node.value
    }

    assert names
    assert names <= RULES.keys(), f"add these to rules.toml: {sorted(names - RULES.keys())}"


REFUSING = """
FJ-2.0 FJ-2.2 FJ-2.4 FJ-3.0 FJ-4.1 FJ-4.2 FJ-4.3 FJ-4.4 FJ-5.1 FJ-5.2 FJ-5.3 FJ-5.4 FJ-5.5 FJ-6.1 FJ-7.1
FJ-7.4 FJ-7.5 FJ-8.3 FJ-8.4 FJ-9.1 SX-2 SX-5 SX-7 SX-8 SX-9 SX-11 SX-12 SX-13 SX-14 SX-17 SX-18 SX-19
SX-20 SX-24 SX-26.1 SX-26.2 SX-26.3 SX-26.4 SX-26.5 CN-DOCTOR CN-PHARMACIST CN-TRACE
"""


def test_a_case_is_refused_by_every_rule_that_refuses() -> None:
    checked = {found.rule for ask, check in CHECKS.items() for case in cases(ask) for found in check(case)}
    unpaid = {reason.rule for case in cases("bill") for reason in bill(case).unpaid_reasons}
    excluding = {row.rule for rows in ROWS.values() for row in rows if row.name == "excluded_drugs"}

    missing = (excluding | set(REFUSING.split())) - checked - unpaid
    assert not missing, f"no case is refused by {sorted(missing)}"


def test_every_regulation_has_its_rules_everywhere() -> None:
    tables = [
        prescribing.CHECKS,
        entitlement.ARTICLES,
        claim.ARTICLES,
        review.RULES,
        identity.RULES,
        settlement.REVIEW_RULES,
        nonpayment.ARTICLES,
        steps.ARTICLES,
        reminders.ARTICLES,
    ]
    named = {row.text for rows in ROWS.values() for row in rows if row.name == "regulation"}

    assert named == set(Regulation)
    for table in tables:
        assert table.keys() == set(Regulation)


def test_a_case_names_the_rules_that_answer_it() -> None:
    odd = []
    for ask, check in CHECKS.items():
        for case in cases(ask):
            answered = {found.rule for found in check(case)} - {"FJ-11.3", "SX-29"}
            odd += [f"{case.name}: {rule}" for rule in sorted(answered - set(case.told["basis"]))]
    odd += [
        f"{case.name}: {reason.rule}"
        for case in cases("bill")
        for reason in bill(case).unpaid_reasons
        if reason.rule not in case.told["basis"]
    ]

    assert not odd, f"add these to the cases' basis: {odd}"


def test_every_case_stands_on_rules_that_exist() -> None:
    named = {case.name: set(case.told.get("basis", ())) for ask in ASKS for case in cases(ask)}

    odd = [name for name, basis in named.items() if not basis or not basis <= RULES.keys()]
    assert not odd, f"basis names rules of rules.toml: {odd}"


def test_every_rule_of_both_regulations_has_its_row() -> None:
    wanted = [f"FJ-{number}" for number in FUJIAN.split()] + [f"SX-{number}" for number in SHANXI.split()]

    assert set(wanted) <= RULES.keys()


def test_no_rule_about_prescribing_dispensing_or_benefits_is_left_for_later() -> None:
    parts = {
        PARTS[part] for part in ("drugs", "prescribers", "prescription", "prices", "benefit", "identity")
    }

    later = [rule.id for rule in RULES.values() if rule.part in parts and rule.status is RuleStatus.LATER]

    assert not later


FUJIAN = """
2.0 2.1 2.2 2.3 2.4 2.5 2.6 2.7 2.8 2.9 3.0 3.1 3.2 3.3 3.4 3.5 3.6 4.0 4.1 4.2 4.3 4.4 5.1 5.2 5.3 5.4 5.5
6.1 6.2 6.3 6.4 7.1 7.2 7.3 7.4 7.5 7.6 8.1 8.2 8.3 8.4 9.1 9.2 9.4 9.5
"""
SHANXI = "2 4 5 6 7 8 9 10 11 12 13 14 16 17 18 20 21 22 23 24 25 26.1 26.2 26.3 26.4 26.5 27 28"
WATCHING = ("complaint", "false_stock", "price_alert", "stock_account")
ASKS = (*CHECKS, *WATCHING, "bill", "budget", "ceiling", "no_law", "preference")


def test_every_case_of_the_province_is_named_in_its_language() -> None:
    names = [case.name for ask in ASKS for case in cases(ask)]

    assert len(names) == len(set(names)), "two cases of one name"
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in name) for name in names)
