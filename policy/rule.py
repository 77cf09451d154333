"""The rules by id (规则编号): which document and article each stands on."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from types import MappingProxyType

from policy.violation import Code, Violation


class RuleStatus(StrEnum):
    """Whether code holds to a rule already (规则状态)."""

    ENFORCED = "enforced"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule (规则): its id, the document and article it stands on, and what it says in a line.

    `part` is what it is about. `verified` is false where the article is quoted from general law that is
    not among our sources; `is_regulation` where it is not of a regulation of ours.
    """

    id: str
    basis: str
    title: str
    verified: bool
    part: str
    status: RuleStatus
    is_regulation: bool


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


def load() -> tuple[Mapping[str, str], Mapping[str, Rule]]:
    """The parts and every rule of `rules.toml`, in its order."""
    families = tomllib.loads(files("policy").joinpath("rules.toml").read_text(encoding="utf-8"))
    parts = families.pop("parts")
    rules = {}
    for family, content in families.items():
        for part, rows in content["rules"].items():
            for number, row in rows.items():
                rule_id = f"{family}-{number}"
                rules[rule_id] = Rule(
                    id=rule_id,
                    basis=f"{content['document']} {row['article']}".strip(),
                    title=row["line"],
                    verified=content["verified"],
                    part=parts[part],
                    status=RuleStatus(row["status"]),
                    is_regulation=content["regulation"],
                )
    return MappingProxyType(parts), MappingProxyType(rules)


PARTS: Mapping[str, str]
RULES: Mapping[str, Rule]
PARTS, RULES = load()
