"""What the benefit is computed from, and what comes out."""

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from policy.money import ZERO
from policy.terms import (
    BenefitKind,
    BillItem,
    Fund,
    HospitalApproval,
    InsuranceType,
    InsuredState,
    ListClass,
    PersonStatus,
    Residence,
)
from policy.violation import Violation


@dataclass(frozen=True, slots=True)
class BillLine:
    """One line of a bill (费用明细): so many packages at a price, and what the catalogue says."""

    id: str
    drug_code: str
    quantity: Decimal
    price: Decimal
    list_class: ListClass
    covered: bool
    payment_standard: Decimal | None
    limited_use: bool
    approval: HospitalApproval
    is_essential: bool
    item: BillItem = BillItem.DRUG
    is_dual_channel: bool = False

    def __post_init__(self) -> None:
        refuse_negative(self)


@dataclass(frozen=True, slots=True)
class FundUse:
    """A further fund that the member takes part in (其他基金), and what it paid this year."""

    fund: Fund
    used_year: Decimal = ZERO

    def __post_init__(self) -> None:
        refuse_negative(self)


@dataclass(frozen=True, slots=True)
class YearUse:
    """What was used of a benefit in a year (年度累计); `joint` by others, of a joint limit."""

    deductible: Decimal = ZERO
    fund: Decimal = ZERO
    joint: Decimal = ZERO

    def __post_init__(self) -> None:
        refuse_negative(self)


@dataclass(frozen=True, slots=True)
class BillFacts:
    """A bill (费用单) and whose it is. `area` is the member's pooling area: its policy decides.

    `place_area` is the pooling area of treatment where it is known. `settled_at_once` is false for a
    bill that was not settled on the spot (FJ-7.4). `…_used_year` is the use of this bill's own benefit;
    `fund_used_joint` what inpatient care and others took of a joint limit; `quota_used_…` what the fund
    paid for this disease in the month and quarter; `outpatient_…` the use of 门诊统筹, into which costs
    beyond a quota may flow (SX-25). `…last_year` is the use of the same in the year before, None where
    nothing is on record, so that nothing is carried over.
    """

    area: str
    on: date
    insurance: InsuranceType
    status: PersonStatus
    insured: InsuredState
    residence: Residence
    benefit: BenefitKind
    disease_code: str | None
    prescriber_tier: int
    pharmacy_tier: int | None
    deductible_taken_visit: Decimal
    deductible_used_year: Decimal
    fund_used_year: Decimal
    has_credential: bool
    contracted: bool
    has_prescription: bool
    reviewed: bool
    lines: tuple[BillLine, ...]
    use_account: bool
    account_balance: Decimal
    family_balance: Decimal
    place_in_province: bool = True
    place_area: str | None = None
    has_personal_account: bool = True
    settled_at_once: bool = True
    fund_used_joint: Decimal = ZERO
    quota_used_month: Decimal = ZERO
    quota_used_quarter: Decimal = ZERO
    outpatient_deductible_used_year: Decimal = ZERO
    outpatient_fund_used_year: Decimal = ZERO
    further_funds: tuple[FundUse, ...] = ()
    last_year: YearUse | None = None
    outpatient_last_year: YearUse | None = None

    def __post_init__(self) -> None:
        refuse_negative(self)


def refuse_negative(facts: BillLine | FundUse | YearUse | BillFacts) -> None:
    """Stop at an amount below zero, or at none: a bill only ever adds up."""
    for field in fields(facts):
        value = getattr(facts, field.name)
        if isinstance(value, Decimal) and (not value.is_finite() or value < 0):
            raise ValueError(f"{field.name} of a bill is {value}; it must be an amount, zero or more.")


@dataclass(frozen=True, slots=True)
class LineStatement:
    """How one line divides (明细分割): full self-pay, above the standard, advance self-pay, eligible."""

    id: str
    drug_code: str
    det_item_fee_sumamt: Decimal
    fulamt_ownpay_amt: Decimal
    overlmt_amt: Decimal
    preselfpay_amt: Decimal
    inscp_scp_amt: Decimal
    selfpay_prop: Decimal
    pric_uplmt_amt: Decimal | None


@dataclass(frozen=True, slots=True)
class Use:
    """What a bill uses of one benefit (计入累计): its own, and 门诊统筹 where a quota overflows (SX-25)."""

    benefit: BenefitKind
    disease_code: str | None
    deductible: Decimal
    fund: Decimal


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the computation (计算步骤), for people: what, how much, by which rule and value."""

    number: int
    text: str
    amount: Decimal
    rule: str
    basis: str
    parameter: str | None
    verified: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """The benefit statement (医保待遇清单).

    The identities of the national interface hold to the fen. `psn_part_amt` is what the fund does not
    pay: own account, family account and cash, so the family account stands beside the own one.
    `pool_prop_selfpay` is the ratio that the pooled fund pays of the bill's own benefit. Nothing of the
    year is computed for a bill that is not paid: `deductible_left` and `limit_left` are None then.
    `uses` says what to add to which accumulator.
    """

    lines: tuple[LineStatement, ...]
    medfee_sumamt: Decimal
    fulamt_ownpay_amt: Decimal
    overlmt_selfpay: Decimal
    preselfpay_amt: Decimal
    inscp_scp_amt: Decimal
    act_pay_dedc: Decimal
    pool_prop_selfpay: Decimal
    hifp_pay: Decimal
    cvlserv_pay: Decimal
    hifes_pay: Decimal
    hifmi_pay: Decimal
    hifob_pay: Decimal
    maf_pay: Decimal
    oth_pay: Decimal
    fund_pay_sumamt: Decimal
    psn_part_amt: Decimal
    acct_pay: Decimal
    acct_mulaid_pay: Decimal
    psn_cash_pay: Decimal
    deductible_left: Decimal | None
    limit_left: Decimal | None
    is_estimate_of_unverified: bool
    unpaid_reasons: tuple[Violation, ...]
    steps: tuple[Step, ...]
    uses: tuple[Use, ...] = ()
