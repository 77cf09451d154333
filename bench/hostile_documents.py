"""Documents that are built to hurt (恶意查询), on the product's schema, and how each is refused."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from api.errors import BAD_USER_INPUT, PARSE_FAILED, QUERY_TOO_COSTLY, VALIDATION_FAILED


@dataclass(frozen=True, slots=True)
class Hostile:
    """One document (恶意文档), and the code that refuses it."""

    name: str
    document: str
    code: str
    variables: Mapping[str, Any] = field(default_factory=dict)


SIGN_IN = 'mutation { signInWithWechat(input: {code: "0", device: ""}) { __typename } }'
"""What a flood of sign-ins sends (登录洪水)."""

LARGEST = (
    "{ prescriptions(first: 100) { edges { node { rxNo lines { number drug { code } } fills { id } } } } }"
)
"""What a flood of costly queries sends (成本洪水): close below what one operation may cost."""


def many(count: int, piece: str) -> str:
    """A piece again and again, numbered where it says #."""
    return " ".join(piece.replace("#", str(number)) for number in range(count))


def nested(levels: int, opening: str, inner: str, closing: str) -> str:
    """Something within itself."""
    return opening * levels + inner + closing * levels


PAGE = "prescriptions(first: 50) { edges { node { id } } }"
TO_FILLS = "fills { prescription { "


def bomb(links: int) -> str:
    """Fragments that double at every link (片段炸弹)."""
    chain = many(links, "fragment F# on Member { ...F#x ...F#x }")
    for number in range(links):
        chain = chain.replace(f"F{number}x", f"F{number + 1}")
    return "{ member { ...F0 } } " + chain + f" fragment F{links} on Member {{ name }}"


HOSTILE = (
    Hostile("aliases × 1000 of a cheap field", "{ member { " + many(1000, "a#: name") + " } }", PARSE_FAILED),
    Hostile("aliases × 1000 of a list", "{ " + many(1000, f"a#: {PAGE}") + " }", PARSE_FAILED),
    Hostile("aliases × 40 of a list", "{ " + many(40, f"a#: {PAGE}") + " }", VALIDATION_FAILED),
    Hostile("one field × 990", "{ member { " + many(990, "name") + " } }", VALIDATION_FAILED),
    Hostile("one field × 1900", "{ member { " + many(1900, "name") + " } }", PARSE_FAILED),
    Hostile("one field × 10000", "{ member { " + many(10000, "id") + " } }", PARSE_FAILED),
    Hostile(
        "inline fragments 60 × 6",
        "{ member { " + many(60, "... on Member { " + many(6, "name") + " }") + " } }",
        VALIDATION_FAILED,
    ),
    Hostile("inline fragments 120 × 60", "{ member { " + many(7200, "... { id }") + " } }", PARSE_FAILED),
    Hostile("fragments that double 12 times", bomb(12), VALIDATION_FAILED),
    Hostile("fragments that double 90 times", bomb(90), VALIDATION_FAILED),
    Hostile(
        "200 deep",
        "{ prescriptions { edges { node { " + nested(200, TO_FILLS, "id", "} } ") + " } } } }",
        PARSE_FAILED,
    ),
    Hostile(
        "broad lists within lists",
        "{ prescriptions(first: 100) { edges { node { "
        + nested(4, TO_FILLS, "lines { number }", "} } ")
        + "} } } }",
        QUERY_TOO_COSTLY,
    ),
    Hostile(
        "a page size in a variable",
        "query ($n: Int!) { prescriptions(first: $n) { edges { node { "
        + nested(3, TO_FILLS, "lines { number }", "} } ")
        + "} } } }",
        QUERY_TOO_COSTLY,
        {"n": 10**9},
    ),
    Hostile("@include × 300", "{ member { name " + "@include(if: true) " * 300 + "} }", PARSE_FAILED),
    Hostile("unknown directives × 450", "{ member { name " + many(450, "@a#") + " } }", VALIDATION_FAILED),
    Hostile("unknown fields × 990", "{ " + many(990, "membrz#") + " }", VALIDATION_FAILED),
    Hostile("unknown fields × 990, deeper", "{ member { " + many(990, "nam#") + " } }", VALIDATION_FAILED),
    Hostile(
        "introspection within itself",
        "{ __schema { types { " + nested(6, "fields { type { ", "name", "} } ") + "} } }",
        VALIDATION_FAILED,
    ),
    Hostile("variables × 240", "query (" + many(240, "$v#: Int") + ") { __typename }", VALIDATION_FAILED),
    Hostile("variables × 3000", "query (" + many(3000, "$v#: Int") + ") { __typename }", PARSE_FAILED),
    Hostile("operations × 190", many(190, "query Q# { __typename }"), VALIDATION_FAILED),
    Hostile(
        "a text of 900 kB",
        '{ drugs(text: "' + "x" * 900_000 + '") { edges { node { code } } } }',
        PARSE_FAILED,
    ),
    Hostile("a comment of 900 kB", "{ __typename } #" + "x" * 900_000, PARSE_FAILED),
    Hostile(
        "300,000 numbers for one",
        "query ($v: Int) { prescriptions(first: $v) { edges { node { id } } } }",
        BAD_USER_INPUT,
        {"v": [1] * 300_000},
    ),
    Hostile("brackets × 16000", "{ member(x: " + "[" * 16_000, PARSE_FAILED),
)
