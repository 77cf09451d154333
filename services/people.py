"""What of a person each role sees (最小必要), once: who sees a row at all stands in `services/access.py`.

The whole of it, role by role and state by state, is asserted by `tests/access/test_people.py`.
"""

from policy.terms import FillState, Role
from services.actor import Actor

COUNTER = (Role.PHARMACY, Role.PHARMACIST)
KNOWS_NAMES = (Role.PATIENT, *COUNTER, Role.HOSPITAL)
"""Roles that must know whom they serve; agencies and supervisors see masked names."""

UNSOLD = (FillState.DECLINED, FillState.REJECTED, FillState.CANCELLED, FillState.EXPIRED)
"""States in which a fill has ended and nothing was sold."""


def mask_name(name: str) -> str:
    """The first character of a name (脱敏姓名), and stars."""
    return name[:1] + "*" * max(len(name) - 1, 1)


def is_over(actor: Actor, state: FillState) -> bool:
    """Whether a pharmacy has no business with a fill's person any more (业务已终止): nothing was sold."""
    return actor.role in COUNTER and state in UNSOLD


def knows_names(actor: Actor) -> bool:
    """Whether the caller sees names (姓名) in full."""
    return actor.role in KNOWS_NAMES


def knows_buyer(actor: Actor, state: FillState, *, is_proxy: bool) -> bool:
    """Whether the caller sees who came for the drugs (购药人): no hospital sees a patient's family."""
    return not is_over(actor, state) and not (is_proxy and actor.role == Role.HOSPITAL)


def sees_address(actor: Actor, state: FillState) -> bool:
    """Whether the caller needs a home address (配送地址): who lives there, and who sends there."""
    return actor.role in (Role.PATIENT, *COUNTER) and not is_over(actor, state)


def sees_identity_checks(actor: Actor, state: FillState) -> bool:
    """Whether the caller sees how the person at the counter was checked (身份核验): not the hospital."""
    return actor.role != Role.HOSPITAL and not is_over(actor, state)


def sees_questions(actor: Actor, state: FillState) -> bool:
    """Whether the caller sees what pharmacist and prescriber wrote about a patient (审方质疑)."""
    return not is_over(actor, state)


def sees_statement(actor: Actor) -> bool:
    """Whether the caller sees what a person paid, got back and has left (待遇清单): hospitals need sums."""
    return actor.role != Role.HOSPITAL
