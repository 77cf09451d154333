"""What a year cost by prescribing institution (年终归属): its budget (FJ-7.2), its figures (SX-16)."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from models import Institution
from models.replica import searched_rows
from policy.assessment import Assessment, YearOf, assess
from policy.calendar import start_of_day
from policy.terms import Role
from services.actor import Call
from services.errors import BadInput

BY_HOSPITAL = """
WITH net AS (
    SELECT s.hospital_id, s.total - COALESCE(r.total, 0) AS total,
           s.personal_total - COALESCE(r.personal, 0) AS personal,
           s.fund_total - COALESCE(r.fund, 0) AS fund,
           COALESCE(s.budget_cost - COALESCE(r.cost, 0), 0) AS budget_cost,
           COALESCE(s.budget_fund - COALESCE(r.budget, 0), 0) AS budget_fund,
           s.settled_at >= $2 AS is_this
    FROM settlement s LEFT JOIN LATERAL (
        SELECT sum(total) AS total, sum(personal_total) AS personal, sum(fund_total) AS fund,
               sum(budget_cost) AS cost, sum(budget_fund) AS budget
        FROM reversal WHERE settlement_id = s.id
    ) r ON true
    WHERE s.settled_at >= $1 AND s.settled_at < $3
      AND ($4::text IS NULL OR s.hospital_id = $4) AND ($5::text IS NULL OR s.area = $5)
      AND s.hospital_id > $6
)
SELECT hospital_id, count(*) FILTER (WHERE is_this AND total > 0) AS settlements,
       COALESCE(sum(total) FILTER (WHERE is_this), 0) AS total,
       COALESCE(sum(personal) FILTER (WHERE is_this), 0) AS personal,
       COALESCE(sum(fund) FILTER (WHERE is_this), 0) AS fund,
       COALESCE(sum(budget_cost) FILTER (WHERE is_this), 0) AS budget_cost,
       COALESCE(sum(budget_fund) FILTER (WHERE is_this), 0) AS budget_fund,
       count(*) FILTER (WHERE NOT is_this AND total > 0) AS settlements_before,
       COALESCE(sum(total) FILTER (WHERE NOT is_this), 0) AS total_before,
       COALESCE(sum(personal) FILTER (WHERE NOT is_this), 0) AS personal_before
FROM net GROUP BY hospital_id
HAVING bool_or(is_this) ORDER BY hospital_id LIMIT $7
"""
"""Both years in one pass. A reversal counts in the year of its settlement, whenever it was made."""


@dataclass(frozen=True, slots=True)
class HospitalYear:
    """One prescribing institution's year (开方机构年度费用)."""

    hospital: Institution
    year: int
    settlements: int
    total: Decimal
    personal: Decimal
    fund: Decimal
    budget_cost: Decimal
    budget_fund: Decimal
    assessment: Assessment


async def hospital_years(call: Call, year: int, limit: int, after: str = "") -> list[HospitalYear]:
    """The year by prescribing institution, in the order of their codes, from the one after `after` on.

    A hospital sees its own, an agency what its area's members cost.
    """
    call.require("年终归属", Role.HOSPITAL, Role.AGENCY)
    if not 2020 <= year <= 2100:
        raise BadInput("year", f"年度应在 2020 至 2100 之间,收到 {year}。")
    hospital = call.actor.institution if call.actor.role == Role.HOSPITAL else None
    area = call.actor.area if call.actor.role == Role.AGENCY else None
    starts = [start_of_day(date(one, 1, 1)) for one in (year - 1, year, year + 1)]
    given = [*starts, hospital, area, after, limit]
    rows = await searched_rows(BY_HOSPITAL, given)
    codes = [row["hospital_id"] for row in rows]
    hospitals = {one.code: one for one in await Institution.filter(code__in=codes)}
    return [
        HospitalYear(
            hospital=hospitals[row["hospital_id"]],
            year=year,
            settlements=row["settlements"],
            total=row["total"],
            personal=row["personal"],
            fund=row["fund"],
            budget_cost=row["budget_cost"],
            budget_fund=row["budget_fund"],
            assessment=assess(
                YearOf(row["settlements"], row["total"], row["personal"]),
                YearOf(row["settlements_before"], row["total_before"], row["personal_before"]),
            ),
        )
        for row in rows
    ]
