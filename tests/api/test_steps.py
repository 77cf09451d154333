"""The steps of an operation are strawberry's own, written out: both ways must end alike."""

from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from strawberry import Schema as StrawberrySchema
from strawberry.types.graphql import OperationType

import settings
from api.context import Context, anonymous
from api.errors import root_of
from ops.embedded import EngineUrls
from tests.api.door import make_door
from tests.api.small_schema import small_schema

SCHEMA = small_schema()
QUERIES = {OperationType.QUERY}

DOCUMENTS: dict[str, dict[str, Any]] = {
    "an answer": {"query": "{ hello leaf { name leaf { name } } }"},
    "one of several": {
        "query": "query A { hello } query B { __typename } mutation C { __typename }",
        "operation_name": "B",
    },
    "variables": {"query": "query ($a: Int!) { add(a: $a) }", "variable_values": {"a": 41}},
    "a variable that is no number": {
        "query": "query ($a: Int!) { add(a: $a) }",
        "variable_values": {"a": "x"},
    },
    "a variable that is missing": {"query": "query ($a: Int!) { add(a: $a) }"},
    "a fault in a field": {"query": "{ whoami }"},
    "no sentence": {"query": "{ hello"},
    "too many tokens": {"query": "{" + " hello" * settings.QUERY_TOKENS_MAX + " }"},
    "unknown fields": {"query": "{ nothing leaf { nowhere } }"},
    "too many aliases": {"query": "{" + "".join(f" a{number}: hello" for number in range(20)) + " }"},
    "none of several": {"query": "query A { hello } query B { hello }"},
    "an unknown name": {"query": "query A { hello }", "operation_name": "B"},
    "no operation": {"query": "fragment F on Query { hello }"},
    "nothing": {"query": ""},
    "a change where only queries are taken": {"query": "mutation { __typename }"},
    "a subscription": {"query": "subscription { __typename }"},
}


@pytest.fixture
def context(tmp_path: Path, engines: EngineUrls) -> Context:
    door = make_door(tmp_path, engines.redis_url, schema=SCHEMA)
    scope = {"type": "http", "headers": [], "client": ("192.0.2.1", 1)}
    return anonymous(door.parts, Request(scope))


async def ended(way: Any, context: Context, said: dict[str, Any]) -> tuple[Any, ...]:
    """How an operation ended: what was raised, or the answer with its errors' places and causes."""
    try:
        result = await way(SCHEMA, **said, context_value=context, allowed_operation_types=QUERIES)
    except Exception as raised:
        return type(raised), str(raised)
    errors = [
        (error.message, error.path, error.locations, type(root_of(error))) for error in result.errors or ()
    ]
    return type(result), result.data, errors, set(result.extensions)


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_an_operation_ends_as_strawberry_would_end_it(context: Context, name: str) -> None:
    await ended(type(SCHEMA).execute, context, DOCUMENTS[name])  # its document is known to both from here on

    ours = await ended(type(SCHEMA).execute, context, DOCUMENTS[name])
    theirs = await ended(StrawberrySchema.execute, context, DOCUMENTS[name])
    await context.parts.rates.stop()

    assert ours == theirs
