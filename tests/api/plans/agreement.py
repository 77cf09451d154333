"""Whether both engines answer alike: the same data in the same order, the same errors at the same places."""

import json
from typing import Any

from strawberry import Schema

from tests.api.plans.odd_schema import odd_schema
from tests.api.plans.random_documents import VARIABLES

PLANNED = odd_schema(planned=True)
REFERENCE = odd_schema(planned=False)


def shown(result: Any) -> tuple[str, list[Any]]:
    """An answer as a client sees it; the order of names counts."""
    errors = [
        (error.message, error.path, [(place.line, place.column) for place in error.locations or ()])
        for error in result.errors or ()
    ]
    return json.dumps(result.data, ensure_ascii=False), errors


async def answer(schema: Schema, document: str, **variables: Any) -> tuple[str, list[Any]]:
    """The answer of one engine."""
    return shown(await schema.execute(document, variable_values=variables, context_value=[]))


async def differences(document: str) -> str:
    """What the engines say differently of a document, with its variables set both ways; "" when nothing."""
    used = [name for name in VARIABLES if f"${name}" in document]
    for flip in (False, True) if used else (False,):
        variables = {name: VARIABLES[name] is not flip for name in used}
        planned = await answer(PLANNED, document, **variables)
        reference = await answer(REFERENCE, document, **variables)
        if planned != reference:
            return f"{document}\n{variables}\nplanned:   {planned}\nreference: {reference}"
    return ""
