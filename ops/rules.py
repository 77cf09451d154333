"""Which rules are held to, where, and by how many cases (规则覆盖): what `yaolu rules` prints and checks."""

import ast
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from policy.parameters.files import ROWS
from policy.rule import RULES, Rule, RuleStatus

ROOT = Path(__file__).parent.parent
PACKAGES = ("policy", "services", "workers", "resolvers")
CASES = ROOT / "tests" / "policy" / "cases"
PAGE = ROOT / "docs" / "rules.md"
FEWEST = 3
COLUMNS = ("编号", "依据", "内容", "状态", "模块", "参数", "案例")


@dataclass(frozen=True, slots=True)
class Coverage:
    """A rule with the modules that hold to it and the cases that test it (覆盖情况)."""

    rule: Rule
    modules: tuple[str, ...]
    parameters: tuple[str, ...]
    cases: tuple[str, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """What an enforced rule still lacks (缺口)."""
        if self.rule.status is not RuleStatus.ENFORCED:
            return ()
        found = [] if self.modules else ["no code names it"]
        if self.rule.is_regulation and len(self.cases) < FEWEST:
            found.append(f"{len(self.cases)} of at least {FEWEST} cases")
        return tuple(found)


def coverage(folder: Path = CASES) -> tuple[Coverage, ...]:
    """Every rule's coverage (规则覆盖), in the order of rules.toml."""
    modules, cases = modules_by_rule(), cases_by_rule(folder)
    return tuple(
        Coverage(
            rule=found,
            modules=tuple(sorted(modules.get(rule_id, ()))),
            parameters=tuple(sorted(parameters_by_rule().get(rule_id, ()))),
            cases=tuple(cases.get(rule_id, ())),
        )
        for rule_id, found in RULES.items()
    )


def problems(file: Path = PAGE, folder: Path = CASES) -> list[str]:
    """Everything that `yaolu rules --check` fails for (问题): gaps, unknown ids, a stale page."""
    found = [f"{one.rule.id}: {gap}" for one in coverage(folder) for gap in one.gaps]
    unknown = sorted(cases_by_rule(folder).keys() - RULES.keys())
    found += [f"{rule_id}: cases name it, rules.toml does not" for rule_id in unknown]
    if not file.exists() or file.read_text("utf-8") != page():
        found.append("docs/rules.md is not up to date: run `yaolu rules --write` and read the difference")
    return found


@cache
def modules_by_rule() -> Mapping[str, set[str]]:
    """The modules that name a rule, or read a value that a rule sets (所在模块)."""
    found: dict[str, set[str]] = {}
    by_parameter: dict[str, set[str]] = {}
    for rule_id, names in parameters_by_rule().items():
        for name in names:
            by_parameter.setdefault(name, set()).add(rule_id)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            tree = ast.parse(path.read_text("utf-8"))
            named = set(texts(tree)) & RULES.keys()
            for rule_id in named.union(*(by_parameter.get(name, ()) for name in values_read(tree))):
                found.setdefault(rule_id, set()).add(module)
    return found


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text that stands in code (字符串常量). A docstring is no rule's id: it enforces nothing."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def values_read(tree: ast.AST) -> Iterator[str]:
    """The names of the values that code reads (所读参数): `parameter("supply_limit", …)`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            yield from texts(node.args[0]) if node.func.id in {"parameter", "parameters"} else ()


@cache
def parameters_by_rule() -> Mapping[str, set[str]]:
    """The values that a rule sets (参数), by the rule's id."""
    found: dict[str, set[str]] = {}
    for (_, name), rows in ROWS.items():
        for row in rows:
            found.setdefault(row.rule, set()).add(name)
    return found


def cases_by_rule(folder: Path) -> Mapping[str, list[str]]:
    """The cases whose `basis` names a rule (案例)."""
    found: dict[str, list[str]] = {}
    for file in sorted(folder.glob("*/*.toml")):
        for case in tomllib.loads(file.read_text("utf-8"))["case"]:
            for rule_id in case.get("basis", ()):
                found.setdefault(rule_id, []).append(case["name"])
    return found


def print_coverage() -> None:
    """Print every rule, where it is enforced and how many cases test it."""
    for one in coverage():
        mark = "!" if one.gaps else " "
        where = ", ".join(one.modules) if one.rule.status is RuleStatus.ENFORCED else "-"
        print(f"{mark} {one.rule.id:<15} {one.rule.status:<9} {len(one.cases):>3} cases  {where}")
    enforced = [one for one in coverage() if one.rule.status is RuleStatus.ENFORCED]
    lacking = sum(bool(one.gaps) for one in enforced)
    print(f"{len(enforced)} of {len(RULES)} rules are enforced; {lacking} of them lack something.")


def page() -> str:
    """The page of the rules (docs/rules.md): by part, each with article, state, modules, values, cases."""
    lines = [
        "# 规则",
        "",
        "由 `yaolu rules --write` 依 `policy/rules.toml`、参数文件和 `tests/policy/cases` 生成，请勿手改。",
        "`enforced`：已由代码执行，并有至少三个案例；`later`：尚未实现。",
    ]
    rows = coverage()
    for part in dict.fromkeys(one.rule.part for one in rows):
        lines += ["", f"## {part}", "", f"| {' | '.join(COLUMNS)} |", f"|{'---|' * len(COLUMNS)}"]
        lines += [as_row(one) for one in rows if one.rule.part == part]
    return "\n".join(lines) + "\n"


def as_row(one: Coverage) -> str:
    """One rule as a row of the page."""
    is_enforced = one.rule.status is RuleStatus.ENFORCED
    basis = one.rule.basis if one.rule.verified else f"{one.rule.basis}（未核实）"
    cells = (
        one.rule.id,
        basis,
        one.rule.title,
        one.rule.status.value,
        "<br>".join(shown(one)) if is_enforced else "",
        "<br>".join(one.parameters),
        str(len(one.cases)) if one.cases else "",
    )
    return f"| {' | '.join(cells)} |"


def shown(one: Coverage) -> tuple[str, ...]:
    """The modules for the page: those of policy where there are any, for use cases move about."""
    return tuple(module for module in one.modules if module.startswith("policy.")) or one.modules
