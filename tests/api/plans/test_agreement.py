"""Plans and graphql-core give the same answer to whatever is asked."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.plans.agreement import PLANNED, REFERENCE, answer, differences, shown
from tests.api.plans.odd_schema import Planned
from tests.api.plans.random_documents import documents

LEAF = "__typename text must number ratio flag key tag day colour sizes words strict grid"
PET = f"""__typename ... on Named {{ name }}
  ... on Cat {{ lives purrs(times: 2) leaf {{ {LEAF} }} }}
  ... on Dog {{ barks friends {{ name barks friends {{ name }} }} }}"""
SELECTIONS = [
    "__typename number",
    f"leaf {{ {LEAF} }}",
    f"leaves {{ {LEAF} }}",
    f"strictLeaves {{ {LEAF} }}",
    "leaves { __typename }",
    f"pet {{ {PET} }}",
    f"pets {{ {PET} }}",
    f"named {{ {PET} }}",
    "allNamed { name ... on Ghost { name } }",
    "box { item { must } items { must text } }",
    "count { item items }",
    "held loud",
    "sync { text must } later { text must } fails",
    "sure { text must }",
    'echo(text: "a", numbers: [1, 2], size: LARGE)',
]
ROOTS = [
    *(f"{{ {name} {{ {LEAF} }} }}" for name in ("leaves", "strictLeaves", "awaitedLeaves")),
    "{ awaitedLeaves { __typename } }",
    f"{{ pets {{ {PET} }} }}",
    *(f"{{ named(at: {at}) {{ {PET} }} }}" for at in range(12)),
    f'mutation {{ a: note(text: "a") {{ leaf {{ {LEAF} }} }} b: note(text: "b") {{ number }} }}',
]


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Strawberry logs every error of these schemas."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("document", ROOTS)
async def test_they_agree_on_every_odd_value_of_a_list(document: str) -> None:
    # the second time, the plan is there already
    for _ in range(2):
        assert await differences(document) == ""


@pytest.mark.parametrize("selection", SELECTIONS)
async def test_they_agree_on_every_odd_value_of_a_field(selection: str) -> None:
    documents = [f"{{ {root} {{ {selection} }} }}" for root in ("rows(first: 17)", "rowsLater(at: 0)")]
    documents += [f"{{ row(at: {at}) {{ {selection} }} }}" for at in range(18)]
    documents += [f"{{ rowLater(at: {at}) {{ {selection} }} }}" for at in range(18)]

    assert "".join([await differences(document) for document in documents]) == ""


@settings(
    max_examples=100,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(st.data())
def test_they_agree_on_random_documents(data: st.DataObject) -> None:
    document = data.draw(RANDOM)

    assert asyncio.run(differences(document)) == ""


RANDOM = documents(REFERENCE._schema, REFERENCE.as_str())


@pytest.mark.parametrize("field", [f"leaf {{ {LEAF} }}", f"pet {{ {PET} }}"])
async def test_they_agree_on_every_event_of_a_subscription(field: str) -> None:
    heard = []
    for schema in (PLANNED, REFERENCE):
        events = await schema.subscribe(f"subscription {{ {field} }}", context_value=[])
        heard.append([shown(event) async for event in events])

    assert heard[0] == heard[1]
    assert len(heard[0]) > 10


async def test_they_agree_on_variables_that_do_not_fit() -> None:
    document = "query($at: Int!, $a: Boolean) { row(at: $at) { number @include(if: $a) } }"
    fine = "query($at: Int!, $a: Boolean = true) { row(at: $at) { number @include(if: $a) leaf { text } } }"

    for text, variables in ((document, {"at": 1}), (fine, {"at": 1, "a": None}), (fine, {"at": "x"})):
        planned = await answer(PLANNED, text, **variables)
        assert planned == await answer(REFERENCE, text, **variables)
        assert planned[1]


async def test_the_plan_was_followed() -> None:
    before = Planned.plans.hits

    for _ in range(2):
        await answer(PLANNED, "{ rows { number @skip(if: false) } }")

    assert Planned.plans.hits == before + 1
