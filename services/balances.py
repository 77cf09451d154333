"""What a member may still use this year (待遇与账户余额)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tortoise.expressions import Q

from models import FamilyGrant, Member, SpecialDiseaseRecord
from models.remembered import rows_of
from policy.benefit import YearUse
from policy.benefit.carry import carry_over
from policy.benefit.scheme import PER_YEAR
from policy.calendar import shanghai_day
from policy.family import payable
from policy.money import ZERO
from policy.parameters import ParameterNotFound, parameter
from policy.terms import BenefitKind, FamilyRelation, GrantScope, InsuranceType
from services.access import live_grants
from services.accumulators import bucket, used_in
from services.family_money import limits_of, paid_in_pairs
from services.ledger import balances_of

TIER = "3"
"""Annual deductibles do not depend on the tier; a per-visit one is not shown as a balance."""


@dataclass(frozen=True, slots=True)
class Use:
    """One pot of one year (年度累计), with what the year before left to it (年度结转)."""

    year: int
    bucket: str
    deductible_used: Decimal
    fund_used: Decimal
    deductible_carried: Decimal
    limit_carried: Decimal
    deductible_left: Decimal | None
    limit_left: Decimal | None
    verified: bool
    basis: str


@dataclass(frozen=True, slots=True)
class FamilyPurse:
    """A family account the member may pay from (家庭共济账户)."""

    owner: Member
    relation: FamilyRelation
    available: Decimal


async def uses_of(member: Member, now: datetime) -> list[Use]:
    """The member's pots of this year: those in use, and those open to the member."""
    today = shanghai_day(now)
    used = await used_in(member.id, [today.year - 1, today.year])
    in_use = [pot for year, pot in used if year == today.year]
    pots = dict.fromkeys([*await open_pots(member, today), *in_use])
    return [
        use(member, pot, used.get((today.year, pot), YearUse()), used.get((today.year - 1, pot)), today)
        for pot in pots
    ]


async def open_pots(member: Member, today: date) -> list[str]:
    """The benefits a member has: one pot per special disease, and common outpatient care."""
    records = await rows_of(SpecialDiseaseRecord, Q(member_id=member.id, since__lte=today))
    diseases = [
        bucket(BenefitKind.SPECIAL_DISEASE, row.disease_code)
        for row in records
        if row.until is None or row.until >= today
    ]
    if member.insurance == InsuranceType.EMPLOYEE:
        return [*diseases, bucket(BenefitKind.OUTPATIENT, None)]
    return diseases


def use(member: Member, pot: str, used: YearUse, last: YearUse | None, today: date) -> Use:
    """One pot with what is left of it, as far as the area's values are known."""
    kind, _, disease = pot.partition(":")
    key = {
        "benefit": kind,
        "insurance": str(member.insurance),
        "status": str(member.status),
        "disease": disease,
    }
    carried = ZERO, ZERO
    deductible_left, limit_left = None, None
    try:
        limit = parameter("annual_limit", member.area, on=today, **key)
        deductible = parameter("deductible", member.area, on=today, tier=TIER, **key)
        found = carry_over(member.area, today, key, last)
        carried = found.deductible, found.limit
        limit_left = max(limit.amount + found.limit - used.fund, ZERO)
        if deductible.unit == PER_YEAR:
            deductible_left = max(deductible.amount - found.deductible - used.deductible, ZERO)
        values = (limit, deductible, found.limit_by, found.deductible_by)
        verified, basis = all(value.verified for value in values), limit.basis
    except ParameterNotFound as missing:
        verified, basis = False, f"未设定参数:{missing.name}"
    return Use(
        today.year, pot, used.deductible, used.fund, *carried, deductible_left, limit_left, verified, basis
    )


async def family_purses(member: Member, now: datetime) -> Sequence[FamilyPurse]:
    """The family accounts that may pay for this member (SX-23)."""
    live = await rows_of(FamilyGrant, live_grants(now), Q(proxy_id=member.id))
    grants = [grant for grant in live if GrantScope.PAY in grant.scopes]
    if not grants:
        return []
    keys = [grant.owner_id for grant in grants]
    owners = {owner.id: owner for owner in await rows_of(Member, Q(id__in=keys))}
    paid = await paid_in_pairs([(key, member.id) for key in keys], now)
    balances = await balances_of(keys)
    return [
        FamilyPurse(
            owners[grant.owner_id],
            grant.relation,
            payable(balances[grant.owner_id], limits_of(grant), one),
        )
        for grant, one in zip(grants, paid, strict=True)
    ]
