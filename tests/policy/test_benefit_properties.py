"""What holds for every bill, whatever is bought by whomever."""

from dataclasses import replace
from decimal import Decimal
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from policy.benefit import BillFacts, BillLine, FundUse, YearUse, settle
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
from tests.policy.identities import broken_identities
from tests.policy.random_bills import AREAS, CODES, DISEASES
from tests.policy.sample_facts import MONDAY
from tests.values import carrying, values

# amounts are rounded to the fen three times between a price and what the patient pays
ROUNDING = Decimal("0.03")

steady = settings(derandomize=True, max_examples=60, deadline=None)


def money(top: str) -> st.SearchStrategy[Decimal]:
    """Amounts of money up to a top, to the fen."""
    return st.decimals(min_value=0, max_value=Decimal(top), places=2)


lines = st.builds(
    BillLine,
    id=st.uuids().map(str),
    drug_code=st.sampled_from(CODES),
    quantity=st.decimals(min_value=0, max_value=200, places=4),
    price=st.decimals(min_value=0, max_value=3000, places=6),
    list_class=st.sampled_from(ListClass),
    covered=st.booleans(),
    payment_standard=st.none() | st.decimals(min_value=0, max_value=3000, places=6),
    limited_use=st.booleans(),
    approval=st.sampled_from(HospitalApproval),
    is_essential=st.booleans(),
    item=st.just(BillItem.DRUG) | st.sampled_from(BillItem),
)


@st.composite
def bills(draw: st.DrawFn) -> BillFacts:
    """Bills of members of every sampled area; residents only where the benefit knows them."""
    area = draw(st.sampled_from(sum(AREAS.values(), ())))
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
        disease_code=draw(st.sampled_from(DISEASES)),
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
        fund_used_joint=draw(money("100000")),
        quota_used_month=draw(money("400")),
        quota_used_quarter=draw(money("1200")),
        outpatient_deductible_used_year=draw(money("400")),
        outpatient_fund_used_year=draw(money("3000")),
        further_funds=draw(st.just(()) | st.just(tuple(map(FundUse, Fund)))),
    )


@steady
@given(bills())
def test_every_identity_holds(facts: BillFacts) -> None:
    assert broken_identities(facts, settle(facts)) == []


@steady
@given(bills())
def test_the_fund_stays_within_what_is_left_of_the_limit(facts: BillFacts) -> None:
    before, found = settle(replace(facts, lines=())), settle(facts)

    if found.limit_left is not None:
        assert before.limit_left is not None
        assert found.uses[0].fund + found.limit_left == before.limit_left


@steady
@given(bills())
def test_accounts_pay_in_their_order_and_only_when_asked(facts: BillFacts) -> None:
    found = settle(facts)

    assert facts.use_account or found.acct_pay == 0
    assert facts.family_balance or found.acct_mulaid_pay == 0
    if found.acct_mulaid_pay and facts.use_account:
        assert found.acct_pay == facts.account_balance
    if found.psn_cash_pay and found.acct_mulaid_pay:
        assert found.acct_mulaid_pay == facts.family_balance


years = st.builds(YearUse, deductible=money("1500"), fund=money("120000"), joint=money("100000"))


@steady
@given(bills(), years, years)
def test_where_nothing_is_carried_over_last_year_changes_nothing(
    facts: BillFacts, own: YearUse, common: YearUse
) -> None:
    found = settle(replace(facts, last_year=own, outpatient_last_year=common))

    assert found == settle(facts)


@steady
@given(bills(), years, money("500"), money("3000"))
def test_what_is_carried_over_never_costs_the_patient_more(
    facts: BillFacts, last: YearUse, deductible: Decimal, limit: Decimal
) -> None:
    without = settle(facts)

    with values(facts.area, facts.on, carrying(str(deductible), str(limit))):
        found = settle(replace(facts, last_year=last, outpatient_last_year=last))

    assert found.psn_part_amt <= without.psn_part_amt + ROUNDING
    assert broken_identities(facts, found) == []


@steady
@given(bills(), st.integers())
def test_the_order_of_lines_does_not_change_the_totals(facts: BillFacts, seed: int) -> None:
    shuffled = list(facts.lines)
    Random(seed).shuffle(shuffled)

    found, other = settle(facts), settle(replace(facts, lines=tuple(shuffled)))

    assert replace(found, lines=()) == replace(other, lines=())
    assert found == settle(facts), "the same bill is settled alike every time"


@steady
@given(bills(), st.integers(0, 5), st.decimals(min_value=0, max_value=1, places=2))
def test_a_cheaper_price_never_costs_the_patient_more(facts: BillFacts, which: int, part: Decimal) -> None:
    if not facts.lines:
        return
    lines = list(facts.lines)
    dear = lines[which % len(lines)]
    lines[which % len(lines)] = replace(dear, price=dear.price * part)

    found, cheaper = settle(facts), settle(replace(facts, lines=tuple(lines)))

    assert cheaper.psn_part_amt <= found.psn_part_amt + ROUNDING


@steady
@given(bills())
def test_every_step_has_its_source_and_samples_are_told(facts: BillFacts) -> None:
    found = settle(facts)

    assert all(step.basis and step.text for step in found.steps)
    if found.limit_left is not None:
        assert found.is_estimate_of_unverified, "every sampled city's values are unverified"
