"""Schemathesis asks every query and mutation for whatever the schema allows; nothing makes the house fail.

FUZZ_EXAMPLES says how many documents each field gets; few, and always the same ones, unless it is set.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.graphql import nodes

from ops.world import cast
from policy.terms import Role
from tests.docs.test_reference import error_codes

SDL = Path(__file__).parents[2] / "schema.graphql"
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "3"))
PEOPLE = {
    Role.PATIENT: cast.FUJIAN_PATIENT,
    Role.PHARMACY: cast.FUJIAN_PHARMACY,
    Role.PHARMACIST: cast.FUJIAN_PHARMACIST,
    Role.HOSPITAL: cast.FUJIAN_HOSPITAL,
    Role.AGENCY: cast.FUJIAN_AREA,
    Role.SUPERVISOR: "supervisor",
    Role.SERVICE: "service",
}


def texts(good: list[str], *bad: str) -> SearchStrategy[Any]:
    """Literals of these texts (文字), seldom bad ones: a bad one ends the whole document."""
    return st.sampled_from([*good * (12 * len(bad) // len(good) + 1), *bad]).map(nodes.String)


def register(ids: list[str]) -> None:
    """How our scalars are written (标量取值)."""
    decimals = texts(["0", "1", "12.50", "3.0001"], "-3.1", "99999999999999.99", "1e9", "NaN", "")
    for name in ("Money", "Price", "Quantity"):
        schemathesis.graphql.scalar(name, decimals)
    schemathesis.graphql.scalar("Date", texts(["2026-03-16", "2025-12-31"], "1900-01-01", "9999-12-31", ""))
    instants = ["2026-03-16T09:30:00+08:00", "2026-04-01T00:00:00Z"]
    schemathesis.graphql.scalar("DateTime", texts(instants, "0001-01-01T00:00:00+14:00", "now"))
    schemathesis.graphql.scalar("UUID", texts(ids, "00000000-0000-4000-8000-000000000000", ""))
    for name in ("Upload", "StockFile"):
        schemathesis.graphql.scalar(name, texts(["file"]))


@dataclass
class Fuzz:
    """What was asked and what went wrong (模糊测试结果)."""

    url: str
    tokens: dict[Role, str]
    known: frozenset[str] = frozenset(error_codes())
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def everything(self) -> None:
        """Ask every field of the schema, each for every role in turn."""
        asked = schemathesis.graphql.from_path(SDL)
        asked.config.update(base_url=f"{self.url}/graphql")
        for number, found in enumerate(asked.get_all_operations()):
            self._ask(found, number)

    def _ask(self, found: Any, number: int) -> None:
        roles = list(self.tokens)

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize="FUZZ_EXAMPLES" not in os.environ,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        )
        @given(case=found.ok().as_strategy(), turn=st.integers(0, len(roles) - 1))
        def ask(case: Any, turn: int) -> None:
            role = roles[(number + turn) % len(roles)]
            answer = case.call(headers={"Authorization": f"Bearer {self.tokens[role]}"})
            for complaint in complaints(case, answer, self.known):
                self.wrong.append(f"{role} {case.body}\n  {complaint}: {answer.text[:500]}")
            self.ends.update(ends(answer.json()))

        ask()


def complaints(case: Any, answer: Any, known: frozenset[str]) -> Iterator[str]:
    """What is wrong with an answer, if anything."""
    if answer.status_code not in (200, 400, 429):
        yield f"status {answer.status_code}"
    if unknown := set(ends(answer.json())) - known - {"DATA"}:
        yield f"codes {unknown}"
    if "signInWithWechat" in str(case.body) and ends(answer.json()) == ["SERVICE_UNAVAILABLE"]:
        # nobody plays WeChat here
        return
    try:
        case.validate_response(answer, checks=[not_a_server_error])
    except FailureGroup as found:
        yield from (failure.title for failure in found.exceptions)


def ends(answer: dict[str, Any]) -> list[str]:
    """The codes of an answer; what is masked counts as unknown."""
    codes = [error.get("extensions", {}).get("code") for error in answer.get("errors", ())]
    return [f"{code}" if code != "INTERNAL_SERVER_ERROR" else "masked" for code in codes] or ["DATA"]
