"""Taking a settlement back at the counter (冲正): until when, and what of the goods."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from policy.calendar import end_of_day, shanghai_day
from policy.parameters import parameter
from policy.rule import broken
from policy.terms import FillState, GoodsFate, Role
from policy.violation import Code, Violation

GIVEN_OUT = frozenset({FillState.HANDED_OVER, FillState.DELIVERED})
"""States in which the patient has the goods."""


def check_reversal(
    area: str,
    settled_at: datetime,
    now: datetime,
    role: Role,
    state: FillState,
    goods: Mapping[str, GoodsFate],
) -> list[Violation]:
    """Every rule that keeps this caller from reversing these lines now (不能冲正的理由).

    `goods` is told by line. The pharmacy has a term (YL-REVERSAL), through the end of its last legal
    day; the agency has none. What a patient has had in hands is not sold again (CN-GSP).
    """
    found = []
    term = parameter("pharmacy_reversal_term", area, on=shanghai_day(settled_at))
    end = end_of_day(shanghai_day(settled_at) + timedelta(days=term.days))
    if role is not Role.AGENCY and now >= end:
        message = f"结算已超过药店可自行冲正的 {term.days} 天。请联系参保地医保经办机构冲正。"
        found.append(broken(Code.REVERSAL_TERM_OVER, "YL-REVERSAL", message, limit=f"{term.days} 天"))
    if state in GIVEN_OUT:
        message = "药品已交付患者,不得退回库存再售。请按 WRITTEN_OFF(报损)冲正。"
        found += [
            broken(Code.GOODS_NOT_RETURNABLE, "CN-GSP", message, line_id=line)
            for line, fate in goods.items()
            if fate is GoodsFate.RETURNED
        ]
    return found
