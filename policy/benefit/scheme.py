"""The scheme that a bill falls under (待遇标准): the dated values that its computation uses."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from policy.benefit.carry import JOINT, CarryOver, carry_over
from policy.benefit.facts import BillFacts, BillLine
from policy.parameter import Parameter
from policy.parameters import parameter
from policy.terms import BenefitKind, BillItem, ListClass

PER_VISIT, PER_YEAR = "yuan/visit", "yuan/year"
PHARMACY_FIXED_TIER = "PHARMACY_FIXED_TIER"
NO_CEILING = "NONE"
MONTH, QUARTER = "MONTH", "QUARTER"


@dataclass(frozen=True, slots=True)
class FurtherFund:
    """A fund that pays after the pooled one (其他基金): of what, how much of it, up to what a year."""

    fund: str
    base: Parameter
    ratio: Parameter
    limit: Parameter


@dataclass(frozen=True, slots=True)
class Scheme:
    """Every value of the law that one bill is computed with.

    `class_b` holds the advance self-pay of every class-B drug on the bill, by drug code.
    """

    standard_applies: Parameter
    items: Parameter
    delivery: Parameter
    class_b: Mapping[str, Parameter]
    tier_source: Parameter
    deductible: Parameter
    year_ceiling: Parameter
    essential_waives: Parameter
    ratio: Parameter
    limit: Parameter
    pool: Parameter
    quotas: tuple[Parameter, ...]
    overflows: Parameter
    carried: CarryOver
    further: tuple[FurtherFund, ...] = ()


def scheme_of(facts: BillFacts) -> Scheme:
    """The scheme (待遇标准) of the member's area for this insurance, status, benefit, tier and disease."""
    area, on = facts.area, facts.on
    key = key_of(facts)
    source = parameter("benefit_tier_source", area, on=on)
    tiered = key | {"tier": str(tier_of(facts, source))}
    return Scheme(
        standard_applies=parameter("payment_standard_applies", area, on=on),
        items=parameter("outpatient_items", area, on=on, **key),
        delivery=parameter("delivery_fee_covered", area, on=on),
        class_b={
            line.drug_code: class_b_ratio(facts, line, key)
            for line in facts.lines
            if line.list_class is ListClass.B
        },
        tier_source=source,
        deductible=parameter("deductible", area, on=on, **tiered),
        year_ceiling=parameter("deductible_year_ceiling", area, on=on, **key),
        essential_waives=parameter("essential_drugs_waive_deductible", area, on=on, **key),
        ratio=parameter("fund_ratio", area, on=on, **tiered),
        limit=parameter("annual_limit", area, on=on, **key),
        pool=parameter("limit_pool", area, on=on, **key),
        quotas=quotas_of(facts, key),
        overflows=parameter("quota_overflow", area, on=on, **key),
        carried=carry_over(area, on, key, facts.last_year),
        further=further_of(facts, key),
    )


def key_of(facts: BillFacts) -> dict[str, str]:
    """By what the values of a benefit differ (分档): benefit, insurance, status, disease."""
    return {
        "benefit": str(facts.benefit),
        "insurance": str(facts.insurance),
        "status": str(facts.status),
        "disease": facts.disease_code or "",
    }


def class_b_ratio(facts: BillFacts, line: BillLine, key: Mapping[str, str]) -> Parameter:
    """The advance self-pay of a class-B drug (乙类先行自付): its own row, or its class's (SX-20)."""
    drug = {"drug": line.drug_code, "list_class": str(line.list_class)}
    return parameter("class_b_selfpay_ratio", facts.area, on=facts.on, **key, **drug)


def quotas_of(facts: BillFacts, key: Mapping[str, str]) -> tuple[Parameter, ...]:
    """The quotas by month and quarter of a special disease (月、季度限额); a year's is the annual limit."""
    if facts.benefit is not BenefitKind.SPECIAL_DISEASE:
        return ()
    found = (
        parameter("disease_quota", facts.area, on=facts.on, period=period, **key)
        for period in (MONTH, QUARTER)
    )
    return tuple(quota for quota in found if quota.value != NO_CEILING)


def further_of(facts: BillFacts, key: Mapping[str, str]) -> tuple[FurtherFund, ...]:
    """The area's further funds in their order (其他基金), of those the member takes part in."""
    mine = {use.fund for use in facts.further_funds}
    return tuple(
        FurtherFund(
            fund=fund,
            base=parameter("further_fund_base", facts.area, on=facts.on, fund=fund, **key),
            ratio=parameter("further_fund_ratio", facts.area, on=facts.on, fund=fund, **key),
            limit=parameter("further_fund_limit", facts.area, on=facts.on, fund=fund, **key),
        )
        for fund in parameter("further_funds", facts.area, on=facts.on, **key).words
        if fund in mine
    )


def tier_of(facts: BillFacts, source: Parameter) -> int:
    """Whose tier decides (待遇级别): the prescriber's (FJ-7.1), or the pharmacy's own fixed one."""
    if source.text == PHARMACY_FIXED_TIER and facts.pharmacy_tier is not None:
        return facts.pharmacy_tier
    return facts.prescriber_tier


def takes(line: BillLine, scheme: Scheme) -> bool:
    """Whether the benefit takes an item of this kind at all (纳入范围, FJ-7.3, FJ-7.6, SX-9, SX-25)."""
    if line.item is BillItem.DELIVERY:
        return scheme.delivery.flag
    return line.item in scheme.items.words


def deductible_due(facts: BillFacts, scheme: Scheme) -> Decimal:
    """What is left of the deductible (起付标准): of the visit (SX-22), or of the year (YL-CARRY)."""
    paid = facts.deductible_used_year + scheme.carried.deductible
    if scheme.deductible.unit == PER_YEAR:
        return above_zero(scheme.deductible.amount - paid)
    if scheme.deductible.unit != PER_VISIT:
        raise ValueError(f"The deductible of {scheme.deductible.area} is per {scheme.deductible.unit!r}.")
    due = above_zero(scheme.deductible.amount - facts.deductible_taken_visit)
    if scheme.year_ceiling.value == NO_CEILING:
        return due
    return min(due, above_zero(scheme.year_ceiling.amount - paid))


def limit_due(facts: BillFacts, scheme: Scheme) -> Decimal:
    """What is left of the annual limit (年度支付限额) and of what last year left to it.

    A joint limit is used by inpatient care as well.
    """
    joint = facts.fund_used_joint if scheme.pool.text == JOINT else Decimal(0)
    return above_zero(scheme.limit.amount + scheme.carried.limit - facts.fund_used_year - joint)


def quota_due(facts: BillFacts, quota: Parameter) -> Decimal:
    """What is left of a month's or quarter's quota (限额余额)."""
    used = {MONTH: facts.quota_used_month, QUARTER: facts.quota_used_quarter}
    return above_zero(quota.amount - used[dict(quota.keys)["period"]])


def above_zero(amount: Decimal) -> Decimal:
    """The amount, or zero when it is below."""
    return max(amount, Decimal(0))
