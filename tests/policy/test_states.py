"""The tables of states, walked completely."""

from itertools import product

import pytest

from policy.states import FILL_TRANSITIONS, Verb, check_transition, prescription_state
from policy.terms import FillState, LineState, PrescriptionState, Role

COUNTER = {"mark_ready", "decline", "settle", "hand_over", "dispatch_delivery", "confirm_delivery", "reverse"}
MAY: dict[Role, set[str]] = {
    Role.PATIENT: {"request", "cancel", "confirm_delivery"},
    Role.PHARMACY: COUNTER | {"request"},
    Role.PHARMACIST: COUNTER | {"request", "approve", "reject", "query"},
    Role.HOSPITAL: {"answer", "cancel"},
    Role.AGENCY: {"reverse"},
    Role.SUPERVISOR: set(),
    Role.SERVICE: {"expire"},
}
POSSIBLE: dict[FillState | None, dict[str, FillState]] = {
    None: {"request": FillState.REQUESTED},
    FillState.REQUESTED: {
        "approve": FillState.APPROVED,
        "reject": FillState.REJECTED,
        "query": FillState.QUERIED,
        "decline": FillState.DECLINED,
        "cancel": FillState.CANCELLED,
        "expire": FillState.EXPIRED,
    },
    FillState.QUERIED: {
        "approve": FillState.APPROVED,
        "reject": FillState.REJECTED,
        "answer": FillState.REQUESTED,
        "decline": FillState.DECLINED,
        "cancel": FillState.CANCELLED,
        "expire": FillState.EXPIRED,
    },
    FillState.APPROVED: {
        "mark_ready": FillState.READY,
        "decline": FillState.DECLINED,
        "cancel": FillState.CANCELLED,
        "expire": FillState.EXPIRED,
    },
    FillState.READY: {
        "settle": FillState.SETTLED,
        "decline": FillState.DECLINED,
        "cancel": FillState.CANCELLED,
        "expire": FillState.EXPIRED,
    },
    FillState.SETTLED: {
        "hand_over": FillState.HANDED_OVER,
        "dispatch_delivery": FillState.DELIVERING,
        "reverse": FillState.REVERSED,
    },
    FillState.HANDED_OVER: {"reverse": FillState.REVERSED},
    FillState.DELIVERING: {"confirm_delivery": FillState.DELIVERED, "reverse": FillState.REVERSED},
    FillState.DELIVERED: {"reverse": FillState.REVERSED},
    FillState.DECLINED: {},
    FillState.REJECTED: {},
    FillState.CANCELLED: {},
    FillState.EXPIRED: {},
    FillState.REVERSED: {},
}
STATES: list[FillState | None] = [None, *FillState]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_does_in_every_state_just_what_the_design_allows(role: Role) -> None:
    for state, verb in product(STATES, Verb):
        violation = check_transition(verb, state, role)

        is_allowed = verb in MAY[role] and verb in POSSIBLE[state]
        assert (violation is None) == is_allowed, f"{role} {verb} in {state}"
        if violation is None:
            assert FILL_TRANSITIONS[verb].target == POSSIBLE[state][verb]
        else:
            assert violation.code == "STATE_FORBIDS"


def test_a_plain_word_is_a_verb() -> None:
    assert check_transition("approve", FillState.REQUESTED, Role.PHARMACIST) is None


def test_a_refusal_says_which_states_would_do() -> None:
    found = check_transition("settle", FillState.APPROVED, Role.PHARMACY)

    assert found is not None
    assert (found.limit, found.actual) == ("READY", "APPROVED")


OPEN, CLAIMED, DISPENSED, CLOSED = LineState.OPEN, LineState.CLAIMED, LineState.DISPENSED, LineState.CLOSED


@pytest.mark.parametrize(
    ("lines", "expired", "revoked", "expected"),
    [
        ([OPEN, OPEN], False, False, PrescriptionState.ACTIVE),
        ([CLAIMED, OPEN], False, False, PrescriptionState.ACTIVE),
        ([DISPENSED, OPEN], False, False, PrescriptionState.PARTLY_DISPENSED),
        ([DISPENSED, DISPENSED], False, False, PrescriptionState.DISPENSED),
        ([DISPENSED, DISPENSED], True, True, PrescriptionState.DISPENSED),
        ([DISPENSED, CLOSED], False, False, PrescriptionState.DISPENSED),
        ([CLOSED, CLOSED], False, False, PrescriptionState.DISPENSED),
        ([DISPENSED, CLOSED, CLAIMED], False, False, PrescriptionState.PARTLY_DISPENSED),
        ([CLOSED, OPEN], False, False, PrescriptionState.ACTIVE),
        ([DISPENSED, CLOSED], True, False, PrescriptionState.EXPIRED),
        ([DISPENSED, CLOSED], False, True, PrescriptionState.REVOKED),
        ([CLOSED, CLOSED], True, True, PrescriptionState.REVOKED),
        ([], False, False, PrescriptionState.ACTIVE),
    ],
)
def test_a_prescriptions_state_follows_from_its_lines(
    lines: list[LineState], expired: bool, revoked: bool, expected: PrescriptionState
) -> None:
    assert prescription_state(lines, expired=expired, revoked=revoked) is expected
