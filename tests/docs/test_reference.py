"""The reference pages keep step with the code."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import GraphQLEnumType, GraphQLObjectType
from typer.main import get_group

import api.errors
import services.errors
from engines.pictures import Reason
from ops.cli import app
from policy.violation import Code
from schema.enums import CODE_WORDS
from services.errors import ServiceError
from tests.docs.guide import GUIDES, PROJECT
from tests.house import one_schema

ERRORS = (PROJECT / "docs" / "errors.md").read_text(encoding="utf-8")
GLOSSARY = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")
README = (PROJECT / "README.md").read_text(encoding="utf-8")
PAGES = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *sorted((PROJECT / "docs").rglob("*.md"))]
TOP = {
    "api",
    "resolvers",
    "schema",
    "services",
    "policy",
    "models",
    "engines",
    "workers",
    "ops",
    "tests",
    "docs",
}


def error_codes() -> Iterator[str]:
    """Every `extensions.code` of the house."""
    for error in vars(services.errors).values():
        if inspect.isclass(error) and issubclass(error, ServiceError):
            yield error.code
    for name, value in vars(api.errors).items():
        if name.isupper() and isinstance(value, str):
            yield value


@pytest.mark.parametrize("code", Code)
def test_every_refusal_code_stands_in_the_table_with_its_words(code: Code) -> None:
    row = f"| `{code}` | {CODE_WORDS[code]} |"

    assert row in ERRORS, f"docs/errors.md lacks the row {row} … with what to do"


@pytest.mark.parametrize("code", sorted(set(error_codes())))
def test_every_error_code_stands_in_the_table(code: str) -> None:
    assert re.search(rf"^\| `{code}` \| (never|backoff) \|", ERRORS, re.M), f"docs/errors.md lacks {code}"


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_of_a_picture_stands_in_the_table(reason: Reason) -> None:
    assert f"| `{reason}` |" in ERRORS


def test_the_tables_name_no_code_that_is_gone() -> None:
    named = set(re.findall(r"^\| `([A-Z_]+)` \|", ERRORS, re.M))

    assert named <= {*Code, *error_codes(), *Reason}


def test_the_glossary_has_every_enumeration_and_every_thing_of_the_schema() -> None:
    types = [one for name, one in one_schema()._schema.type_map.items() if not name.startswith("__")]
    enums = [one for one in types if isinstance(one, GraphQLEnumType) and one.name != "RefusalCode"]
    things = [
        one.name
        for one in types
        if isinstance(one, GraphQLObjectType)
        and not one.name.endswith(("Connection", "Edge"))
        and one.name not in ("Query", "Mutation", "Subscription")
    ]

    missing = [name for name in things if f"`{name}`" not in GLOSSARY]
    missing += [value for enum in enums for value in enum.values if f"`{value}`" not in GLOSSARY]

    assert missing == []


def test_the_readme_names_every_setting() -> None:
    source = (PROJECT / "settings.py").read_text(encoding="utf-8")
    names = re.findall(r'\bconfig\(\s*"(\w+)"', source)

    assert [name for name in names if f"`{name}`" not in README] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_every_file_and_command_that_a_page_names_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    paths = {path for path in re.findall(r"`([\w/.-]+/[\w.-]+\.\w+)`", text) if path.split("/")[0] in TOP}
    links = set(re.findall(r"\]\((?!http)([^)#]+)", text))
    verbs = set(re.findall(r"(?:`|bin/)yaolu ([\w-]+)", text))
    commands = set(get_group(app).commands)

    assert [path for path in paths if not (PROJECT / path).exists()] == []
    assert [link for link in links if not (page.parent / link).exists()] == []
    assert verbs - commands == set()


def test_every_link_to_a_heading_finds_it() -> None:
    lost = []
    for page in PAGES:
        for path, heading in re.findall(r"\]\((?!http)([^)#]*)#([^)]+)\)", page.read_text(encoding="utf-8")):
            target = (page.parent / path) if path else page
            if heading not in headings(target.read_text(encoding="utf-8")):
                lost.append(f"{page.name}: {path}#{heading}")

    assert lost == []


def headings(text: str) -> set[str]:
    """The anchors of a page, as they are made of its headings."""
    found = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\s-]", "", heading.lower()).strip().replace(" ", "-") for heading in found}


def test_the_guides_are_those_of_the_readme() -> None:
    assert [page.name for page in sorted(GUIDES.glob("*.md")) if f"guides/{page.name}" not in README] == []
