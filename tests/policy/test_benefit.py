"""The benefit engine beyond its cases."""

from dataclasses import replace
from decimal import Decimal

import pytest

from policy.benefit import FundUse, settle, settle_by
from policy.benefit.scheme import FurtherFund, deductible_due, scheme_of, tier_of
from policy.terms import BenefitKind, Fund, ListClass, PersonStatus
from tests.policy.sample_facts import BILL, BILL_LINE, DATONG, FUZHOU, HYPERTENSION, TAIYUAN, XIAMEN


def test_a_step_names_the_value_it_used_and_that_nobody_verified_it() -> None:
    facts = replace(BILL, lines=(replace(BILL_LINE, quantity=Decimal(10)),))

    steps = {step.parameter: step for step in settle(facts).steps if step.parameter}

    assert steps["deductible"].text == "起付标准：本年度 600 元，基本药物不设起付"
    assert steps["deductible"].amount == Decimal("600.00")
    assert steps["deductible"].basis == "榕医保文〔2024〕21号（二手资料，未核实）"
    assert steps["fund_ratio"].text == "400.00 元按统筹支付比例 78%"
    assert not steps["fund_ratio"].verified


def test_an_unpaid_bill_says_why_and_uses_no_sample() -> None:
    found = settle(replace(BILL, reviewed=False))

    assert not found.is_estimate_of_unverified
    assert found.steps[1].text == "处方未经执业药师审核签字，统筹基金不予支付。"
    assert found.steps[1].rule == "FJ-7.4"
    assert found.pool_prop_selfpay == 0


def test_a_bill_without_lines_costs_nothing_and_takes_no_deductible() -> None:
    found = settle(replace(BILL, lines=()))

    assert found.medfee_sumamt == found.act_pay_dedc == found.psn_cash_pay == 0


@pytest.mark.parametrize("name", ["fund_used_year", "account_balance", "deductible_taken_visit"])
def test_a_bill_with_a_negative_amount_is_refused_at_once(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} of a bill is -0.01"):
        replace(BILL, **{name: Decimal("-0.01")})  # type: ignore[arg-type]  # the name varies


def test_a_price_that_is_no_number_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="price of a bill is NaN"):
        replace(BILL_LINE, price=Decimal("NaN"))


def test_two_bills_of_one_visit_take_the_deductible_once() -> None:
    one = replace(BILL, area=TAIYUAN, lines=(replace(BILL_LINE, price=Decimal(50)),))

    first = settle(one)
    second = settle(replace(one, deductible_taken_visit=first.act_pay_dedc))
    third = settle(replace(one, deductible_taken_visit=first.act_pay_dedc + second.act_pay_dedc))

    assert [found.act_pay_dedc for found in (first, second, third)] == [50, 30, 0]


def test_a_year_of_visits_in_datong_takes_three_hundred_at_most() -> None:
    used, taken = Decimal(0), []
    for _ in range(5):
        found = settle(replace(BILL, area=DATONG, deductible_used_year=used))
        taken.append(found.act_pay_dedc)
        used += found.act_pay_dedc

    assert taken == [80, 80, 80, 60, 0]


def test_splitting_a_bill_never_costs_more_deductible_in_a_year() -> None:
    whole = settle(replace(BILL, lines=(replace(BILL_LINE, quantity=Decimal(10)),)))

    half = replace(BILL, lines=(replace(BILL_LINE, quantity=Decimal(5)),))
    first = settle(half)
    second = settle(
        replace(half, deductible_used_year=first.act_pay_dedc, fund_used_year=first.fund_pay_sumamt)
    )

    assert first.act_pay_dedc + second.act_pay_dedc == whole.act_pay_dedc
    assert first.hifp_pay + second.hifp_pay == whole.hifp_pay


def test_xiamen_counts_one_limit_for_outpatient_and_inpatient_care() -> None:
    scheme = scheme_of(replace(BILL, area=XIAMEN))

    assert scheme.pool.text == "JOINT"
    assert scheme_of(replace(BILL, area=FUZHOU)).pool.text == "OUTPATIENT"


def test_the_prescribers_tier_decides_unless_the_area_fixes_the_pharmacys() -> None:
    facts = replace(BILL, prescriber_tier=3, pharmacy_tier=1, status=PersonStatus.WORKING)
    source = scheme_of(facts).tier_source

    assert tier_of(facts, source) == 3
    assert tier_of(facts, replace(source, value="PHARMACY_FIXED_TIER")) == 1
    assert tier_of(replace(facts, pharmacy_tier=None), replace(source, value="PHARMACY_FIXED_TIER")) == 3


