"""Clients of the last release are not broken by accident."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.compatibility import changes, last_release, problems, reasons
from ops.snapshot import printed_schema

OLD = "type Query { drug(code: String!): String! old: String } enum Kind { ONE }"
REMOVED = "Query.old was removed."


def test_what_breaks_clients_and_what_may_surprise_them_are_told_apart() -> None:
    found = changes(OLD, "type Query { drug(code: String!): String! } enum Kind { ONE TWO }")

    assert [change for change in found.breaking if REMOVED in change] == found.breaking != []
    assert [change for change in found.dangerous if "Kind.TWO was added" in change] == found.dangerous != []


def test_what_is_new_breaks_nobody() -> None:
    found = changes(OLD, OLD.replace("old: String", "old: String new(size: Int): Int"))

    assert found.breaking == found.dangerous == []


def test_a_breaking_change_needs_a_reason() -> None:
    (problem,) = problems([REMOVED], {REMOVED: " "})

    assert REMOVED in problem
    assert "deliberate.toml" in problem
    assert list(problems([REMOVED], {REMOVED: "Nobody ever asked for it."})) == []


def test_a_reason_goes_with_its_change() -> None:
    assert [REMOVED in problem for problem in problems([], {REMOVED: "Nobody ever asked for it."})] == [True]


def test_the_newest_release_is_found_by_its_numbers(tmp_path: Path) -> None:
    for name in ("0.9.0", "0.10.0", "0.2.11"):
        (tmp_path / f"{name}.graphql").write_text(OLD)

    assert last_release(tmp_path).stem == "0.10.0"


def test_every_break_since_the_last_release_is_meant() -> None:
    released = last_release().read_text(encoding="utf-8")

    assert list(problems(changes(released, printed_schema()).breaking, reasons())) == []


@pytest.mark.parametrize(("more", "status"), [("", 0), ("extend type Query { gone: Int }", 1)])
def test_the_command_fails_over_what_nobody_explained(tmp_path: Path, more: str, status: int) -> None:
    released = tmp_path / "1.0.0.graphql"
    released.write_text(f"{last_release().read_text(encoding='utf-8')}\n{more}", encoding="utf-8")

    ended = CliRunner().invoke(app, ["schema", "--against", str(released)])

    assert ended.exit_code == status
    assert ("Query.gone was removed" in ended.output) == bool(status)
    assert "breaking:  Field Settlement.statement" in ended.output
