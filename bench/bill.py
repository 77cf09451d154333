"""How long a bill of twenty lines takes (费用单计算), against adding up the same lines in the same run.

python -m bench.bill
"""

import statistics
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from time import perf_counter

from policy.benefit import BillFacts, BillLine, settle
from policy.money import ZERO, fen
from policy.terms import (
    BenefitKind,
    HospitalApproval,
    InsuranceType,
    InsuredState,
    ListClass,
    PersonStatus,
    Residence,
)

LINES, ROUNDS, BILLS = 20, 15, 200

LINE = BillLine(
    id="1",
    drug_code="XC08CAS001A001010199901",
    quantity=Decimal(2),
    price=Decimal("33.335"),
    list_class=ListClass.A,
    covered=True,
    payment_standard=Decimal("30.00"),
    limited_use=False,
    approval=HospitalApproval.NOT_ASKED,
    is_essential=False,
)
BILL = BillFacts(
    area="350100",
    on=date(2026, 3, 16),
    insurance=InsuranceType.EMPLOYEE,
    status=PersonStatus.WORKING,
    insured=InsuredState.NORMAL,
    residence=Residence.LOCAL,
    benefit=BenefitKind.OUTPATIENT,
    disease_code=None,
    prescriber_tier=3,
    pharmacy_tier=None,
    deductible_taken_visit=ZERO,
    deductible_used_year=Decimal("590.00"),
    fund_used_year=Decimal("1000.00"),
    has_credential=True,
    contracted=True,
    has_prescription=True,
    reviewed=True,
    lines=tuple(
        replace(LINE, id=str(number), list_class=ListClass.B if number % 2 else ListClass.A)
        for number in range(LINES)
    ),
    use_account=True,
    account_balance=Decimal("50.00"),
    family_balance=ZERO,
)
# a quota used up: the bill is computed by two schemes
OVERFLOWING = replace(
    BILL,
    area="140200",
    benefit=BenefitKind.SPECIAL_DISEASE,
    disease_code="M03900",
    quota_used_month=Decimal("280.00"),
)


def add_up(facts: BillFacts) -> Decimal:
    """The baseline: quantity times price, line by line, rounded to the fen."""
    return sum((fen(line.quantity * line.price) for line in facts.lines), ZERO)


def microseconds(work: Callable[[BillFacts], object], facts: BillFacts) -> float:
    """The time of one bill, over one round."""
    start = perf_counter()
    for _ in range(BILLS):
        work(facts)
    return (perf_counter() - start) / BILLS * 1_000_000


def main() -> None:
    """Print the median of the rounds; baseline and bill take turns, so that both meet the same noise."""
    contests = {"福州 门诊统筹": BILL, "大同 限额用完转入门诊统筹": OVERFLOWING}
    print(f"a bill of {LINES} lines, median of {ROUNDS} rounds of {BILLS}:")
    for name, facts in contests.items():
        settle(facts)
        pairs = [(microseconds(add_up, facts), microseconds(settle, facts)) for _ in range(ROUNDS)]
        base, bill = (statistics.median(times) for times in zip(*pairs, strict=True))
        ratio = statistics.median(bill / base for base, bill in pairs)
        print(f"  {name}: {bill:.0f} µs; adding up alone {base:.0f} µs; {ratio:.0f} times that")


if __name__ == "__main__":
    main()
