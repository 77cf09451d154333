"""What holds for every bill, whatever is bought by whomever."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.benefit import BillFacts, BillLine, Statement, settle
from policy.money import FEN
from policy.terms import (
    BenefitKind,
    HospitalApproval,
    InsuranceType,
    InsuredState,
    ListClass,
    PersonStatus,
    Residence,
)
from tests.policy.sample_facts import MONDAY

AREAS = ("350100", "350128", "350200", "350400", "350500", "350900", "140100", "140200", "140300", "140600")

steady = settings(derandomize=True, max_examples=100, deadline=None)


def money(top: str) -> st.SearchStrategy[Decimal]:
    """Amounts of money up to a top, to the fen."""
    return st.decimals(min_value=0, max_value=Decimal(top), places=2)


lines = st.builds(
    BillLine,
    id=st.uuids().map(str),
    drug_code=st.sampled_from(("XC08CAS001A001010199901", "XA10BAE032A001010199901")),
    quantity=st.decimals(min_value=0, max_value=200, places=4),
    price=st.decimals(min_value=0, max_value=3000, places=6),
    list_class=st.sampled_from(ListClass),
    covered=st.booleans(),
    payment_standard=st.none() | st.decimals(min_value=0, max_value=3000, places=6),
    limited_use=st.booleans(),
    approval=st.sampled_from(HospitalApproval),
    is_essential=st.booleans(),
)


@st.composite
def bills(draw: st.DrawFn) -> BillFacts:
    """Bills of members of every sampled area; residents only where the benefit knows them."""
    area = draw(st.sampled_from(AREAS))
    benefit = draw(st.sampled_from((BenefitKind.OUTPATIENT, BenefitKind.SPECIAL_DISEASE)))
    status = draw(st.sampled_from((PersonStatus.WORKING, PersonStatus.RETIRED)))
    is_resident = area.startswith("35") and benefit is BenefitKind.SPECIAL_DISEASE and draw(st.booleans())
    return BillFacts(
        area=area,
        on=MONDAY,
        insurance=InsuranceType.RESIDENT if is_resident else InsuranceType.EMPLOYEE,
        status=PersonStatus.RESIDENT if is_resident else status,
        insured=draw(st.sampled_from((InsuredState.NORMAL, InsuredState.NORMAL, *InsuredState))),
        residence=draw(st.sampled_from(Residence)),
        benefit=benefit,
        disease_code=draw(st.sampled_from((None, "M03900", "M01600", "M02101"))),
        prescriber_tier=draw(st.integers(0, 3)),
        pharmacy_tier=draw(st.none() | st.integers(0, 3)),
        deductible_taken_visit=draw(money("100")),
        deductible_used_year=draw(money("1500")),
        fund_used_year=draw(money("120000")),
        has_credential=draw(st.integers(0, 9)) > 0,
        contracted=draw(st.integers(0, 9)) > 0,
        has_prescription=draw(st.integers(0, 9)) > 0,
        reviewed=draw(st.integers(0, 9)) > 0,
        lines=tuple(draw(st.lists(lines, max_size=6))),
        use_account=draw(st.booleans()),
        account_balance=draw(money("5000")),
        family_balance=draw(money("5000")),
    )


def amounts(statement: Statement) -> list[Decimal]:
    """Every amount of money on a statement."""
    whole = [
        value
        for name in Statement.__slots__
        if isinstance(value := getattr(statement, name), Decimal) and name != "pool_prop_selfpay"
    ]
    by_line = [
        amount
        for line in statement.lines
        for amount in (
            line.det_item_fee_sumamt,
            line.fulamt_ownpay_amt,
            line.overlmt_amt,
            line.preselfpay_amt,
            line.inscp_scp_amt,
        )
    ]
    return whole + by_line


@steady
@given(bills())
def test_every_line_and_the_bill_divide_without_remainder(facts: BillFacts) -> None:
    found = settle(facts)

    for line in found.lines:
        parts = line.fulamt_ownpay_amt + line.overlmt_amt + line.preselfpay_amt + line.inscp_scp_amt
        assert line.det_item_fee_sumamt == parts
    parts = found.fulamt_ownpay_amt + found.overlmt_selfpay + found.preselfpay_amt + found.inscp_scp_amt
    assert found.medfee_sumamt == parts == sum(line.det_item_fee_sumamt for line in found.lines)


@steady
@given(bills())
def test_whoever_pays_pays_the_whole_bill(facts: BillFacts) -> None:
    found = settle(facts)

    funds = (
        found.hifp_pay
        + found.cvlserv_pay
        + found.hifes_pay
        + found.hifmi_pay
        + found.hifob_pay
        + found.maf_pay
        + found.oth_pay
    )
    assert found.fund_pay_sumamt == funds
    assert found.medfee_sumamt == found.fund_pay_sumamt + found.psn_part_amt
    assert found.psn_part_amt == found.acct_pay + found.acct_mulaid_pay + found.psn_cash_pay


@steady
@given(bills())
def test_no_amount_is_negative_or_finer_than_a_fen(facts: BillFacts) -> None:
    found = settle(facts)

    for amount in amounts(found):
        assert amount >= 0
        assert amount == amount.quantize(FEN)


@steady
@given(bills())
def test_the_fund_stays_within_the_limit_and_the_eligible_amount(facts: BillFacts) -> None:
    found = settle(facts)

    assert found.hifp_pay <= found.inscp_scp_amt - found.act_pay_dedc
    if found.limit_left is not None:
        before = settle(replace(facts, lines=())).limit_left
        assert before is not None
        assert found.hifp_pay + found.limit_left == before
    assert bool(found.unpaid_reasons) == (found.limit_left is None)
    assert not (found.unpaid_reasons and found.fund_pay_sumamt)


@steady
@given(bills())
def test_accounts_never_pay_more_than_they_hold(facts: BillFacts) -> None:
    found = settle(facts)

    assert found.acct_pay <= facts.account_balance
    assert found.acct_mulaid_pay <= facts.family_balance
    assert facts.use_account or found.psn_cash_pay == found.psn_part_amt
    if found.acct_mulaid_pay:
        assert found.acct_pay == facts.account_balance


@steady
@given(bills(), st.integers())
def test_the_order_of_lines_does_not_change_the_totals(facts: BillFacts, seed: int) -> None:
    shuffled = list(facts.lines)
    Random(seed).shuffle(shuffled)

    found, other = settle(facts), settle(replace(facts, lines=tuple(shuffled)))

    assert replace(found, lines=()) == replace(other, lines=())


@steady
@given(bills())
def test_the_same_bill_is_settled_alike_every_time(facts: BillFacts) -> None:
    assert settle(facts) == settle(facts)


@steady
@given(bills())
def test_the_steps_tell_the_statement(facts: BillFacts) -> None:
    found = settle(facts)

    assert [step.number for step in found.steps] == list(range(1, len(found.steps) + 1))
    assert found.steps[0].amount == found.medfee_sumamt
    assert found.steps[-1].amount == found.psn_cash_pay
    assert all(step.basis and step.text for step in found.steps)
    if found.limit_left is not None:
        paid = next(step for step in found.steps if step.parameter == "annual_limit")
        assert paid.amount == found.hifp_pay
        assert found.is_estimate_of_unverified, "every sampled city's values are unverified"
