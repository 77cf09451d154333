"""The states of fills and prescriptions (状态): the tables, as data."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from policy.rule import broken
from policy.terms import FillState, LineState, PrescriptionState, Role
from policy.violation import Code, Violation


class Verb(StrEnum):
    """What can be done with a fill (配药动作)."""

    REQUEST = "request"
    APPROVE = "approve"
    REJECT = "reject"
    QUERY = "query"
    ANSWER = "answer"
    MARK_READY = "mark_ready"
    DECLINE = "decline"
    CANCEL = "cancel"
    SETTLE = "settle"
    HAND_OVER = "hand_over"
    DISPATCH_DELIVERY = "dispatch_delivery"
    CONFIRM_DELIVERY = "confirm_delivery"
    EXPIRE = "expire"
    REVERSE = "reverse"


class Transition(NamedTuple):
    """Who may take a fill from which states to which (状态转换). None: there is no fill yet."""

    roles: frozenset[Role]
    sources: frozenset[FillState | None]
    target: FillState


COUNTER = frozenset({Role.PHARMACY, Role.PHARMACIST})
PHARMACIST = frozenset({Role.PHARMACIST})
UNREVIEWED = frozenset({FillState.REQUESTED, FillState.QUERIED})
UNSETTLED = UNREVIEWED | {FillState.APPROVED, FillState.READY}
FINISHED = frozenset({LineState.DISPENSED, LineState.CLOSED})
SETTLED = frozenset({FillState.SETTLED, FillState.HANDED_OVER, FillState.DELIVERING, FillState.DELIVERED})

FILL_TRANSITIONS: Mapping[str, Transition] = MappingProxyType(
    {
        Verb.REQUEST: Transition(COUNTER | {Role.PATIENT}, frozenset({None}), FillState.REQUESTED),
        Verb.APPROVE: Transition(PHARMACIST, UNREVIEWED, FillState.APPROVED),
        Verb.REJECT: Transition(PHARMACIST, UNREVIEWED, FillState.REJECTED),
        Verb.QUERY: Transition(PHARMACIST, frozenset({FillState.REQUESTED}), FillState.QUERIED),
        # the pharmacist looks again at what the prescriber answered
        Verb.ANSWER: Transition(
            frozenset({Role.HOSPITAL}), frozenset({FillState.QUERIED}), FillState.REQUESTED
        ),
        Verb.MARK_READY: Transition(COUNTER, frozenset({FillState.APPROVED}), FillState.READY),
        Verb.DECLINE: Transition(COUNTER, UNSETTLED, FillState.DECLINED),
        # the hospital cancels by revoking the prescription
        Verb.CANCEL: Transition(frozenset({Role.PATIENT, Role.HOSPITAL}), UNSETTLED, FillState.CANCELLED),
        Verb.SETTLE: Transition(COUNTER, frozenset({FillState.READY}), FillState.SETTLED),
        Verb.HAND_OVER: Transition(COUNTER, frozenset({FillState.SETTLED}), FillState.HANDED_OVER),
        Verb.DISPATCH_DELIVERY: Transition(COUNTER, frozenset({FillState.SETTLED}), FillState.DELIVERING),
        Verb.CONFIRM_DELIVERY: Transition(
            COUNTER | {Role.PATIENT}, frozenset({FillState.DELIVERING}), FillState.DELIVERED
        ),
        Verb.EXPIRE: Transition(frozenset({Role.SERVICE}), UNSETTLED, FillState.EXPIRED),
        Verb.REVERSE: Transition(COUNTER | {Role.AGENCY}, SETTLED, FillState.REVERSED),
    }
)


def check_transition(verb: str, state: FillState | None, role: Role) -> Violation | None:
    """The refusal of a step (状态转换) that the fill's state or the caller's role does not allow."""
    transition = FILL_TRANSITIONS[verb]
    if role not in transition.roles:
        return broken(
            Code.STATE_FORBIDS,
            "YL-4",
            "当前角色不能进行这一操作。",
            limit="、".join(sorted(transition.roles)),
            actual=role,
        )
    if state not in transition.sources:
        return broken(
            Code.STATE_FORBIDS,
            "YL-4",
            "配药的当前状态不允许这一操作。",
            limit="、".join(sorted(source or "NONE" for source in transition.sources)),
            actual=state or "NONE",
        )
    return None


def prescription_state(lines: Sequence[LineState], expired: bool, revoked: bool) -> PrescriptionState:
    """The prescription's state (处方状态), derived from its lines.

    What is dispensed stays dispensed: a later end of validity or revocation concerns the rest only.
    """
    if lines and all(line == LineState.DISPENSED for line in lines):
        return PrescriptionState.DISPENSED
    if revoked:
        return PrescriptionState.REVOKED
    if expired:
        return PrescriptionState.EXPIRED
    # neither revoked nor expired, what is closed was bought in the hospital
    if lines and all(line in FINISHED for line in lines):
        return PrescriptionState.DISPENSED
    if LineState.DISPENSED in lines:
        return PrescriptionState.PARTLY_DISPENSED
    return PrescriptionState.ACTIVE
