"""The rules by id (规则编号): which document and article each stands on."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType

from policy.violation import Code, Violation


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule (规则): its id, the document and article it stands on, and what it says in a line.

    `verified` is false where the article is quoted from general law that is not among our sources.
    """

    id: str
    basis: str
    title: str
    verified: bool


def rule(rule_id: str) -> Rule:
    """The rule of this id; an unknown id is a fault of ours."""
    return RULES[rule_id]


def broken(
    code: Code,
    rule_id: str,
    message: str,
    *,
    basis: str | None = None,
    line_id: str | None = None,
    limit: str | None = None,
    actual: str | None = None,
) -> Violation:
    """A violation (违规项) of the rule of this id; a parameter's own basis may stand in for the article."""
    return Violation(
        code=code,
        message=message,
        rule=rule_id,
        basis=basis or rule(rule_id).basis,
        line_id=line_id,
        limit=limit,
        actual=actual,
    )


def load() -> Mapping[str, Rule]:
    """Every rule of `rules.toml`."""
    text = files("policy").joinpath("parameters", "rules.toml").read_text(encoding="utf-8")
    rules = {}
    for family, content in tomllib.loads(text).items():
        document = content["document"]
        for number, (article, title) in content["rules"].items():
            rule_id = f"{family}-{number}"
            basis = f"{document} {article}".strip()
            rules[rule_id] = Rule(rule_id, basis, title, content["verified"])
    return MappingProxyType(rules)


RULES: Mapping[str, Rule] = load()
