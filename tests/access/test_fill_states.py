"""State × verb: a fill goes where the table of states says, through the front door."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from models import Fill, PrescriberQuery
from ops.client import Client, Json
from ops.road import Road
from policy.states import FILL_TRANSITIONS, Verb
from policy.terms import FillState, Role
from tests.house import House
from tests.services.stage import document, post, set_state, walkers

CALLS: dict[Verb, tuple[str, str, Role, Json]] = {
    Verb.APPROVE: ("reviewFill", "pharmacist", Role.PHARMACIST, {"decision": "APPROVE", "advice": "饭后"}),
    Verb.REJECT: ("reviewFill", "pharmacist", Role.PHARMACIST, {"decision": "REJECT", "reason": "禁忌"}),
    Verb.QUERY: ("queryPrescriber", "pharmacist", Role.PHARMACIST, {"question": "剂量?"}),
    Verb.ANSWER: ("answerQuery", "hospital", Role.HOSPITAL, {"answer": "无误", "upholds": True}),
    Verb.MARK_READY: ("markReady", "pharmacist", Role.PHARMACIST, {}),
    Verb.DECLINE: ("declineFill", "pharmacist", Role.PHARMACIST, {"reason": "缺货"}),
    Verb.CANCEL: ("cancelFill", "patient", Role.PATIENT, {}),
    Verb.HAND_OVER: ("handOver", "pharmacist", Role.PHARMACIST, {}),
    Verb.DISPATCH_DELIVERY: ("dispatchDelivery", "pharmacist", Role.PHARMACIST, {"courier": "示例快递 1"}),
    Verb.CONFIRM_DELIVERY: ("confirmDelivery", "patient", Role.PATIENT, {}),
    Verb.SETTLE: ("settleFill", "pharmacist", Role.PHARMACIST, {"tender": {"credential": "ELECTRONIC"}}),
}
ELSEWHERE = {Verb.REQUEST, Verb.EXPIRE, Verb.REVERSE}
"""Tested where they belong: requests make the fill, the clock ends it; a reversal needs a settlement."""


@pytest.fixture(scope="module")
async def way(house: House) -> Road:
    """Fujian's people."""
    return walkers(house)


@pytest.fixture(scope="module")
async def fills(way: Road) -> list[Json]:
    """Fills to be put into any state; one for each verb, so that what one ends stays its own."""
    return [await way.request((await way.upload())["id"]) for _ in CALLS]


def test_every_verb_of_the_table_is_tried() -> None:
    assert set(CALLS) | ELSEWHERE == {Verb(name) for name in FILL_TRANSITIONS}


@pytest.mark.parametrize("verb", CALLS, ids=str)
async def test_a_step_is_allowed_in_the_states_of_the_table_only(
    house: House, way: Road, fills: list[Json], verb: Verb
) -> None:
    fill = fills[list(CALLS).index(verb)]["id"]
    transition = FILL_TRANSITIONS[verb]
    mutation, who, role, values = CALLS[verb]
    assert role in transition.roles
    caller: Client = getattr(way, who)
    await Fill.filter(id=UUID(fill)).update(delivery_address="示例路 1 号")
    wrong = {}

    for state in FillState:
        await set_state(fill, state)
        given: dict[str, Any] = {"idempotencyKey": str(uuid4()), **values}
        if verb == Verb.ANSWER:
            query = await PrescriberQuery.create(fill_id=UUID(fill), question="?", asked_at=house.now())
            given["queryId"] = str(query.id)
        else:
            given["fillId"] = fill
        body = await post(caller, document(mutation), {"input": given})
        codes = [one["code"] for one in body["data"][mutation].get("violations", [])]
        after = (await Fill.get(id=UUID(fill))).state
        if state in transition.sources:
            # settlement has more to ask than the state
            is_right = "STATE_FORBIDS" not in codes and (after == transition.target or verb == Verb.SETTLE)
        else:
            is_right = codes == ["STATE_FORBIDS"] and after == state
        if not is_right:
            wrong[state] = (codes, after)

    assert wrong == {}
