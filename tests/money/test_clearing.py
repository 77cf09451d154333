"""A month from the counter to the bank: claimed once, reviewed, paid, booked; and whose budget it was.

The clock runs through months here, so each test has a house of its own.
"""

import asyncio
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from models import Account, Accumulator, ClearingItem, Posting, Prescription, Settlement
from models.account import AccountKind
from ops.client import Client, Json, Refused, RequestFailed
from ops.road import FUJIAN, SHANXI, Region
from ops.road_documents import REFUSAL
from ops.world import cast
from policy.calendar import SHANGHAI, shanghai_day
from policy.money import ZERO
from policy.terms import Credential, Role
from services.bills import Tender
from services.clearing import next_month, submit_claim
from services.reconciling import Period, booked
from services.settling import settle_fill
from tests.house import House
from tests.money.words import check_books, lines, owed, reverse
from tests.road.walk import Walk

CLAIM = """id number state month area settlements reversals total pooled further account cut payable note
  paymentReference"""
ITEMS = """
query Items($claim: UUID!) {
  clearingItems(claimId: $claim, first: 50) { edges { node { number isReversal pooled cut cutReason } } }
}"""
SUBMIT = f"""
mutation Submit($input: SubmitClearingClaimInput!) {{
  submitClearingClaim(input: $input) {{ ... on ClearingClaim {{ {CLAIM} }} {REFUSAL} }}
}}"""
REVIEW = f"""
mutation Review($input: ReviewClearingClaimInput!) {{
  reviewClearingClaim(input: $input) {{ ... on ClearingClaim {{ {CLAIM} }} {REFUSAL} }}
}}"""
PAY = f"""
mutation Pay($input: PayClearingClaimInput!) {{
  payClearingClaim(input: $input) {{ ... on ClearingClaim {{ {CLAIM} }} {REFUSAL} }}
}}"""
CLAIMS = f"query {{ clearingClaims(first: 10) {{ edges {{ node {{ {CLAIM} }} }} }} }}"
YEARS = """
query Years($year: Int!) {
  hospitalYears(year: $year) {
    edges {
      node {
        hospital { code } settlements total personalTotal fundTotal budgetCost budgetFund
        averageCost averageGrowth personalShare
      }
    }
    pageInfo { hasNextPage }
  }
}"""


async def bought(walk: Walk, pharmacy: str | None = None) -> Json:
    """A settlement."""
    return await walk.settle(await walk.prepare(await walk.upload(), pharmacy), pharmacy)


async def years(client: Client, year: int) -> list[Json]:
    """A year by prescribing institution."""
    found = (await client.execute(YEARS, {"year": year}))["hospitalYears"]
    assert not found["pageInfo"]["hasNextPage"]
    return [edge["node"] for edge in found["edges"]]


async def kind_sum(kind: AccountKind, owner: str) -> Decimal:
    """An account's debits less its credits."""
    account = await Account.get_or_none(kind=kind, owner=owner)
    postings = await Posting.filter(account_id=account.id) if account else []
    return sum((one.debit - one.credit for one in postings), ZERO)


def agency(house: House, area: str = cast.SHANXI_AREA) -> Client:
    """An agency, signed in now."""
    return house.client(Role.AGENCY, area)


