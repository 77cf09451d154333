"""The scheme that a bill falls under (待遇标准): the dated values that its computation uses."""

from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.facts import BillFacts
from policy.parameter import Parameter
from policy.parameters import parameter

PER_VISIT, PER_YEAR = "yuan/visit", "yuan/year"
PHARMACY_FIXED_TIER = "PHARMACY_FIXED_TIER"
NO_CEILING = "NONE"


@dataclass(frozen=True, slots=True)
class Scheme:
    """Every value of the law that one bill is computed with."""

    standard_applies: Parameter
    class_b: Parameter
    tier_source: Parameter
    deductible: Parameter
    year_ceiling: Parameter
    essential_waives: Parameter
    ratio: Parameter
    limit: Parameter
    pool: Parameter


def scheme_of(facts: BillFacts) -> Scheme:
    """The scheme (待遇标准) of the member's area for this insurance, status, benefit, tier and disease."""
    area, on = facts.area, facts.on
    key = {
        "benefit": str(facts.benefit),
        "insurance": str(facts.insurance),
        "status": str(facts.status),
        "disease": facts.disease_code or "",
    }
    source = parameter("benefit_tier_source", area, on=on)
    tiered = key | {"tier": str(tier_of(facts, source))}
    return Scheme(
        standard_applies=parameter("payment_standard_applies", area, on=on),
        class_b=parameter("class_b_selfpay_ratio", area, on=on, **key),
        tier_source=source,
        deductible=parameter("deductible", area, on=on, **tiered),
        year_ceiling=parameter("deductible_year_ceiling", area, on=on, **key),
        essential_waives=parameter("essential_drugs_waive_deductible", area, on=on, **key),
        ratio=parameter("fund_ratio", area, on=on, **tiered),
        limit=parameter("annual_limit", area, on=on, **key),
        pool=parameter("limit_pool", area, on=on, **key),
    )


def tier_of(facts: BillFacts, source: Parameter) -> int:
    """Whose tier decides (待遇级别): the prescriber's (FJ-7.1), or the pharmacy's own fixed one."""
    if source.text == PHARMACY_FIXED_TIER and facts.pharmacy_tier is not None:
        return facts.pharmacy_tier
    return facts.prescriber_tier


def deductible_due(facts: BillFacts, scheme: Scheme) -> Decimal:
    """What is left of the deductible (起付标准): of the visit (SX-22), or of the year."""
    if scheme.deductible.unit == PER_YEAR:
        return above_zero(scheme.deductible.amount - facts.deductible_used_year)
    if scheme.deductible.unit != PER_VISIT:
        raise ValueError(f"The deductible of {scheme.deductible.area} is per {scheme.deductible.unit!r}.")
    due = above_zero(scheme.deductible.amount - facts.deductible_taken_visit)
    if scheme.year_ceiling.value == NO_CEILING:
        return due
    return min(due, above_zero(scheme.year_ceiling.amount - facts.deductible_used_year))


def limit_due(facts: BillFacts, scheme: Scheme) -> Decimal:
    """What is left of the annual limit (年度支付限额)."""
    return above_zero(scheme.limit.amount - facts.fund_used_year)


def above_zero(amount: Decimal) -> Decimal:
    """The amount, or zero when it is below."""
    return max(amount, Decimal(0))
