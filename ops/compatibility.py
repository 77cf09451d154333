"""What a change of the schema means for clients (兼容性检查), against the schema of the last release."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from graphql import build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

PROJECT = Path(__file__).resolve().parent.parent
RELEASES = PROJECT / "docs" / "releases"
DELIBERATE = RELEASES / "deliberate.toml"
"""The breaking changes that are meant, each with its reason; emptied by the next release."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What is different for clients (变更)."""

    breaking: list[str]
    """Documents that were good are refused, or answered in another form."""
    dangerous: list[str]
    """Clients that did not foresee them may stumble, as over a new member of an enumeration."""


def last_release(folder: Path = RELEASES) -> Path:
    """The schema of the newest release in a folder."""
    return max(folder.glob("*.graphql"), key=lambda path: [int(part) for part in path.stem.split(".")])


def changes(old: str, new: str) -> Changes:
    """What became different between two schemas in SDL."""
    before, after = build_schema(old), build_schema(new)
    return Changes(
        sorted(change.description for change in find_breaking_changes(before, after)),
        sorted(change.description for change in find_dangerous_changes(before, after)),
    )


def problems(breaking: list[str], explained: dict[str, str]) -> Iterator[str]:
    """Breaking changes that nobody has explained, and explanations of none."""
    for change in breaking:
        if not explained.get(change, "").strip():
            yield (
                f"{change} This breaks clients: keep the old form beside the new one and deprecate it, "
                f"or give the reason in {DELIBERATE.relative_to(PROJECT)}."
            )
    for change in explained:
        if change not in breaking:
            yield f"{DELIBERATE.relative_to(PROJECT)} explains a change that is not there: {change}"


def reasons() -> dict[str, str]:
    """The reasons, by the changes' descriptions."""
    said: dict[str, str] = tomllib.loads(DELIBERATE.read_text(encoding="utf-8"))["reasons"]
    return said