async def test_a_month_is_claimed_reviewed_paid_and_booked(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    first, second = await bought(walk), await bought(walk)
    reversal = await reverse(walk.counter(), second, lines=lines(1))
    own_house.later(days=20)
    month, area = {"month": "2026-03-15"}, cast.SHANXI_AREA

    claim = await walk.counter().do(SUBMIT, **month, area=area)
    cut = {"number": first["number"], "amount": "3.00", "reason": "超限定支付范围"}
    await agency(own_house).do(REVIEW, claimId=claim["id"], cuts=[cut | {"amount": "1.00"}])
    reviewed = await agency(own_house).do(REVIEW, claimId=claim["id"], cuts=[cut], note="已核")
    paid = await agency(own_house).do(PAY, claimId=claim["id"], paymentReference="ZF-2026-04-001")

    fund = sum(Decimal(one["statement"]["fundTotal"]) for one in (first, second))
    account = sum(Decimal(one["statement"]["account"]) for one in (first, second))
    assert (claim["month"], claim["settlements"], claim["reversals"]) == ("2026-03-01", 2, 1)
    assert Decimal(claim["pooled"]) == fund - Decimal(reversal["refund"]["fundTotal"])
    assert Decimal(claim["account"]) == account - Decimal(reversal["refund"]["account"])
    assert (reviewed["state"], reviewed["cut"], reviewed["note"]) == ("REVIEWED", "3.00", "已核")
    shown = (await walk.counter().execute(ITEMS, {"claim": claim["id"]}))["clearingItems"]["edges"]
    cuts = {edge["node"]["number"]: edge["node"]["cut"] for edge in shown}
    assert cuts == {
        first["number"]: "3.00",
        second["number"]: "0.00",
        reversal["number"]: "0.00",
    }
    assert Decimal(paid["payable"]) == Decimal(claim["payable"]) - 3
    assert paid["state"] == "PAID"
    assert await owed(SHANXI.pharmacy) == 0
    assert await kind_sum(AccountKind.POOLED_CLEARING, area) == 0
    assert await kind_sum(AccountKind.POOLED_EXPENSE, area) == Decimal(claim["pooled"]) - 3
    assert await kind_sum(AccountKind.POOLED_DEPOSIT, area) == 3 - Decimal(claim["pooled"])
    assert await kind_sum(AccountKind.ACCOUNT_EXPENSE, area) == Decimal(claim["account"])
    await check_books()


async def test_a_settlement_is_claimed_once_and_a_late_reversal_in_its_own_month(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    settlement = await bought(walk)
    with pytest.raises(Refused) as early:
        await walk.counter().do(SUBMIT, month="2026-03-01", area=cast.SHANXI_AREA)
    own_house.later(days=20)

    answers = await asyncio.gather(
        *(
            by.do(SUBMIT, month=month, area=cast.SHANXI_AREA)
            for by, month in ((walk.counter(), "2026-03-01"), (walk.pharmacist(), "2026-03-31"))
        ),
        return_exceptions=True,
    )
    (march,) = [answer for answer in answers if isinstance(answer, dict)]
    (twice,) = [answer for answer in answers if isinstance(answer, Refused)]
    await reverse(walk.counter(), settlement, goods="WRITTEN_OFF")
    own_house.later(days=29)
    with pytest.raises(Refused) as nothing:
        await walk.counter().do(SUBMIT, month="2026-04-01", area=cast.FUJIAN_AREA)
    april = await walk.counter().do(SUBMIT, month="2026-04-01", area=cast.SHANXI_AREA)

    assert early.value.codes == twice.codes == nothing.value.codes == ["CLAIM_NOT_POSSIBLE"]
    assert (march["settlements"], march["reversals"]) == (1, 0)
    assert (april["settlements"], april["reversals"]) == (0, 1)
    assert Decimal(april["payable"]) == -Decimal(march["payable"])
    for claim in (march, april):
        await agency(own_house).do(REVIEW, claimId=claim["id"])
        await agency(own_house).do(PAY, claimId=claim["id"], paymentReference="ZF")
    assert await owed(SHANXI.pharmacy) == 0
    assert await kind_sum(AccountKind.POOLED_EXPENSE, cast.SHANXI_AREA) == 0
    await check_books()


async def test_what_may_not_be_cut_is_named(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    settlement = await bought(walk)
    own_house.later(days=20)
    claim = await walk.counter().do(SUBMIT, month="2026-03-01", area=cast.SHANXI_AREA)
    good = {"number": settlement["number"], "amount": "1.00", "reason": "重复"}
    bad: list[tuple[list[Json], str]] = [
        ([good | {"amount": "99999.00"}], "BAD_USER_INPUT"),
        ([good | {"amount": "0.00"}], "BAD_USER_INPUT"),
        ([good | {"reason": " "}], "BAD_USER_INPUT"),
        ([good, good], "BAD_USER_INPUT"),
        ([good | {"number": "X"}], "NOT_FOUND"),
    ]

    for cuts, code in bad:
        with pytest.raises(RequestFailed) as failed:
            await agency(own_house).do(REVIEW, claimId=claim["id"], cuts=cuts)
        assert failed.value.errors[0]["extensions"]["code"] == code
    with pytest.raises(Refused) as unreviewed:
        await agency(own_house).do(PAY, claimId=claim["id"], paymentReference="ZF")
    with pytest.raises(RequestFailed) as stranger:
        await agency(own_house, cast.FUJIAN_AREA).do(REVIEW, claimId=claim["id"])

    assert unreviewed.value.codes == ["CLAIM_NOT_POSSIBLE"]
    assert stranger.value.errors[0]["extensions"]["code"] == "NOT_FOUND"
    assert await ClearingItem.filter(cut__gt=0).count() == 0
    seen = [
        (await client.execute(CLAIMS))["clearingClaims"]["edges"]
        for client in (walk.counter(), agency(own_house), agency(own_house, cast.FUJIAN_AREA))
    ]
    assert [len(edges) for edges in seen] == [1, 1, 0]


@pytest.mark.parametrize("region", [FUJIAN, SHANXI], ids=["福建", "山西"])
async def test_a_year_counts_to_the_prescribing_institution_without_what_was_taken_back(
    own_house: House, region: Region
) -> None:
    walk = Walk(own_house, region)
    kept, other = await bought(walk), await bought(walk)
    await reverse(walk.counter(), other)
    hospital = walk.hospital

    payer = agency(own_house, cast.FUJIAN_AREA if region is FUJIAN else cast.SHANXI_AREA)
    (own,) = await years(hospital, 2026)
    by_agency = await years(payer, 2026)
    later = await years(hospital, 2027)

    paid = kept["statement"]
    assert by_agency == [own]
    assert (own["hospital"]["code"], own["settlements"]) == (region.hospital, 1)
    assert (own["total"], own["personalTotal"], own["fundTotal"]) == (
        paid["total"],
        paid["personalTotal"],
        paid["fundTotal"],
    )
    assert own["averageCost"] == paid["total"]
    assert own["averageGrowth"] is None
    # only Fujian's notice attributes (FJ-7.2)
    assert (Decimal(own["budgetCost"]) > 0) == (region is FUJIAN)
    assert later == []


async def settled_at(walk: Walk, moment: datetime) -> Settlement:
    """A settlement at an exact moment, of a prescription uploaded an hour before."""
    prescription = await walk.upload()
    fill = await walk.prepare(prescription)
    hour = timedelta(hours=1)
    await Prescription.filter(id=prescription["id"]).update(
        uploaded_at=moment - hour, expires_at=moment + hour
    )
    call = walk.call_at(moment, Role.PHARMACY, walk.region.pharmacy)
    return await settle_fill(call, fill_id=UUID(fill["id"]), tender=Tender(Credential.ELECTRONIC))


@pytest.mark.parametrize("region", [FUJIAN, SHANXI], ids=["福建", "山西"])
async def test_a_second_decides_the_month(own_house: House, region: Region) -> None:
    walk = Walk(own_house, region)
    last = datetime(2026, 3, 31, 23, 59, 59, tzinfo=SHANGHAI)
    first = last + timedelta(seconds=1)
    before, after = [await settled_at(walk, moment) for moment in (last, first)]
    later = walk.call_at(datetime(2026, 5, 2, tzinfo=SHANGHAI), Role.PHARMACY, region.pharmacy)

    days = [
        set(await booked(later, Period(shanghai_day(moment), shanghai_day(moment))))
        for moment in (last, first)
    ]
    claims = []
    for month in (date(2026, 3, 1), date(2026, 4, 1)):
        call = replace(later, key=str(uuid4()))
        claims.append(await submit_claim(call, month=month, area=before.area))

    assert days == [{before.number}, {after.number}]
    items = [[item.number for item in await ClearingItem.filter(claim_id=claim.id)] for claim in claims]
    assert items == [[before.number], [after.number]]


async def test_a_second_decides_the_year_and_nothing_is_carried_over(own_house: House) -> None:
    walk = Walk(own_house, SHANXI)
    last = datetime(2026, 12, 31, 23, 59, 59, tzinfo=SHANGHAI)

    old, new = [await settled_at(walk, moment) for moment in (last, last + timedelta(seconds=1))]

    pots = await Accumulator.filter(member_id=old.member_id, bucket="OUTPATIENT").order_by("year")
    assert [(pot.year, pot.fund_used) for pot in pots] == [(2026, old.pooled_fund), (2027, new.pooled_fund)]
    assert new.pooled_fund == old.pooled_fund > 0


def test_december_is_followed_by_january() -> None:
    assert next_month(date(2026, 12, 1)) == date(2027, 1, 1)
    assert next_month(date(2026, 1, 1)) == date(2026, 2, 1)
