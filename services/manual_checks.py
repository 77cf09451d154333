"""How often pharmacies check people by hand (特殊登记统计), and when that is too often (YL-41)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from tortoise import connections

from models import Case, Institution
from policy.calendar import SHANGHAI, shanghai_day
from policy.dispensing import is_manual_often
from policy.parameters import ParameterNotFound, parameter
from policy.terms import CaseKind, InstitutionKind, Role
from services.actor import Actor, Call
from services.errors import BadInput

SPAN_MAX = timedelta(days=366)

COUNTS = """
WITH checked AS (
    SELECT f.pharmacy_id AS code, count(*) AS many
    FROM identity_check c JOIN fill f ON f.id = c.fill_id
    WHERE c.method = 'MANUAL' AND c.submitted_at >= $1 AND c.submitted_at < $2 GROUP BY f.pharmacy_id
), settled AS (
    SELECT s.pharmacy_id AS code, count(*) AS many, count(*) FILTER (WHERE EXISTS (
        SELECT FROM identity_check c WHERE c.fill_id = s.fill_id AND c.method = 'MANUAL'
    )) AS manual
    FROM settlement s WHERE s.settled_at >= $1 AND s.settled_at < $2 GROUP BY s.pharmacy_id
)
SELECT i.code, i.area, coalesce(c.many, 0) AS checks, coalesce(s.many, 0) AS settlements,
       coalesce(s.manual, 0) AS manual
FROM institution i LEFT JOIN checked c ON c.code = i.code LEFT JOIN settled s ON s.code = i.code
WHERE (c.many > 0 OR s.many > 0) AND ($3::text IS NULL OR i.area = $3) AND i.code > $4
ORDER BY i.code LIMIT $5
"""
ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class ManualChecks:
    """What one pharmacy checked by hand in a period (特殊登记统计)."""

    pharmacy_code: str
    area: str
    checks: int
    settlements: int
    manual_settlements: int

    @property
    def share(self) -> Decimal:
        """The share of settlements that rest on a check by hand, four places (特殊登记占比)."""
        if not self.settlements:
            return Decimal(0)
        return (Decimal(self.manual_settlements) / self.settlements).quantize(Decimal("0.0001"))

    def is_often(self, on: date) -> bool:
        """Whether that is unusually often, by the values of that day; false on a day without any."""
        try:
            return is_manual_often(self.area, on, self.manual_settlements, self.settlements)
        except ParameterNotFound:
            return False


async def manual_checks(
    call: Call, since: date, until: date, first: int, after: str | None
) -> Sequence[ManualChecks]:
    """The pharmacies of the caller's area with what they checked by hand (特殊登记统计), by code."""
    call.require("特殊登记统计", Role.AGENCY, Role.SUPERVISOR)
    if not timedelta(0) <= until - since <= SPAN_MAX:
        raise BadInput("until", "应不早于 since,且至多一年。")
    return await count(since, until, area_of(call.actor), after or "", first)


def area_of(actor: Actor) -> str | None:
    """The area that a caller oversees: an agency its own, a supervisor all."""
    return actor.area if actor.role == Role.AGENCY else None


async def count(
    since: date, until: date, area: str | None, after: str = "", first: int = ALL
) -> Sequence[ManualChecks]:
    """Count from the first day to the last, both included (按自然日)."""
    start = datetime.combine(since, time(), SHANGHAI)
    end = datetime.combine(until + timedelta(days=1), time(), SHANGHAI)
    rows = await connections.get("default").execute_query_dict(COUNTS, [start, end, area, after, first])
    return [
        ManualChecks(row["code"], row["area"], row["checks"], row["settlements"], row["manual"])
        for row in rows
    ]


async def watch_manual_checks(call: Call) -> int:
    """Open a case where a pharmacy checks by hand unusually often (特殊登记过多): once a month each."""
    today = shanghai_day(call.now)
    opened: list[Case] = []
    pharmacies = Institution.filter(kind=InstitutionKind.PHARMACY)
    for area in sorted(set(await pharmacies.distinct().values_list("area", flat=True)), key=str):
        try:
            days = parameter("manual_check_span", str(area), on=today).days
        except ParameterNotFound:
            continue
        found = await count(today - timedelta(days=days - 1), today, str(area))
        opened += [case_of(one, today, days, call) for one in found if one.is_often(today)]
    await Case.bulk_create(opened, ignore_conflicts=True)
    return len(opened)


def case_of(found: ManualChecks, today: date, days: int, call: Call) -> Case:
    """The case against a pharmacy (监管线索)."""
    kind = CaseKind.MANUAL_VERIFICATION_OFTEN
    return Case(
        key=f"{kind}:{found.pharmacy_code}:{today:%Y-%m}",
        kind=kind,
        pharmacy_id=found.pharmacy_code,
        text=f"{days} 天内 {found.settlements} 笔结算中 {found.manual_settlements} 笔以特殊登记核验身份,"
        f"占 {found.share:.2%}。",
        opened_at=call.now,
        opened_by=call.actor.caller,
    )