def test_a_deductible_of_an_unknown_kind_stops_the_computation() -> None:
    scheme = scheme_of(BILL)
    odd = replace(scheme, deductible=replace(scheme.deductible, unit="yuan/month"))

    with pytest.raises(ValueError, match="yuan/month"):
        deductible_due(BILL, odd)


def test_each_drug_pays_its_own_share_in_advance_where_it_has_a_row() -> None:
    other = replace(BILL_LINE, id="2", drug_code="XL01EDA001A001010199901", list_class=ListClass.B)
    facts = replace(BILL, lines=(replace(BILL_LINE, list_class=ListClass.B), other))
    scheme = scheme_of(facts)
    dear = replace(scheme.class_b[other.drug_code], value=Decimal("0.30"), keys=(("drug", other.drug_code),))

    found = settle_by(facts, replace(scheme, class_b={**scheme.class_b, other.drug_code: dear}))

    assert [line.preselfpay_amt for line in found.lines] == [10, 30]
    advance = [step for step in found.steps if step.parameter == "class_b_selfpay_ratio"]
    told = [(step.text, int(step.amount)) for step in advance]
    assert told == [("乙类先行自付 10%", 10), ("乙类先行自付 30%", 30)]


def test_a_row_for_one_drug_comes_before_its_classes() -> None:
    row = scheme_of(replace(BILL, lines=(replace(BILL_LINE, list_class=ListClass.B),))).class_b
    general = next(iter(row.values()))
    own = replace(general, keys=(("drug", BILL_LINE.drug_code),))
    key = {"drug": BILL_LINE.drug_code, "list_class": "02", "benefit": "OUTPATIENT"}

    assert own.fits(key)
    assert general.fits(key)
    assert not own.fits(key | {"drug": "XL01EDA001A001010199901"})
    assert len(own.keys) > len(general.keys), "the row with the most fitting columns is taken"


def test_an_overflow_is_told_step_by_step() -> None:
    facts = replace(
        BILL,
        area=DATONG,
        benefit=BenefitKind.SPECIAL_DISEASE,
        disease_code=HYPERTENSION,
        quota_used_month=Decimal(300),
        lines=(replace(BILL_LINE, quantity=Decimal(4)),),
    )

    told = [(step.text, int(step.amount), step.rule) for step in settle(facts).steps]

    assert told[2:10] == [
        ("起付标准：本年度 0 元", 0, "SX-22"),
        ("400.00 元按统筹支付比例 75%", 300, "SX-20"),
        ("本月病种限额 300 元内", 0, "SX-25"),
        ("年度支付限额 3000 元内由统筹基金支付", 0, "SX-20"),
        ("病种限额用完之后的费用，转入门诊统筹", 400, "SX-25"),
        ("门诊统筹起付标准：本次就诊 80 元", 80, "SX-22"),
        ("320.00 元按门诊统筹支付比例 55%", 176, "SX-20"),
        ("门诊统筹年度支付限额 2500 元内由统筹基金支付", 176, "SX-20"),
    ]


def test_a_joint_limit_says_what_inpatient_care_used() -> None:
    found = settle(replace(BILL, area=XIAMEN, fund_used_joint=Decimal("120.50")))

    [limit] = [step for step in found.steps if step.parameter == "annual_limit"]
    assert limit.text == (
        "年度支付限额 100000 元内由统筹基金支付（门诊与住院合并计算，住院等已用 120.50 元）"
    )


def test_a_further_fund_is_read_from_the_areas_values_when_it_is_on() -> None:
    scheme = scheme_of(BILL)
    row = scheme.ratio
    fund = FurtherFund(
        Fund.LARGE_AMOUNT,
        replace(row, name="further_fund_base", value="ABOVE_LIMIT"),
        replace(row, name="further_fund_ratio", value=Decimal("0.9")),
        replace(row, name="further_fund_limit", value=Decimal(1000)),
    )
    facts = replace(
        BILL,
        deductible_used_year=Decimal(600),
        fund_used_year=Decimal(30000),
        further_funds=(FundUse(Fund.LARGE_AMOUNT),),
    )

    found = settle_by(facts, replace(scheme, further=(fund,)))

    [step] = [step for step in found.steps if step.parameter == "further_fund_ratio"]
    assert step.text == "职工大额医疗费用补助：限额以上 100.00 元的 90%，年度 1000 元内"
    assert step.amount == found.hifob_pay == 90
    assert [found.hifp_pay, found.fund_pay_sumamt, found.psn_cash_pay] == [0, 90, 10]


def test_what_a_member_used_of_a_fund_is_never_below_zero() -> None:
    with pytest.raises(ValueError, match=r"used_year of a bill is -1"):
        FundUse(Fund.ASSISTANCE, Decimal(-1))
